"""What a rule says: the layers, the numbers that decided, the words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, isnan
from sys import float_info


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of one reading."""

    layers: tuple[int, ...]
    """The layers concerned, 1-based."""
    evidence: dict[str, float]
    message: str
    confirmed: bool = False
    """It needs no second check: more than one step has shown it beyond doubt."""
    certain: bool = False
    """Nor can it be a passing trouble: a value was not finite."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """What one rule says where it cannot tell: why, as the end of "cannot be judged: ..."."""

    reason: str


def measured(**numbers: float) -> dict[str, float]:
    """Numbers as evidence: finite; what could not be told is left out."""
    largest = float_info.max
    return {
        name: min(max(float(value), -largest), largest)
        for name, value in numbers.items()
        if not isnan(value)
    }


def indices(layers: Iterable[int]) -> tuple[int, ...]:
    """Layers as people count them, from places in an array."""
    return tuple(int(layer) + 1 for layer in layers)


def power(decades: float) -> float:
    """``10 ** decades``; the largest power there is where that is beyond all bounds."""
    return float(10.0 ** min(float(decades), float_info.max_10_exp))


def number(value: float) -> str:
    """A loss in words."""
    return f"{value:.1e}" if isfinite(value) else "no finite number"
