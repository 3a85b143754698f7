"""The min/max pyramid under a history: what is still known of steps whose rows are gone.

The rows are level 0, one a step. An entry of level k stands for 16**k steps: the smallest and the
largest finite value of every column, whether a measured value was not finite, when its last step
ended, and up to which row each scheduled metric was measured. Rows are folded 256 at a time, by
whole-array reductions. Every level keeps its first block and its newest ones, so that the finest
is forgotten first; arrays are only ever appended to, never moved or reused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..record import Layout, Row

FOLD = 16
"""Entries of one level that make one of the next."""
CHUNK = FOLD * FOLD
"""Rows folded at once: few, large NumPy calls cost the training thread least."""
BLOCK_ROWS = 4 * CHUNK
BLOCK_ENTRIES = 256

_LOGARITHMS = ("update_ratio",)
"""Metrics that are logarithms: -inf there is the log of an exact zero, not an accident."""
APPLIES_TO: dict[str, str] = {"saturated": "bounded", "silent": "rectifier", "dead": "rectifier"}
"""Metrics that only some layers have, and the field of ``LayerInfo`` that says which; elsewhere
they are NaN always, which is "not measured"."""

_PLACES = (1 + np.arange(CHUNK, dtype=np.int8) % FOLD)[:, np.newaxis]

Flags = NDArray[np.bool_]


class Rows(NamedTuple):
    """A block of level 0."""

    values: Row
    """``(BLOCK_ROWS, size)``, C order: appending copies one contiguous row."""
    seconds: Row
    """``(BLOCK_ROWS,)``: training time at the end of the step."""

    def copy(self) -> Rows:
        """The same numbers in memory of their own."""
        return Rows(self.values.copy(), self.seconds.copy())

    def room_for(self, length: int) -> Rows:
        """A copy with room for so many rows."""
        return Rows(*(_with_room(part, length, 0) for part in self))


class Entries(NamedTuple):
    """A block of a level above 0; a column's entries lie side by side, as queries read them."""

    low: Row
    """``(size, BLOCK_ENTRIES)``; NaN where no finite value was measured."""
    high: Row
    bad: Flags
    """``(size, BLOCK_ENTRIES)``: a measured value was not finite."""
    seconds: Row
    """``(BLOCK_ENTRIES,)``: training time at the end of the last step."""
    newest: NDArray[np.int64]
    """``(BLOCK_ENTRIES, marks)``: newest row up to this entry's end with the mark; -1: none yet."""

    def copy(self) -> Entries:
        """The same numbers in memory of their own."""
        return Entries(
            self.low.copy(),
            self.high.copy(),
            self.bad.copy(),
            self.seconds.copy(),
            self.newest.copy(),
        )

    def room_for(self, length: int) -> Entries:
        """A copy with room for so many entries."""
        axes = (1, 1, 1, 0, 0)
        parts = (_with_room(part, length, axis) for part, axis in zip(self, axes, strict=True))
        return Entries(*parts)


def _with_room(part: NDArray[Any], length: int, axis: int) -> NDArray[Any]:
    shape = list(part.shape)
    shape[axis] = length
    copy = np.empty(shape, part.dtype)
    copy[tuple(slice(size) for size in part.shape)] = part
    return copy


class Block(Protocol):
    """A block of any level."""

    def copy(self) -> Self:
        """The same numbers in memory of their own."""

    def room_for(self, length: int) -> Self:
        """A copy with room for so many rows or entries."""


B = TypeVar("B", bound=Block)
C = TypeVar("C", covariant=True)


