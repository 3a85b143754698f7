"""The extremes of a metric in each column of a chart, from as few reads as possible.

A range of steps is covered by pieces: whole entries of the coarsest level that is no wider than a
column, finer ones where the range begins and ends, coarser ones where the finer are gone. The
pieces lie side by side, so that one ``reduceat`` gives all columns of all layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..record import Row
from .pyramid import FOLD, Columns, Entries, Flags, Level, Rows, View, without_infinities


@dataclass(frozen=True, slots=True)
class Envelope:
    """A metric over a range of steps, thinned to columns; nothing between low and high is lost.

    Column c covers the steps from ``edges[c]`` to before ``edges[c + 1]``: those of equal columns,
    moved by less than a column to where an entry begins. With more columns than steps, a value is
    in the one column that contains its step, and the others are NaN. Where only entries wider than
    a column are kept, every column that lies in one shows its extremes, without invented detail.
    """

    edges: Row
    """``(columns + 1,)``, in steps."""
    low: Row
    """Smallest finite value, ``(columns,)`` or ``(columns, n_layers)``; NaN where there is none."""
    high: Row
    bad: Flags
    """Same shape: a measured value in the column is not finite."""


class _Piece(NamedTuple):
    start: int
    """First row."""
    unit: int
    """Rows of an entry."""
    low: Row
    """``(lines, entries)``, a line for each layer; the rows themselves for level 0."""
    high: Row
    bad: Flags | None
    """None: none of them."""


def envelope(
    view: View,
    meaning: Columns,
    lines: slice,
    count: int,
    start: int,
    stop: int,
    columns: int,
) -> tuple[Row, Row, Row, Flags]:
    """Edges in rows ``(columns + 1,)``; low, high and bad ``(columns, lines)``.

    Args:
        view: the blocks.
        meaning: what a bad value is.
        lines: the metric's columns in a row.
        count: rows written.
        start: first row of the range; it may lie before the first one or after the last.
        stop: the row after the range's last, likewise.
        columns: how many columns the range is divided into.

    Raises:
        ValueError: an empty range or no columns.
    """
    if stop <= start or columns < 1:
        raise ValueError(
            f"expected a range of at least one step and at least one column, got "
            f"{start} to {stop} in {columns} columns"
        )
    width = (stop - start) / columns
    # Multiplied first: an edge that is a whole step is so exactly.
    edges = start + np.arange(columns + 1) * (stop - start) / columns
    low = np.full((columns, lines.stop - lines.start), np.nan)
    high, bad = low.copy(), np.zeros(low.shape, np.bool_)
    begin, end = max(start, 0), min(stop, count)
    if begin >= end:
        return edges, low, high, bad

    # A row belongs to the column whose edges enclose it: the first row at or after an edge.
    bounds = np.minimum(np.maximum(np.ceil(edges), begin), end).astype(np.int64)
    filled = np.flatnonzero(bounds[:-1] < bounds[1:])
    level = _level(width)
    pieces: list[_Piece] = []
    split = begin
    if start < begin:
        # A column that begins before the first row may hold less than an entry of the others'.
        split = int(bounds[filled[0] + 1])
        first = _level(min(width, split - begin))
        pieces += _cover(view, meaning, lines, count, begin, split, first)
    pieces += _cover(view, meaning, lines, count, split, end, level)
    starts, lows, highs, bads = _side_by_side(pieces)
    at = np.searchsorted(starts, bounds[filled], side="right") - 1
    # Where neighbors share one wide entry, reduceat takes that entry for each: as it should.
    low[filled] = np.fmin.reduceat(lows, at, axis=1).T
    high[filled] = np.fmax.reduceat(highs, at, axis=1).T
    if bads is not None:
        bad[filled] = np.logical_or.reduceat(bads, at, axis=1).T
    if width >= 1.0:
        own = 1 + np.flatnonzero(at[1:] != at[:-1])
        edges[filled[own]] = starts[at[own]]
    return edges, low, high, bad


def _side_by_side(pieces: list[_Piece]) -> tuple[NDArray[np.int64], Row, Row, Flags | None]:
    """First rows ``(entries,)``, and ``(lines, entries)`` of all pieces; None where none is bad."""
    sizes = [piece.low.shape[1] for piece in pieces]
    starts = np.empty(sum(sizes), np.int64)
    at = 0
    for piece, size in zip(pieces, sizes, strict=True):
        starts[at : at + size] = np.arange(piece.start, piece.start + size * piece.unit, piece.unit)
        at += size
    if len(pieces) == 1:
        low, high, bad = pieces[0].low, pieces[0].high, pieces[0].bad
        return starts, low, high, bad if bad is not None and bad.any() else None
    low = np.concatenate([piece.low for piece in pieces], axis=1)
    # Of rows, low and high are one array.
    same = all(piece.low is piece.high for piece in pieces)
    high = low if same else np.concatenate([piece.high for piece in pieces], axis=1)
    if not any(piece.bad is not None and piece.bad.any() for piece in pieces):
        return starts, low, high, None
    flags = [
        np.zeros(piece.low.shape, np.bool_) if piece.bad is None else piece.bad for piece in pieces
    ]
    return starts, low, high, np.concatenate(flags, axis=1)


def _level(width: float) -> int:
    """The coarsest level of which an entry is no wider than ``width`` rows."""
    level = 0
    while FOLD ** (level + 1) <= width:
        level += 1
    return level


def _cover(
    view: View, meaning: Columns, lines: slice, count: int, start: int, stop: int, level: int
) -> Iterator[_Piece]:
    """Pieces that cover the rows from ``start`` to ``stop`` in order, none coarser than needed.

    Rows count as dropped only long after they were folded, so a coarser entry is always there.
    """
    levels: tuple[Level[Rows] | Level[Entries], ...] = (view.rows, *view.levels)
    while start < stop:
        wanted = level
        while wanted and (
            start % FOLD**wanted or start + FOLD**wanted > min(stop, view.complete(wanted, count))
        ):
            wanted -= 1
        use, found = _found(levels, wanted, start)
        if found is None:
            assert view.gap is not None, "of what was dropped a coarser entry is kept"
            at = start - start % view.gap.unit
            # A level that ends before this row knows no further one.
            known = (row for each in levels if (row := each.kept_from(start)) > start)
            end = max(at + view.gap.unit, min((*known, stop)))
            yield _piece(view.gap.find(start)[0], meaning, lines, at, end - at, slice(1))
            start = end
            continue
        unit, span = levels[use].unit, levels[use].unit * levels[use].length
        first = start - start % unit
        if use > level:
            whole = view.complete(use, count)
            end = min(stop, levels[level].kept_from(start), whole if whole > start else stop)
        elif use > wanted:
            end = start + 1
        else:
            end = min(stop, view.complete(use, count))
            if use < level and start < view.complete(use + 1, count):
                end = min(end, start - start % (FOLD * unit) + FOLD * unit)
            end -= (end - start) % unit
        end = min(end, start - start % span + span)
        entries = -((first - end) // unit)
        yield _piece(found[0], meaning, lines, first, unit, slice(found[1], found[1] + entries))
        start = first + entries * unit


def _found(
    levels: tuple[Level[Rows] | Level[Entries], ...], wanted: int, row: int
) -> tuple[int, tuple[Rows | Entries, int] | None]:
    """The level nearest to the wanted one that has a row, coarser ones first, and its block."""
    for level in (*range(wanted, len(levels)), *range(wanted - 1, -1, -1)):
        found = levels[level].find(row)
        if found is not None:
            return level, found
    return wanted, None


def _piece(
    block: Rows | Entries, meaning: Columns, lines: slice, start: int, unit: int, part: slice
) -> _Piece:
    if isinstance(block, Entries):
        low, high, bad = block.low, block.high, block.bad
        return _Piece(start, unit, low[lines, part], high[lines, part], bad[lines, part])
    values = block.values[part, lines].T
    if np.isinf(values).any():
        usual = without_infinities(values)
        return _Piece(start, unit, usual, usual, meaning.wrong(values.T, lines).T)
    if not meaning.nan_is_bad[lines].any() or not np.isnan(values).any():
        return _Piece(start, unit, values, values, None)
    return _Piece(start, unit, values, values, meaning.wrong(values.T, lines).T)
