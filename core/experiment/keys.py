"""The keys of a settings class, and what is allowed for each, in words.

All of it is read off the fields of ``settings.py``: their types, defaults and ``Key`` metadata.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from ..activations import ACTIVATIONS
from ..data import DATA_SOURCES
from ..findings import FINDING_KINDS
from ..initializers import INITIALIZERS
from ..losses import LOSSES
from ..optimizers import OPTIMIZERS
from ..schedules import SCHEDULES
from ..settings import (
    DataSettings,
    Expectation,
    GeneralSettings,
    Key,
    Matrix,
    NetworkSettings,
    ProbeSettings,
    TrainingSettings,
)

SECTIONS: dict[str, type] = {
    "": GeneralSettings,
    "data": DataSettings,
    "network": NetworkSettings,
    "training": TrainingSettings,
    "probes": ProbeSettings,
    "expect": Expectation,
}
"""The tables of an experiment's file, in order; ``""`` is the top, before any table."""

TABLES: dict[str, Collection[str]] = {
    "ACTIVATIONS": ACTIVATIONS,
    "DATA_SOURCES": DATA_SOURCES,
    "FINDING_KINDS": ("none", *FINDING_KINDS),
    "INITIALIZERS": INITIALIZERS,
    "LOSSES": LOSSES,
    "OPTIMIZERS": OPTIMIZERS,
    "SCHEDULES": SCHEDULES,
}
"""The tables of names that ``Key.choices`` may name."""

KIND_NAMES: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    tuple[int, ...]: "an array of whole numbers",
    tuple[str, ...]: "an array of texts",
    Matrix: "an array of arrays of numbers",
    tuple[Matrix, ...]: "an array of matrices",
}
"""Every type that a key may have, and what it is called."""

EXAMPLES: dict[Any, str] = {
    tuple[int, ...]: "[64, 32]",
    tuple[str, ...]: '["300 revive"]',
    Matrix: "[[0.1, 0.2], [0.3, 0.4]]",
    tuple[Matrix, ...]: "[[[0.1, 0.2]], [[0.3], [0.4]]]",
}


@dataclass(frozen=True, slots=True)
class KeySpec:
    """One key of a settings class: its type, its default and what is allowed."""

    name: str
    kind: Any
    default: Any
    key: Key


@functools.cache
def key_specs(settings_class: type) -> Mapping[str, KeySpec]:
    """Return the keys of a settings class by name, in the order of the file."""
    hints = get_type_hints(settings_class)
    return {
        f.name: KeySpec(f.name, hints[f.name], f.default, f.metadata["key"])
        for f in fields(settings_class)
        if "key" in f.metadata
    }


def choices(key: Key) -> tuple[str, ...]:
    """Return the words that are allowed for a key; empty where anything is."""
    if isinstance(key.choices, tuple):
        return key.choices
    return tuple(TABLES[key.choices]) if key.choices else ()


def bound_text(bound: float) -> str:
    """Return a bound as a person writes it.

    >>> bound_text(0.0), bound_text(8192), bound_text(1e9), bound_text(0.5)
    ('0', '8192', '1e9', '0.5')
    """
    if bound != int(bound):
        return repr(bound)
    digits = str(int(bound))
    zeros = len(digits) - len(digits.rstrip("0"))
    power_of_ten = zeros >= 6 and len(digits.lstrip("-")) == zeros + 1
    return f"{digits[:-zeros]}e{zeros}" if power_of_ten else digits


def range_text(key: Key) -> str:
    """Return the range of a number, as ``0 to 1e9`` or ``0 to below 1``; empty if any will do."""
    low = high = ""
    if key.low is not None:
        low = bound_text(key.low)
    elif key.above is not None:
        low = f"above {bound_text(key.above)}"
    if key.high is not None:
        high = bound_text(key.high)
    elif key.below is not None:
        high = f"below {bound_text(key.below)}"
    if low and high:
        return f"{low} to {high}"
    return (low and f"at least {low}") or (high and f"at most {high}")


def dotted_key(path: str, name: str) -> str:
    """Return a key with its table: ``training.steps``, ``seed``."""
    return f"{path}.{name}" if path else name


def find_key(dotted: str) -> KeySpec | None:
    """Return the key ``training.steps`` or ``seed``; None if there is none of that name."""
    section, _, name = dotted.rpartition(".")
    if section not in SECTIONS or dotted != dotted_key(section, name):
        return None
    return key_specs(SECTIONS[section]).get(name)