class Level(Protocol[C]):
    """What queries ask of one level, in memory or on a disk: where the blocks are."""

    @property
    def unit(self) -> int:
        """Steps of an entry."""

    @property
    def length(self) -> int:
        """Entries of a block."""

    def find(self, row: int) -> tuple[C, int] | None:
        """The block that holds a row and the entry's place in it; None where there is none."""

    def kept_from(self, row: int) -> int:
        """The first row at or after ``row`` of which there is a block (if it was ever written)."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[B]):
    """The blocks of one level that are kept: the first and the newest. Replaced, never changed."""

    unit: int
    """Steps of an entry."""
    length: int
    """Entries of a block."""
    first: tuple[B, ...] = ()
    start: int = 0
    """Number of the oldest block of ``blocks``."""
    blocks: tuple[B, ...] = ()

    def find(self, row: int) -> tuple[B, int] | None:
        """The block that holds a row and the entry's place in it; None where it was dropped."""
        number, at = divmod(row // self.unit, self.length)
        if 0 <= number - self.start < len(self.blocks):
            return self.blocks[number - self.start], at
        return (self.first[0], at) if number == 0 and self.first else None

    def kept_from(self, row: int) -> int:
        """The first row at or after ``row`` that is kept (if it was ever written)."""
        span = self.unit * self.length
        return row if row < span and self.first else max(row, self.start * span)

    def extended(self, block: B, keep: int) -> Kept[B]:
        """With one more block, and of the older ones only the first and the newest ``keep``."""
        blocks = (*self.blocks, block)
        dropped = max(0, len(blocks) - keep)
        return Kept(
            self.unit, self.length, self.first or (block,), self.start + dropped, blocks[dropped:]
        )

    def newest(self) -> Kept[B]:
        """The newest block alone; nothing where there is none."""
        last = len(self.blocks) - 1
        return Kept(self.unit, self.length, (), self.start + max(last, 0), self.blocks[-1:])

    def until(self, newest: Kept[B]) -> Kept[B]:
        """What is kept of the blocks before one that was the newest, and a copy of that one."""
        if not newest.blocks:
            return Kept(self.unit, self.length)
        block = newest.blocks[0].copy()
        before = self.blocks[: max(newest.start - self.start, 0)]
        first = self.first if newest.start else (block,)
        start = newest.start - len(before)
        return Kept(self.unit, self.length, first, start, (*before, block))


class Columns:
    """How the columns of a layout are judged: what NaN means where, and which mark is whose.

    A *mark* is a scheduled metric; the one after the last is "every measured value is finite".
    A scheduled metric counts as measured where the first or the last layer that has it does.
    """

    def __init__(self, layout: Layout) -> None:
        self.size = layout.size
        self.nan_is_bad: Flags = np.zeros(layout.size, np.bool_)
        self.minus_inf_is_bad: Flags = np.ones(layout.size, np.bool_)
        self.marks: dict[str, int] = {}
        first: list[int] = []
        last: list[int] = []
        for metric in layout.metrics:
            columns = layout.columns(metric.name)
            applies = np.ones(columns.stop - columns.start, np.bool_)
            if layout.per_layer(metric.name) and metric.name in APPLIES_TO:
                field = APPLIES_TO[metric.name]
                applies = np.array([getattr(layer, field) for layer in layout.layers], np.bool_)
            self.minus_inf_is_bad[columns] = metric.name not in _LOGARITHMS
            if not metric.scheduled:
                self.nan_is_bad[columns] = applies
                continue
            having = columns.start + (
                np.flatnonzero(applies) if applies.any() else np.zeros(1, int)
            )
            self.marks[metric.name] = len(first)
            first.append(int(having[0]))
            last.append(int(having[-1]))
        self.first: NDArray[np.intp] = np.array(first, np.intp)
        self.last: NDArray[np.intp] = np.array(last, np.intp)
        self.ends = np.concatenate([self.first, self.last])
        """First and last columns of all scheduled metrics."""
        self.all_finite = len(first)
        """The mark after the last metric's."""

    def wrong(self, rows: Row, columns: slice = slice(None)) -> Flags:
        """Which entries of ``(rows, columns)`` are measured and not finite."""
        flags: Flags = np.isnan(rows) & self.nan_is_bad[columns]
        flags |= rows == np.inf
        flags |= (rows == -np.inf) & self.minus_inf_is_bad[columns]
        return flags

    def finite(self, rows: Row) -> Flags:
        """Which of the rows have no measured value that is not finite, ``(rows,)``."""
        flags: Flags = np.logical_not(self.wrong(rows).any(axis=1))
        return flags

    def measured(self, rows: Row, name: str) -> Flags:
        """In which of the rows a scheduled metric was measured, ``(rows,)``."""
        mark = self.marks[name]
        found: Flags = ~np.isnan(rows[:, self.first[mark]])
        return found | ~np.isnan(rows[:, self.last[mark]])


class Gap:
    """A level that has an entry for every row, which says that nothing is known of it.

    Args:
        columns: of the rows.
    """

    unit = BLOCK_ROWS
    length = 1

    def __init__(self, columns: Columns) -> None:
        nothing = np.full((columns.size, 1), np.nan)
        no_marks = np.full((1, columns.all_finite + 1), -1, np.int64)
        self._entry = Entries(
            nothing, nothing, np.zeros((columns.size, 1), np.bool_), np.zeros(1), no_marks
        )

    def find(self, row: int) -> tuple[Entries, int]:
        """The entry, wherever the row is."""
        return self._entry, 0

    def kept_from(self, row: int) -> int:
        """It is everywhere."""
        return row


def without_infinities(values: Row) -> Row:
    """A copy with NaN in their place."""
    return np.where(np.isinf(values), np.nan, values)


class View(NamedTuple):
    """Every level as it stands; a new one is published whenever a block is added or dropped."""

    rows: Level[Rows]
    levels: tuple[Level[Entries], ...]
    """Levels 1, 2, ..."""
    gap: Gap | None = None
    """None: of every row something is known."""

    def complete(self, level: int, count: int) -> int:
        """How many of ``count`` rows are in whole entries of a level."""
        if level == 0:
            return count
        unit: int = max(CHUNK, FOLD**level)
        return count - count % unit


class Pyramid:
    """The writing side: folds chunks of rows into entries; belongs to the training thread.

    Args:
        columns: the columns' meaning.
        keep: blocks of ``BLOCK_ENTRIES`` that each level keeps besides its first.

    Attributes:
        levels: levels 1, 2, ...
        newest: the newest row with each mark; replaced, never changed.
    """

    def __init__(self, columns: Columns, keep: int) -> None:
        self._columns = columns
        self.keep = keep
        self.newest: NDArray[np.int64] = np.full(columns.all_finite + 1, -1, np.int64)
        self.levels: tuple[Kept[Entries], ...] = ()

    def add_chunk(self, rows: Row, seconds: Row, start: int) -> None:
        """Fold the ``CHUNK`` rows that begin with row number ``start``."""
        low, high, bad, all_finite = self._reduce(rows)
        newest = self._newest_in(rows, all_finite, start)
        np.maximum(newest[0], self.newest, out=newest[0])
        np.maximum.accumulate(newest, axis=0, out=newest)
        self.newest = newest[-1]

        block, at = self._place(1, start)
        part = slice(at, at + FOLD)
        block.low[:, part], block.high[:, part], block.bad[:, part] = low.T, high.T, bad.T
        block.seconds[part] = seconds[FOLD - 1 :: FOLD]
        block.newest[part] = newest
        level, stop = 2, start + CHUNK
        while stop % FOLD**level == 0:
            self._fold(level, stop - FOLD**level)
            level += 1

    def _newest_in(self, rows: Row, all_finite: Flags | bool, start: int) -> NDArray[np.int64]:
        """The newest row of each ``FOLD`` with each mark, ``(FOLD, marks)``; -1: none."""
        columns = self._columns
        marks = columns.all_finite
        measured = ~np.isnan(rows[:, columns.ends])
        marked = np.empty((CHUNK, marks + 1), np.int8)
        # 1 to FOLD by place in the entry where there is a mark, 0 elsewhere.
        np.multiply(measured[:, :marks] | measured[:, marks:], _PLACES, out=marked[:, :-1])
        np.multiply(all_finite, _PLACES[:, 0], out=marked[:, -1])
        place = marked.reshape(FOLD, FOLD, -1).max(axis=1)
        newest: NDArray[np.int64] = place + np.arange(start - 1, start - 1 + CHUNK, FOLD)[:, None]
        newest[place == 0] = -1
        return newest

    def _reduce(self, rows: Row) -> tuple[Row, Row, Flags, Flags | bool]:
        """Low, high and bad of each ``FOLD`` rows, and which rows are finite throughout."""
        columns = self._columns
        groups = rows.reshape(FOLD, FOLD, columns.size)
        low, high = np.fmin.reduce(groups, axis=1), np.fmax.reduce(groups, axis=1)
        # A sum is finite only if all of it is: cheaper than looking for NaN. One that overflows
        # takes the longer way, which looks again.
        with np.errstate(over="ignore", invalid="ignore"):
            odd = ~np.isfinite(np.add.reduce(rows, axis=0)) & columns.nan_is_bad
        if not (odd.any() or np.isinf(low).any() or np.isinf(high).any()):
            return low, high, np.zeros(low.shape, np.bool_), True
        wrong, groups = columns.wrong(rows), without_infinities(groups)
        low, high = np.fmin.reduce(groups, axis=1), np.fmax.reduce(groups, axis=1)
        bad: Flags = np.logical_or.reduce(wrong.reshape(groups.shape), axis=1)
        return low, high, bad, columns.finite(rows)

    def _fold(self, level: int, start: int) -> None:
        """Make the entry of a level that begins with row ``start`` from the level below."""
        found = self.levels[level - 2].find(start)
        assert found is not None, "the newest block of a level is always kept"
        (low, high, bad, seconds, newest), at = found
        block, to = self._place(level, start)
        part = slice(at, at + FOLD)
        block.low[:, to] = np.fmin.reduce(low[:, part], axis=1)
        block.high[:, to] = np.fmax.reduce(high[:, part], axis=1)
        block.bad[:, to] = bad[:, part].any(axis=1)
        block.seconds[to] = seconds[at + FOLD - 1]
        block.newest[to] = newest[at + FOLD - 1]

    def _place(self, level: int, row: int) -> tuple[Entries, int]:
        """The block and the place of the entry that begins with a row; made if it is missing."""
        if len(self.levels) < level:
            self.levels = (*self.levels, Kept(FOLD**level, BLOCK_ENTRIES))
        kept = self.levels[level - 1]
        found = kept.find(row)
        if found is not None:
            return found
        size, marks = self._columns.size, self._columns.all_finite + 1
        block = Entries(
            low=np.empty((size, BLOCK_ENTRIES)),
            high=np.empty((size, BLOCK_ENTRIES)),
            bad=np.empty((size, BLOCK_ENTRIES), np.bool_),
            seconds=np.empty(BLOCK_ENTRIES),
            newest=np.empty((BLOCK_ENTRIES, marks), np.int64),
        )
        extended = kept.extended(block, self.keep)
        self.levels = (*self.levels[: level - 1], extended, *self.levels[level:])
        return block, row // kept.unit % BLOCK_ENTRIES
