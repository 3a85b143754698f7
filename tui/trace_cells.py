"""The cells of a chart's curves, drawn anew only from where the curves have changed.

While a run grows and its axes hold still, a frame changes the last few columns of every curve. So
the cells of the last frame are kept with the values they show; values are compared, and the columns
from the first difference on are drawn again, with as many before them as they hang together with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .glyphs import Glyphs
from .plane import BAD, BAND, FIRST
from .series import Series
from .traces import (
    Flags,
    Floats,
    Intervals,
    Masks,
    Pattern,
    cells_any,
    composed,
    decoded,
    dot_masks,
    intervals,
    joined,
    pattern_columns,
    run_starts,
)


class Ground(NamedTuple):
    """What curves are drawn on: while it is the same, cells may be kept."""

    height: int
    """Rows of cells."""
    columns: int
    """Sub-columns."""
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    log: bool
    glyphs: Glyphs
    colored: bool
    patterns: tuple[Pattern, ...]
    highlighted: tuple[bool, ...]
    banded: tuple[int, ...]
    """Which of the curves have a band."""


@dataclass(frozen=True, slots=True, eq=False)
class TraceCells:
    """Drawn curves."""

    ground: Ground
    values: Floats
    """(2 curves + 2 bands, columns): low of every curve, of every band, then high likewise."""
    bad: Flags
    """(curves, columns)."""
    chars: NDArray[np.uint32]
    """(height, width): code points; 0 where nothing is drawn."""
    index: NDArray[np.int16]
    """Style numbers."""
    where: Intervals


def trace_cells(ground: Ground, series: Sequence[Series], last: TraceCells | None) -> TraceCells:
    """Draw curves: arrows for what is off the scale, points, marks of what is not finite included.

    ``last`` is the frame before, or None.
    """
    bands = [band for number in ground.banded if (band := series[number].band) is not None]
    low, high = [one.low for one in series], [one.high for one in series]
    rows = [*low, *(band[0] for band in bands), *high, *(band[1] for band in bands)]
    values = np.array(rows, np.float64)
    none = np.zeros(ground.columns, np.bool_)
    bad = np.array([none if one.bad is None else one.bad for one in series])
    if last is None or last.ground != ground:
        return _drawn(ground, values, bad, 0)
    changed = _changed(values, last.values) | (bad != last.bad).any(axis=0)
    if not changed.any():
        return last
    paste, begin = _hanging_together(ground, values, int(changed.argmax()))
    if not paste:
        return _drawn(ground, values, bad, 0)
    fresh = _drawn(ground, values, bad, begin)
    cell, skipped = paste // ground.glyphs.columns, (paste - begin) // ground.glyphs.columns
    old, new = last.where, fresh.where
    kept = Intervals(
        *(
            np.concatenate([a[:, :paste], b[:, paste - begin :]], axis=1)
            for a, b in (
                (old.top, new.top),
                (old.bottom, new.bottom),
                (old.there, new.there),
                (old.bad, new.bad),
            )
        )
    )
    chars = np.concatenate([last.chars[:, :cell], fresh.chars[:, skipped:]], axis=1)
    index = np.concatenate([last.index[:, :cell], fresh.index[:, skipped:]], axis=1)
    return TraceCells(ground, values, bad, chars, index, kept)


def _changed(values: Floats, before: Floats) -> Flags:
    """In which columns any value is another, NaN being like NaN."""
    changed: Flags = (values.view(np.int64) != before.view(np.int64)).any(axis=0)
    return changed


def _hanging_together(ground: Ground, values: Floats, first: int) -> tuple[int, int]:
    """From which column on cells change when values do from ``first`` on; where to begin drawing.

    A line over a gap reaches back to the last measured column on either side of it, and the looks
    of a cell depend on the one before: whether it is joined, alone, or the first off the scale.
    """
    curves, half = len(ground.patterns), len(values) // 2
    low, high = values[:curves], values[half : half + curves]
    measured = np.isfinite(low) | np.isfinite(high)
    cell = ground.glyphs.columns
    paste = _whole_cells(min(_last_measured(measured, first), first - 1), cell)
    begin = _whole_cells(_last_measured(measured, paste - cell), cell)
    return (paste, begin) if begin >= 0 and paste > 0 else (0, 0)


def _last_measured(measured: Flags, before: int) -> int:
    """The least, over the curves, of the last column measured before a column; that one if none."""
    if before < 1:
        return before
    reached = measured[:, :before]
    reached = reached[reached.any(axis=1)]
    if not len(reached):
        return before
    return before - 1 - int(reached[:, ::-1].argmax(axis=1).max())


def _whole_cells(column: int, cell: int) -> int:
    return column - column % cell


def _drawn(ground: Ground, values: Floats, bad: Flags, begin: int) -> TraceCells:
    """Draw the columns from ``begin`` on, as if nothing stood before them."""
    curves, glyphs, height = len(ground.patterns), ground.glyphs, ground.height
    dots = height * glyphs.rows
    # Curves and bands at once: of small arrays every call costs more than what it does.
    half = len(values) // 2
    low, high = values[:half, begin:], values[half:, begin:]
    never = np.zeros((len(ground.banded), low.shape[1]), np.bool_)
    every = intervals(
        low,
        high,
        np.concatenate([bad[:, begin:], never]),
        y_range=ground.y_range,
        dots=dots,
        log=ground.log,
        bridged=curves,
    )
    where = every.first(curves)
    top, bottom = joined(where, dots)
    shown = every.there
    if any(pattern != "solid" for pattern in ground.patterns):
        kept = [pattern_columns(each, ground.columns, glyphs) for each in ground.patterns]
        shown = shown.copy()
        shown[:curves] &= np.array(kept)[:, begin:]
    tops = np.concatenate([top, every.top[curves:]])
    bottoms = np.concatenate([bottom, every.bottom[curves:]])
    masks = dot_masks(tops, bottoms, shown, height, glyphs)
    chars = np.zeros(masks.shape[1:], np.uint32)
    index = np.zeros(chars.shape, np.int16)
    if ground.banded:
        _put_bands(ground, masks[curves:], chars, index)
    union, owner = composed(masks[:curves], np.array(ground.highlighted))
    inked = union != 0
    np.copyto(chars, decoded(glyphs)[union], where=inked)
    np.copyto(index, owner + FIRST, where=inked)
    _put_exceptions(glyphs, chars, index, where)
    return TraceCells(ground, values, bad, chars, index, where)


def _put_bands(
    ground: Ground, masks: Masks, chars: NDArray[np.uint32], index: NDArray[np.int16]
) -> None:
    """The areas between two curves each; without color, or with coarse dots, a shade."""
    glyphs = ground.glyphs
    mask = np.bitwise_or.reduce(masks, axis=0)
    inked = mask != 0
    fine = ground.colored and glyphs.columns * glyphs.rows > 4
    filling = decoded(glyphs)[mask] if fine else np.uint32(ord(glyphs.fill))
    np.copyto(chars, filling, where=inked)
    np.copyto(index, np.int16(BAND), where=inked)


def _put_exceptions(
    glyphs: Glyphs, chars: NDArray[np.uint32], index: NDArray[np.int16], where: Intervals
) -> None:
    """Points without neighbours, arrows to what lies off the scale, marks of non-finite values."""
    height, dots = len(chars), len(chars) * glyphs.rows
    there = where.there
    lonely = there.copy()
    lonely[:, 1:] &= ~there[:, :-1]
    lonely[:, :-1] &= ~there[:, 1:]
    lonely &= (where.top < dots) & (where.bottom >= 0)
    if lonely.any():
        for number, column in np.argwhere(lonely).tolist():
            row = min(max(int(where.top[number, column]), 0) // glyphs.rows, height - 1)
            _put(chars, index, row, column // glyphs.columns, glyphs.point, number)
    above, below = there & (where.bottom < 0), there & (where.top >= dots)
    for flags, row, glyph in ((above, 0, glyphs.above), (below, height - 1, glyphs.below)):
        if flags.any():
            for number, column in np.argwhere(run_starts(cells_any(flags, glyphs))).tolist():
                _put(chars, index, row, column, glyph, number)
    if where.bad.any():
        cells = cells_any(where.bad, glyphs).any(axis=0)
        chars[0, cells] = ord(glyphs.bad)
        index[0, cells] = BAD


def _put(
    chars: NDArray[np.uint32],
    index: NDArray[np.int16],
    row: int,
    column: int,
    glyph: str,
    curve: int,
) -> None:
    chars[row, column] = ord(glyph)
    index[row, column] = FIRST + curve
