"""What a run is, besides its measurements: kept as text beside them, and not trusted when read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import isfinite, nan
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

from ... import __version__
from ..errors import DataError, InputError
from ..experiment import Experiment, load_toml_text, to_toml
from ..findings import Facts, InputFacts
from ..machine import Machine, this_machine
from ..probes import PROBES
from ..record import GLOBAL_METRICS, LayerInfo, Layout, Metric, NonFinite, RunState

MOST_LAYERS = 10_000
MOST_METRICS = 1_000
MOST_COLUMNS = 1_000_000
MOST_UNITS = 1 << 40
"""Of a layer: more than any machine has room for."""
MOST_STEPS = 1 << 44
"""More than anyone trains; what says more of itself says nothing true."""
_TOO_LARGE = 1 << 63
_NUMBERS: dict[str, type | UnionType] = {
    "first_step": int,
    "count": int,
    "events": int,
    "seconds": float | int,
    "updated": float | int,
    "learning_rate": float | int,
    "loss": float | int,
    "pace": float | int | NoneType,
    "clip_norm": float | int,
    "probe_share": float | int,
}
"""What must be numbers in ``Progress``."""
_NONFINITE: dict[str, type | UnionType] = {
    "step": int,
    "layer": int | None,
    "quantity": str,
    "count": int,
    "size": int,
    "largest_finite": float | int,
}
"""What the first value that was not finite must be told by."""
_LAYER = {
    "index": int,
    "fan_in": int,
    "width": int,
    "activation": str,
    "rectifier": bool,
    "bounded": bool,
}
"""What a layer must be described by."""


@dataclass(frozen=True, slots=True)
class Description:
    """What does not change while a run goes on."""

    experiment: Experiment
    layout: Layout
    facts: Facts
    planned: int
    started: float
    """Seconds since 1970, as the clock had it."""
    machine: dict[str, Any]
    version: str
    """Of Backscope, when the run was started."""

    @classmethod
    def of(
        cls, experiment: Experiment, layout: Layout, facts: Facts, planned: int, started: float
    ) -> Description:
        """The description of a run that is about to start here."""
        machine = asdict(this_machine())
        return cls(experiment, layout, facts, planned, started, machine, __version__)

    def to_meta(self) -> dict[str, str]:
        """As text."""
        layout = self.layout
        return {
            **experiment_to_meta(self.experiment),
            "layers": json.dumps([asdict(layer) for layer in layout.layers]),
            "metrics": json.dumps([_plain_metric(metric) for metric in layout.metrics]),
            "facts": json.dumps(asdict(self.facts)),
            "planned": str(self.planned),
            "started": repr(self.started),
            "machine": json.dumps(self.machine),
            "version": self.version,
        }

    @classmethod
    def from_meta(cls, meta: Mapping[str, str], where: str) -> Description:
        """Read it back.

        Args:
            meta: as ``to_meta`` gave it, perhaps.
            where: the file, for the message.

        Raises:
            DataError: something is missing or is not what it should be.
        """
        try:
            experiment = experiment_from_meta(meta)
            started, planned = float(meta["started"]), int(meta["planned"])
            if not isfinite(started) or planned < 0:
                raise ValueError("a time or a number of steps that cannot be")
            return cls(
                experiment=experiment,
                layout=_layout(json.loads(meta["layers"]), json.loads(meta["metrics"])),
                facts=_facts(json.loads(meta["facts"])),
                planned=planned,
                started=started,
                machine=dict(json.loads(meta["machine"])),
                version=meta["version"],
            )
        except KeyError as error:
            raise DataError(f"{where}: the run's description has no {error}") from None
        except InputError as error:
            raise DataError(f"{where}: the run's experiment: {error.problems[0]}") from None
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(f"{where}: the run's description is damaged: {error}") from None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run was when it was last written."""

    state: RunState
    first_step: int
    count: int
    """Rows recorded."""
    seconds: float
    """Of training, pauses left out."""
    updated: float
    """Seconds since 1970."""
    learning_rate: float
    findings: tuple[str, ...] = ()
    """Kinds of the findings that stand."""
    nonfinite: NonFinite | None = None
    error: str = ""
    loss: float = nan
    """The last one."""
    events: int = 0
    """Events recorded."""
    pace: float | None = None
    """At most this many steps per second; None: as fast as it goes."""
    clip_norm: float = 0.0
    """What the gradient of the next step is clipped to; 0: it is not."""
    probe_share: float = 0.0
    """Time spent on scheduled measuring of late, as a share of the time of training."""

    def to_meta(self) -> dict[str, str]:
        """As text."""
        return {"progress": json.dumps(asdict(self))}

    @classmethod
    def from_meta(cls, meta: Mapping[str, str], where: str) -> Progress:
        """Read it back.

        Raises:
            DataError: it is not what it should be.
        """
        try:
            values: dict[str, Any] = json.loads(meta["progress"])
            values["state"] = RunState(values["state"])
            values["findings"] = tuple(map(str, values["findings"]))
            if values["nonfinite"] is not None:
                values["nonfinite"] = _nonfinite(values["nonfinite"])
            progress = cls(**values)
            for name, kind in _NUMBERS.items():
                if not _is_number(getattr(progress, name), kind):
                    raise ValueError(f"its {name} is no number")
            if not isinstance(progress.error, str):
                raise ValueError("its error is no text")
            if not (0 <= progress.count <= MOST_STEPS and 1 <= progress.first_step <= MOST_STEPS):
                raise ValueError("a number of steps that cannot be")
            return progress
        except (KeyError, ValueError, TypeError, RecursionError) as error:
            raise DataError(f"{where}: how far the run was is damaged: {error}") from None


