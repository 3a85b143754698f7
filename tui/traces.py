"""Curves as dots in character cells, drawn by NumPy: no loop over columns or points.

A curve is, for each sub-column, the interval between its least and greatest value there. Intervals
become dot rows, are joined to their neighbours so that the line has no holes, cut into cells, and
looked up in a table of dot masks. Rows count from the top; all arrays are (series, ...).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .glyphs import Glyphs

Pattern = Literal["solid", "dashed", "dashdot", "dotted"]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int32]
Masks = NDArray[np.uint8]

FAR = 1 << 20
"""Dot rows beyond any screen; what lies further off is cut here, so that slopes stay sound."""


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Where curves are, in dot rows, (series, columns): ``top`` <= ``bottom`` where ``there``."""

    top: Rows
    bottom: Rows
    there: Flags
    bad: Flags
    """A non-finite value was measured in the column."""

    def first(self, count: int) -> Intervals:
        """Those of the first so many series."""
        one = slice(count)
        return Intervals(self.top[one], self.bottom[one], self.there[one], self.bad[one])


def intervals(
    low: Floats,
    high: Floats,
    bad: Flags,
    *,
    y_range: tuple[float, float],
    dots: int,
    log: bool = False,
    bridged: int | None = None,
) -> Intervals:
    """Dot rows 0..dots-1 of values, top row for ``y_range[1]``; beyond the range they go on.

    Args:
        low: least values (series, columns); NaN: not measured. Infinite values count as ``bad``.
        high: greatest values.
        bad: columns with a non-finite value.
        y_range: bottom and top, log10 of values with ``log``; equal ends show nothing.
        dots: dot rows.
        log: take log10 first; what is not positive lies infinitely far below.
        bridged: how many series, the first ones, have columns without a measurement filled by a
            straight line, unless ``bad`` lies between; None: all.
    """
    with np.errstate(all="ignore"):
        ends = np.array([high, low])  # both at once: half the calls
        finite = np.isfinite(ends)
        there: Flags = finite[0] | finite[1]
        if not finite.all():
            bad = bad | np.isinf(ends).any(axis=0)
            ends = np.where(finite, ends, ends[::-1])
        if log:
            ends = np.log10(np.maximum(ends, 0.0, out=ends), out=ends)
        rows = _dot_rows(ends, y_range, dots)
        first = slice(bridged)
        if not there[first].all():
            filled = _bridged(rows[0, first], rows[1, first], there[first], bad[first])
            rows[0, first], rows[1, first], there[first] = filled
        shown = there & (y_range[1] > y_range[0])
        whole: Rows = np.where(shown, np.floor(rows), 0).astype(np.int32)
    return Intervals(whole[0], np.maximum(whole[1], whole[0]), shown, bad)


def _dot_rows(values: Floats, y_range: tuple[float, float], dots: int) -> Floats:
    """Fractional dot rows, cut at FAR; NaN stays NaN."""
    lo, hi = y_range
    if not np.isfinite(hi - lo):
        values, lo, hi = values / 4, lo / 4, hi / 4
    rows = (hi - values) / (hi - lo) * (dots - 1) + 0.5
    return np.maximum(np.minimum(rows, FAR), -FAR)  # np.clip takes a detour of 5 us


def _bridged(top: Floats, bottom: Floats, there: Flags, bad: Flags) -> tuple[Floats, Floats, Flags]:
    """Straight lines between the measured columns on either side of a gap."""
    columns = np.arange(there.shape[1])
    before = np.maximum.accumulate(np.where(there, columns, -1), axis=1)
    after = np.where(there, columns, len(columns))[:, ::-1]
    after = np.minimum.accumulate(after, axis=1)[:, ::-1]
    gap = ~there & (before >= 0) & (after < len(columns))
    if not gap.any():
        return top, bottom, there
    series, column = np.nonzero(gap)
    left, right = before[gap], after[gap]
    faults = np.cumsum(bad, axis=1)
    sound: Flags = faults[series, right] - bad[series, right] == faults[series, left]
    series, column, left, right = (part[sound] for part in (series, column, left, right))
    middle = (top + bottom) / 2
    start, stop = middle[series, left], middle[series, right]
    line = start + (stop - start) * ((column - left) / (right - left))
    top, bottom, there = top.copy(), bottom.copy(), there.copy()
    top[series, column] = bottom[series, column] = line
    there[series, column] = True
    return top, bottom, there


