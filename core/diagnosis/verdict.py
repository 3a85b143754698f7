"""What a rule says: the layers, the numbers that decided, the words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, isnan
from sys import float_info
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Said(NamedTuple):
    """A verdict in numbers and words."""

    layers: tuple[int, ...]
    """The layers concerned, 1-based."""
    evidence: dict[str, float]
    message: str


@dataclass(frozen=True)
class Verdict:
    """What one rule says of one reading: that it holds.

    There are many checks between two looks of a person, so the words wait until they are asked for.
    """

    say: Callable[[], Said]
    confirmed: bool = False
    """It needs no second check: more than one step has shown it beyond doubt."""
    certain: bool = False
    """Nor can it be a passing trouble: a value was not finite."""

    @cached_property
    def said(self) -> Said:
        """Layers, evidence and message."""
        return self.say()


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


def places(holds: NDArray[np.bool_]) -> list[int]:
    """Where a condition on each layer holds."""
    found: list[int] = holds.nonzero()[0].tolist()
    return found


def indices(layers: Iterable[int]) -> tuple[int, ...]:
    """Layers as people count them, from places in an array."""
    return tuple(layer + 1 for layer in layers)


def power(decades: float) -> float:
    """``10 ** decades``; the largest power there is where that is beyond all bounds."""
    return float(10.0 ** min(float(decades), float_info.max_10_exp))


def number(value: float) -> str:
    """A loss in words."""
    return f"{value:.1e}" if isfinite(value) else "no finite number"