def experiment_to_meta(experiment: Experiment) -> dict[str, str]:
    """An experiment as text, with how it was asked for."""
    return {
        "experiment": to_toml(experiment),
        "name": experiment.name,
        "folder": str(experiment.folder.absolute()),
        "overrides": json.dumps(experiment.overrides),
    }


def experiment_from_meta(meta: Mapping[str, str]) -> Experiment:
    """Read it back.

    Raises:
        KeyError, ValueError, TypeError, InputError: it is something else.
    """
    experiment = load_toml_text(meta["experiment"], name=meta["name"], folder=Path(meta["folder"]))
    # In the text they are carried out already; they tell how the run was asked for.
    return replace(experiment, overrides=_overrides(json.loads(meta["overrides"])))


def _nonfinite(values: dict[str, Any]) -> NonFinite:
    found = NonFinite(**values)
    for name, kind in _NONFINITE.items():
        if not _is_number(getattr(found, name), kind):
            raise ValueError(f"the {name} of its first value that is not finite is none")
    return found


def _is_number(value: Any, kind: type | UnionType) -> bool:
    """Whether a value is of a kind; a whole number that no float64 can hold is none of ours."""
    return isinstance(value, kind) and not (isinstance(value, int) and abs(value) >= _TOO_LARGE)


def _plain_metric(metric: Metric) -> list[Any]:
    return [metric.name, metric.about, metric.scheduled]


def _overrides(pairs: Any) -> tuple[tuple[str, Any], ...]:
    kinds = (str, bool, int, float, list)
    if not all(isinstance(key, str) and isinstance(value, kinds) for key, value in pairs):
        raise ValueError("an override that is none")
    return tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in pairs)


def _layout(layers: list[dict[str, Any]], metrics: list[list[Any]]) -> Layout:
    own = [metric.name for metric in GLOBAL_METRICS]
    names = [str(metric[0]) for metric in metrics]
    if names[: len(own)] != own:
        raise ValueError("its metrics are those of another version")
    unknown = [name for name in PROBES if name not in names]
    if unknown:
        raise ValueError(f"it was recorded without {unknown[0]}, as another version did")
    if len(set(names)) < len(names):
        raise ValueError("two of its metrics have one name")
    if not 0 < len(layers) <= MOST_LAYERS or len(names) > MOST_METRICS:
        raise ValueError(f"{len(layers)} layers of {len(names)} metrics cannot be")
    if len(layers) * len(names) > MOST_COLUMNS:
        raise ValueError(f"{len(layers)} layers of {len(names)} metrics are more than can be")
    known = tuple(LayerInfo(**layer) for layer in layers)
    for place, layer in enumerate(known, 1):
        values = asdict(layer)
        wrong = [key for key, kind in _LAYER.items() if type(values[key]) is not kind]
        sizes = layer.fan_in, layer.width
        if wrong or layer.index != place or not 1 <= min(sizes) <= max(sizes) <= MOST_UNITS:
            raise ValueError(f"layer {place} is none")
    return Layout(
        known,
        tuple(Metric(str(n), str(about), bool(s)) for n, about, s in metrics[len(own) :]),
    )


def _facts(values: dict[str, Any]) -> Facts:
    inputs = values.pop("inputs", None)
    told = {**values, **(inputs or {})}
    if not all(isinstance(value, int | float) for value in told.values()):
        raise ValueError("a fact that is no number")
    return Facts(**values, inputs=None if inputs is None else InputFacts(**inputs))


def machine_of(description: Description) -> Machine | None:
    """The machine it ran on; None where it is described in another way."""
    try:
        return Machine(**description.machine)
    except TypeError:
        return None