def joined(where: Intervals, dots: int) -> tuple[Rows, Rows]:
    """Tops and bottoms that touch those of the next column; cut at one row beyond the edges."""
    top, bottom = (np.maximum(np.minimum(ends, dots), -1) for ends in (where.top, where.bottom))
    pair = where.there[:, :-1] & where.there[:, 1:]
    falls = pair & (top[:, 1:] > bottom[:, :-1] + 1)
    rises = pair & (top[:, :-1] > bottom[:, 1:] + 1)
    down = (bottom[:, :-1] + top[:, 1:]) >> 1
    up = (top[:, :-1] + bottom[:, 1:]) >> 1
    new_top, new_bottom = top.copy(), bottom.copy()
    np.copyto(new_bottom[:, :-1], down, where=falls)
    np.copyto(new_top[:, :-1], up + 1, where=rises)
    np.minimum(new_top[:, 1:], down + 1, out=new_top[:, 1:], where=falls)
    np.maximum(new_bottom[:, 1:], up, out=new_bottom[:, 1:], where=rises)
    return new_top, new_bottom


@lru_cache(8)
def _mask_table(rows: int) -> Masks:
    """Dots of a sub-column from ``start`` to ``stop``, exclusive: at start * (rows + 1) + stop."""
    table = [
        sum(1 << row for row in range(start, stop))
        for start in range(rows + 1)
        for stop in range(rows + 1)
    ]
    return np.array(table, np.uint8)


def dot_masks(top: Rows, bottom: Rows, there: Flags, height: int, glyphs: Glyphs) -> Masks:
    """Masks (series, height, width) of the dots in every cell."""
    rows, columns = glyphs.rows, glyphs.columns
    first = (np.arange(height, dtype=np.int32) * rows)[:, None]
    start = np.where(there, top, FAR)[:, None, :] - first
    stop = np.where(there, bottom + 1, -FAR)[:, None, :] - first
    for edge in (start, stop):
        np.minimum(np.maximum(edge, 0, out=edge), rows, out=edge)
    start *= rows + 1
    start += stop
    masks = _mask_table(rows)[start]
    merged: Masks = masks[:, :, ::columns].copy()
    for column in range(1, columns):
        merged |= masks[:, :, column::columns] << (column * rows)
    return merged


@lru_cache(64)
def pattern_columns(pattern: Pattern, columns: int, glyphs: Glyphs) -> Flags:
    """Which sub-columns a pattern leaves its dots in, (columns,)."""
    places = np.arange(columns)
    shown: Flags = np.ones(columns, np.bool_)
    if pattern == "dashed":
        shown = places // glyphs.columns % 3 < 2
    elif pattern == "dashdot":
        shown = np.isin(places // glyphs.columns % 6, (0, 1, 2, 4))
    elif pattern == "dotted":
        shown = places % (glyphs.columns + 1) == 0
    return shown


@lru_cache(8)
def decoded(glyphs: Glyphs) -> NDArray[np.uint32]:
    """The code point of every mask."""
    return np.frombuffer(glyphs.decode.encode("utf-32-le"), np.uint32)


@lru_cache(64)
def sample(pattern: Pattern, glyphs: Glyphs, cells: int = 3) -> str:
    """What a level line of a pattern looks like, ``cells`` long: for legends."""
    columns = cells * glyphs.columns
    shown = pattern_columns(pattern, columns, glyphs)[None, :]
    row = np.full((1, columns), glyphs.rows // 2, np.int32)
    masks = dot_masks(row, row, shown, 1, glyphs)
    return "".join(glyphs.decode[mask] for mask in masks[0, 0].tolist())


def composed(masks: Masks, exclusive: Flags) -> tuple[Masks, NDArray[np.int16]]:
    """All series in one picture: the dots of all, and for each cell the last series there, or -1.

    Cells whose last series is ``exclusive`` (series,) show that series' dots alone.
    """
    drawn = masks != 0
    numbers = np.arange(len(masks), dtype=np.int16)[:, None, None]
    owner: NDArray[np.int16] = np.where(drawn, numbers, np.int16(-1)).max(axis=0, initial=-1)
    union: Masks = np.bitwise_or.reduce(masks, axis=0)
    for number in np.flatnonzero(exclusive).tolist():
        np.copyto(union, masks[number], where=owner == number)
    return union, owner


def run_starts(flags: Flags) -> Flags:
    """The first of each run of True along the last axis."""
    starts = flags.copy()
    starts[..., 1:] &= ~flags[..., :-1]
    return starts


def cells_any(flags: Flags, glyphs: Glyphs) -> Flags:
    """Sub-columns (..., columns) to cells (..., width): whether any is True."""
    cells = flags[..., :: glyphs.columns].copy()
    for column in range(1, glyphs.columns):
        cells |= flags[..., column :: glyphs.columns]
    return cells
