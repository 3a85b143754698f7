"""Ranges and ticks of axes: round numbers for any two floats, and ranges that hold still."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Range = tuple[float, float]

LARGEST = sys.float_info.max
SHRINK = 0.75
"""A range is fitted again when a fresh one would be smaller than this part of it."""


def nice_step(rough: float, *, whole: bool = False) -> float:
    """The least of 1, 2, 5 times a power of ten that is at least ``rough``; 0 if there is none."""
    if not (0 < rough < math.inf):
        return 0.0
    exponent = math.floor(math.log10(rough))
    for factor, power in ((1, 0), (2, 0), (5, 0), (1, 1), (2, 1)):
        try:
            step = float(f"{factor}e{exponent + power}")  # exact, and no overflow on the way
        except ValueError:  # pragma: no cover
            return 0.0
        if step >= rough * (1 - 1e-9):
            break
    if not 0 < step < math.inf:
        return 0.0
    return max(step, 1.0) if whole else step


def linear_ticks(lo: float, hi: float, most: int) -> list[float]:
    """At most ``most`` round values within [lo, hi], two where that can be; maybe none."""
    span = hi - lo
    if most < 1 or not 0 < span < math.inf:
        return []
    step = nice_step(span / most)
    finer: list[float] = []
    while step:
        first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
        if not abs(last) < 1e15 or not abs(first) < 1e15:
            return []
        if last - first + 1 <= most:
            if last - first < 1 < most and finer:
                return finer
            return [number * step for number in range(first, last + 1)]
        finer = [first * step, last * step]
        step = nice_step(step * 1.5)
    return []


def linear_labels(ticks: list[float]) -> list[str]:
    """Labels with just the digits that tell the ticks apart, plain or scientific."""
    if not ticks:
        return []
    largest = max(abs(tick) for tick in ticks)
    step = min((b - a for a, b in itertools.pairwise(ticks)), default=largest)
    if largest == 0 or step <= 0:
        return [_plain(tick, 0) for tick in ticks]
    finest = math.floor(math.log10(step) + 1e-9)
    step = min(step, largest / 1e3)  # one tick alone has no neighbor to be told from
    if 1e-3 <= largest < 99_999.5 and finest >= -4:
        return _told_exactly(ticks, _plain, max(-finest, 0), step)
    digits = max(0, math.floor(math.log10(largest) + 1e-9) - finest)
    return _told_exactly(ticks, _compact, min(digits, 15), step)


def _told_exactly(
    ticks: list[float], told: Callable[[float, int], str], digits: int, step: float
) -> list[str]:
    """Labels of so many digits, or of as many more as it takes to round no tick: 2.5 is no 2."""
    for more in range(digits, 16):
        labels = [told(tick, more) for tick in ticks]
        off = max(abs(float(label) - tick) for label, tick in zip(labels, ticks, strict=True))
        if off <= 1e-9 * step:
            break
    return labels


def _plain(tick: float, decimals: int) -> str:
    text = f"{tick:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def _compact(tick: float, digits: int) -> str:
    """Scientific without padding: ``1e-7``, ``2.5e12``."""
    if tick == 0:
        return "0"
    mantissa, exponent = f"{tick:.{digits}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def log_ticks(lo: float, hi: float, most: int) -> list[tuple[float, str]]:
    """At most ``most`` (log10 value, label) within [lo, hi], which are log10 themselves."""
    if most < 1 or not 0 < hi - lo < math.inf or max(abs(lo), abs(hi)) > 1e6:
        return []
    first, last = math.ceil(lo - 1e-9), math.floor(hi + 1e-9)
    decades = last - first + 1
    if decades >= 3 or (decades == 2 and most < 4):
        step = 1
        while (last // step) - (-(-first // step)) + 1 > most:
            step = _next_decade_step(step)
        exponents = [number * step for number in range(-(-first // step), last // step + 1)]
        return [(float(e), _power(e, plain=_all_small(exponents))) for e in exponents]
    places = [
        (math.log10(factor) + decade, factor, decade)
        for decade in range(first - 1, last + 1)
        for factor in (1, 2, 5)
    ]
    inside = [place for place in places if lo - 1e-9 <= place[0] <= hi + 1e-9]
    if 2 <= len(inside) <= most:
        return [(at, _digits(factor, decade)) for at, factor, decade in inside]
    if max(abs(lo), abs(hi)) < 300 and most >= 2:
        values = linear_ticks(10**lo, 10**hi, most)
        return [
            (math.log10(value), label)
            for value, label in zip(values, linear_labels(values), strict=True)
            if value > 0
        ]
    return [(at, _digits(factor, decade)) for at, factor, decade in inside[:most]]


def _next_decade_step(step: int) -> int:
    for candidate in (2, 3, 5, 10, 20, 50, 100, 200):
        if candidate > step:
            return candidate
    return step * 2


def _all_small(exponents: list[int]) -> bool:
    return all(-3 <= e <= 3 for e in exponents)


def _power(exponent: int, *, plain: bool) -> str:
    if plain:
        return f"{10**exponent}" if exponent >= 0 else f"{10.0**exponent:.{-exponent}f}"
    return f"{10**exponent}" if 0 <= exponent <= 2 else f"1e{exponent}"


def _digits(factor: int, decade: int) -> str:
    if 0 <= decade <= 3:
        return f"{factor * 10**decade}"
    if -3 <= decade < 0:
        return f"{factor * 10.0**decade:.{-decade}f}"
    return f"{factor}e{decade}"


def power_label(exponent: float) -> str:
    """Ten to a power, as short as an axis has it: ``1e-8``, ``0.1``, ``3.2e-8``."""
    if not math.isfinite(exponent):
        return "?"
    if exponent == round(exponent) or abs(exponent) > 300:
        return _power(round(exponent), plain=-3 <= exponent <= 3)
    return _compact(10**exponent, 1)


def step_ticks(start: float, stop: float, most: int) -> list[int]:
    """At most ``most`` round whole steps in [start, stop)."""
    span = stop - start
    if most < 1 or not 0 < span < math.inf or max(abs(start), abs(stop)) > 1e15:
        return []
    step = nice_step(max(span / most, 1.0), whole=True)
    while True:
        ticks = range(math.ceil(start / step) * int(step), math.ceil(stop), int(step))
        if len(ticks) <= most:
            return list(ticks)
        step = nice_step(step * 1.5, whole=True)


def log_range(values: Floats) -> Range:
    """Whole decades (log10) around the positive finite values; (-1, 0) when there are none."""
    least, greatest = _extent(values, values, log=True)
    if least > greatest:
        return -1.0, 0.0
    lo, hi = math.floor(least), math.ceil(greatest)
    return float(lo), float(hi if hi > lo else lo + 1)


def _extent(low: Floats, high: Floats, *, log: bool) -> Range:
    """Least and greatest usable value (log10 with ``log``); (inf, -inf) when there is none."""
    ends = []
    for values in (low, high):
        usable = values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]
        ends.append(usable)
    both = np.concatenate(ends)
    if both.size == 0:
        return math.inf, -math.inf
    least, greatest = float(both.min()), float(both.max())
    return (math.log10(least), math.log10(greatest)) if log else (least, greatest)


def fit_linear(least: float, greatest: float) -> Range:
    """Round numbers around two values; room on both sides of a constant; bottom < top always."""
    if least == greatest:
        room = abs(least) / 8 or 1.0
        least, greatest = max(least - room, -LARGEST), min(greatest + room, LARGEST)
        if least == greatest:  # a constant with fewer bits than the room needs
            least, greatest = float(np.nextafter(least, -1)), float(np.nextafter(greatest, 1))
    span = greatest - least
    step = nice_step(span / 4) if span < math.inf else 0.0
    if not step or abs(least / step) > 1e15 or abs(greatest / step) > 1e15:
        return least, greatest
    lo, hi = math.floor(least / step + 1e-9) * step, math.ceil(greatest / step - 1e-9) * step
    return (lo, hi) if -math.inf < lo < hi < math.inf else (least, greatest)


def fit_log(least: float, greatest: float) -> Range:
    """Round log10 numbers around two log10 values: decades, or 1-2-5 within three decades."""
    span = greatest - least
    if span > 3:
        return float(math.floor(least + 1e-9)), float(math.ceil(greatest - 1e-9))
    grid = sorted(
        math.log10(factor) + decade
        for decade in range(math.floor(least) - 1, math.ceil(greatest) + 2)
        for factor in (1, 2, 5)
    )
    lo = max(place for place in grid if place <= least + 1e-9)
    hi = min(place for place in grid if place >= greatest - 1e-9)
    if hi <= lo:
        hi = min(place for place in grid if place > lo + 1e-9)
    return lo, hi


class YRange:
    """The y range of a live chart: round numbers, held still until the data leave it or shrink.

    ``include`` holds values that a linear range always shows, such as 0.
    """

    def __init__(self, *include: float) -> None:
        self._include = include
        self._range: Range | None = None
        self._log = False

    def update(self, low: Floats, high: Floats, *, log: bool = False) -> Range:
        """The range (bottom, top) to draw with now: log10 with ``log``.

        Arrays of any shape with all that is shown; what is not finite (or, with ``log``, not
        positive) does not count. The range changes at once when a value leaves it, and is fitted
        again when a fresh one would be more than a quarter smaller.
        """
        if log != self._log:
            self._range, self._log = None, log
        least, greatest = _extent(low, high, log=log)
        if least > greatest:
            return self._range or ((-1.0, 0.0) if log else (0.0, 1.0))
        if not log and self._include:
            least, greatest = min(least, *self._include), max(greatest, *self._include)
        fresh = fit_log(least, greatest) if log else fit_linear(least, greatest)
        held = self._range
        if (
            held is None
            or least < held[0]
            or greatest > held[1]
            or fresh[1] / 4 - fresh[0] / 4 < SHRINK * (held[1] / 4 - held[0] / 4)
        ):
            self._range = held = fresh
        return held

    def reset(self) -> None:
        """Forget: the next update fits afresh."""
        self._range = None
