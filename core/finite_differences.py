"""The slope of a function along a line, by finite differences, and how far it can be trusted.

A central difference errs by rounding when its step is small and by curvature when it is large, and
is worthless where a ReLU switches between its ends. So the differences start at steps short enough
to switch nothing and are extrapolated to step 0 (Ridders, "Accurate computation of F'(x)", Advances
in Engineering Software 4(2), 1982), which also tells how far the result can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, nan

import numpy as np
from numpy.typing import NDArray

STARTS = (1e-1, 1e-3, 1e-5)
"""First steps of the extrapolation, along directions of norm 1; the most trustworthy wins."""
CLEAR = 1e-9
"""A relative error of the extrapolation below which no other start is tried."""
SHRINK = 1.4
"""Each next step is this much shorter, as in Ridders' paper."""
STAGES = 8
SHORTEST = 1e-9
"""No step is made shorter to get between two kinks."""
TRUST = 10.0
"""A difference of so many estimated errors is no accident."""
SAME = 0.1
"""Slopes are the same for which the expected one is ten times further away."""
CLOSE = (1e-7, 1e-9, 1e-11)
"""Further starts, for functions that leap within less than the others."""
SMALL = 1e-3
"""By which share of itself a function may change over a step that is made for an expected slope."""

Line = Callable[[float], tuple[float, NDArray[np.bool_]]]
"""Offset -> the function there, and on which side of its kinks that is (an array of one length)."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A numerical derivative and how far it can be trusted."""

    value: float
    """NaN where none could be taken."""
    error: float


def slope_at_zero(line: Line, noise: float) -> Slope:
    """The derivative at offset 0 of a function with rounding errors of the size ``noise``."""
    best = Slope(nan, inf)
    for start in STARTS:
        best = min(best, _extrapolated(line, start, noise), key=lambda slope: slope.error)
        if best.error <= CLEAR * abs(best.value):
            break
    return best


def is_confirmed(line: Line, noise: float, slope: Slope, expected: float) -> bool:
    """Whether steps of other lengths, too, tell that the slope is not the one that was expected.

    A function that leaps within less than a step looks flat to it, or like a kink; one that bends
    as much within a step may look smooth by chance. Then longer and shorter steps tell different
    slopes, and none is to be believed. One step is made for a function as steep as expected.
    """
    leap = SMALL * abs(line(0.0)[0]) / abs(expected) if expected else 0.0
    apart = abs(slope.value - expected)
    confirmed = 0
    for start in (*STARTS, *CLOSE, leap):
        if 0.0 < start <= STARTS[0]:
            other = _extrapolated(line, start, noise)
            away, blur = abs(other.value - slope.value), TRUST * other.error
            if away > SAME * apart + blur:
                return False
            confirmed += blur <= apart and other != slope
    return confirmed > 0


def _extrapolated(line: Line, start: float, noise: float) -> Slope:
    """Ridders' extrapolation of central differences to step 0, from the first smooth step on."""

    def difference(step: float) -> tuple[float, float, bool]:
        above, sides_above = line(step)
        below, sides_below = line(-step)
        kinked = bool((sides_above != sides_below).any())
        return (above - below) / (2.0 * step), max(abs(above), abs(below)), kinked

    step = start
    value, loss, kinked = difference(step)
    while kinked and step > SHORTEST:
        step /= 3.0
        value, loss, kinked = difference(step)
    if kinked or not isfinite(value):
        return Slope(nan, inf)
    rounding = max(4.0 * np.finfo(np.float64).eps * loss, noise) / step
    best = Slope(value, inf)
    previous = [value]
    for _ in range(1, STAGES):
        step /= SHRINK
        row = [difference(step)[0]]
        factor = 1.0
        for coarser in previous:
            factor *= SHRINK * SHRINK
            row.append((row[-1] * factor - coarser) / (factor - 1.0))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser), rounding)
            if error < best.error:
                best = Slope(row[-1], float(error))
        previous = row
    return best
