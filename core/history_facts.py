"""What a history is judged by besides its numbers, as one line of JSON, there and back.

It travels in the first cell of the last column of an exported csv file, so that every program that
reads tables can still read the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

from .. import __version__
from .activations import ACTIVATIONS
from .errors import allowed_values
from .findings import Facts, InputFacts
from .history import Snapshot
from .plain import number, plain
from .quoting import quoted
from .record import Event, LayerInfo, NonFinite

COLUMN = "facts"


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """What a file tells besides numbers; all of it may be missing."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    """Fields of ``Facts``."""
    layers: tuple[LayerInfo, ...] | None = None
    scheduled: frozenset[str] | None = None
    """Metrics whose NaN means "not measured"."""
    nonfinite: NonFinite | None = None
    events: tuple[Event, ...] = ()


def facts_line(snapshot: Snapshot, facts: Facts) -> str:
    """The JSON, on one line."""
    layers = snapshot.layout.layers
    told = {
        "backscope": __version__,
        "facts": facts,
        "inputs": layers[0].fan_in,
        "layers": [(layer.width, layer.activation) for layer in layers],
        "scheduled": [metric.name for metric in snapshot.layout.metrics if metric.scheduled],
        "nonfinite": snapshot.nonfinite,
        "events": snapshot.events,
    }
    return json.dumps(plain(told), allow_nan=False, separators=(",", ":"))


def read_facts_line(line: str) -> HistoryFacts:
    """Read it back; what a newer version has added is passed over.

    Raises:
        ValueError: it is no such line; the message says why.
    """
    told = json.loads(line)
    if not isinstance(told, dict):
        raise ValueError("it is no JSON object")
    facts = told.get("facts", {})
    nonfinite, scheduled = told.get("nonfinite"), told.get("scheduled")
    return HistoryFacts(
        facts=_values(Facts, facts),
        layers=_layers(told.get("inputs"), told["layers"]) if "layers" in told else None,
        scheduled=None if scheduled is None else frozenset(map(_text, _list(scheduled))),
        nonfinite=None if nonfinite is None else _record(NonFinite, nonfinite),
        events=tuple(_record(Event, event) for event in _list(told.get("events", []))),
    )


def _layers(inputs: Any, told: Any) -> tuple[LayerInfo, ...]:
    sizes, activations = [_size(inputs)], []
    for layer in map(_list, _list(told)):
        if len(layer) != 2:
            raise ValueError(f"expected a width and an activation, got {layer!r}")
        width, name = layer
        if (activation := ACTIVATIONS.get(_text(name))) is None:
            hint = allowed_values(name, ACTIVATIONS)
            raise ValueError(f"{quoted(name)} is no activation, {hint}")
        sizes.append(_size(width))
        activations.append(activation)
    if not activations:
        raise ValueError("there are no layers")
    return tuple(
        LayerInfo(
            index=index,
            fan_in=fan_in,
            width=width,
            activation=activation.name,
            rectifier=activation.rectifier,
            bounded=activation.saturated is not None,
        )
        for index, ((fan_in, width), activation) in enumerate(
            zip(pairwise(sizes), activations, strict=True), start=1
        )
    )


def _record(kind: type, told: Any) -> Any:
    """A dataclass of plain fields; a field that is missing has its default, if it has one."""
    try:
        return kind(**_values(kind, told))
    except TypeError as error:
        raise ValueError(str(error)) from None


def _values(kind: type, told: Any) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise ValueError(f"expected a JSON object, got {told!r}")
    return {
        each.name: _value(str(each.type), told[each.name])
        for each in fields(kind)
        if each.name in told
    }


def _value(annotation: str, told: Any) -> Any:
    kind, _, optional = annotation.partition(" | ")
    if optional and told is None:
        return None
    match kind:
        case "bool" if isinstance(told, bool):
            return told
        case "int":
            return _whole(told)
        case "float":
            return number(told)
        case "str":
            return _text(told)
        case "InputFacts":
            return _record(InputFacts, told)
    raise ValueError(f"expected a value of type {kind}, got {told!r}")


def _whole(told: Any) -> int:
    if isinstance(told, int) and not isinstance(told, bool):
        return told
    raise ValueError(f"expected a whole number, got {told!r}")


def _size(told: Any) -> int:
    if _whole(told) < 1:
        raise ValueError(f"expected a size above 0, got {told!r}")
    return _whole(told)


def _text(told: Any) -> str:
    if isinstance(told, str):
        return told
    raise ValueError(f"expected a text, got {told!r}")


def _list(told: Any) -> list[Any]:
    if isinstance(told, list):
        return told
    raise ValueError(f"expected a list, got {told!r}")
