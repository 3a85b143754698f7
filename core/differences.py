"""In what two experiments differ, in words: ``activation sigmoid -> relu``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .experiment import Experiment
from .experiment.keys import SECTIONS, key_specs

UNTRAINED = ("title", "story")
"""Keys that say what an experiment is called, and change nothing in it."""
LAYERS = ("hidden", "depth", "width")
"""Keys that are told as one: the layers."""
LONGEST_LIST = 6


def differences(a: Experiment, b: Experiment) -> tuple[str, ...]:
    """Every setting in which ``b`` differs from ``a``, in words, in the order of the file.

    Titles, stories and ``[expect]`` are no difference, nor is whether the layers were given one by
    one or as depth and width; the seed is one. Empty where both train the same.

    >>> sick, well = Experiment(), Experiment(seed=3)
    >>> differences(sick, well)
    ('seed 0 -> 3',)
    """
    return tuple(_differences(a, b))


def _differences(a: Experiment, b: Experiment) -> Iterator[str]:
    for section, settings in SECTIONS.items():
        if section == "expect":
            continue
        one, other = (getattr(each, section) if section else each for each in (a, b))
        for name in key_specs(settings):
            if name in UNTRAINED:
                continue
            if name in LAYERS:
                if name == LAYERS[0] and a.hidden != b.hidden:
                    yield f"layers {layers_text(a.hidden)} -> {layers_text(b.hidden)}"
                continue
            before, after = getattr(one, name), getattr(other, name)
            if name == "path" and before and after and a.folder != b.folder:
                before, after = str(a.folder / before), str(b.folder / after)
            if before != after:
                # X and W are the field's names; all others are words.
                yield f"{name.replace('_', ' ')} {_value(before)} -> {_value(after)}"


def layers_text(hidden: tuple[int, ...]) -> str:
    """Hidden layers in words: ``10 x 64``, ``64, 32``, ``none``."""
    if len(set(hidden)) == 1:
        return f"{len(hidden)} x {hidden[0]}"
    more = ", ..." if len(hidden) > LONGEST_LIST else ""
    return ", ".join(map(str, hidden[:LONGEST_LIST])) + more or "none"


def _value(value: Any) -> str:
    match value:
        case bool():
            return "on" if value else "off"
        case float():
            return f"{value:g}"
        case "" | ():
            return "none"
        case tuple() if len(str(value)) > 40:
            return f"{len(value)} given"
        case tuple():
            return str(_listed(value))
    return str(value)


def _listed(value: Any) -> Any:
    return [_listed(entry) for entry in value] if isinstance(value, tuple) else value
