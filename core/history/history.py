"""Everything a run has measured, in bounded memory, ready to be looked at from another thread.

The training thread appends records; any thread takes a ``Snapshot``, which costs nothing and never
changes. Rows are kept for the newest steps and for the first ones; of the others the min/max
pyramid (``pyramid.py``) remains, so that no spike is ever lost and a query costs what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..record import Event, Layout, NonFinite, Row, StepRecord
from .envelope import Envelope
from .pyramid import (
    BLOCK_ENTRIES,
    BLOCK_ROWS,
    CHUNK,
    FOLD,
    B,
    Columns,
    Entries,
    Gap,
    Kept,
    Level,
    Pyramid,
    Rows,
    View,
)
from .snapshot import Snapshot

__all__ = ["Envelope", "History", "Place", "Snapshot"]

KEPT_ROW_VALUES = 1_000_000
KEPT_ENTRY_VALUES = 160_000
"""Values kept as rows, and on each level of the pyramid: 30 MB in all at 200 million steps of 130
columns, and still several entries for every column of a wide screen."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a history stood: of the blocks that it goes on writing, those that were newest then.

    It costs nothing to make, and keeps a block of each level from being forgotten.
    """

    count: int
    """Records."""
    events: int
    rows: Kept[Rows]
    levels: tuple[Kept[Entries], ...]
    newest: NDArray[np.int64]
    """The newest row with each mark."""


class History:
    """The records of one run, appended by one thread.

    Args:
        layout: the columns of every record.
        keep_rows: rows kept of the newest steps, at least, in blocks of 1024; the first block is
            always kept. None: as many as make a million values.
        keep_entries: entries kept of the newest steps on each level of the pyramid, at least, in
            blocks of 256; the first block of each level is always kept. None: likewise.
    """

    def __init__(
        self, layout: Layout, keep_rows: int | None = None, keep_entries: int | None = None
    ) -> None:
        if keep_rows is None:
            keep_rows = KEPT_ROW_VALUES // layout.size
        if keep_entries is None:
            keep_entries = KEPT_ENTRY_VALUES // layout.size
        self.layout = layout
        self._kept = keep_rows, keep_entries
        self._columns = Columns(layout)
        self._keep = _blocks(keep_rows, BLOCK_ROWS)
        # Wherever rows are kept, so are the entries made of them: queries lean on it.
        entries = max(keep_entries, self._keep * BLOCK_ROWS // FOLD)
        self._pyramid = Pyramid(self._columns, _blocks(entries, BLOCK_ENTRIES))
        self._rows: Kept[Rows] = Kept(1, BLOCK_ROWS)
        self._gap: Gap | None = None
        self._view = View(self._rows, ())
        self._values: Row = np.empty((0, layout.size))
        self._seconds: Row = np.empty(0)
        self._first_step = 1
        self._first_measured: dict[str, tuple[int, Row]] = {}
        self._events: list[Event] = []
        self._nonfinite: NonFinite | None = None
        self._count = 0

    def append(self, record: StepRecord, seconds: float) -> None:
        """Add the record of the next step.

        Args:
            record: its step is the last one's plus one; the first may be any.
            seconds: training time at the end of the step, pauses left out.

        Raises:
            ValueError: another layout, or not the next step.
        """
        count = self._count
        if record.layout is not self.layout and record.layout != self.layout:
            raise ValueError("expected a record of this history's layout, got one of another")
        if record.step != self._first_step + count:
            if count:
                raise ValueError(f"expected step {self._first_step + count}, got {record.step}")
            self._first_step = record.step
        at = count % BLOCK_ROWS
        if not at:
            self._add_block()
        self._values[at] = record.row
        self._seconds[at] = seconds
        if record.nonfinite is not None and self._nonfinite is None:
            self._nonfinite = record.nonfinite
        count += 1
        if not count % CHUNK:
            self._fold(count)
        # Readers go by the count: it is published last, when everything below it is in place.
        self._count = count

    def mark(self, event: Event) -> None:
        """Add an event; any thread may."""
        self._events.append(event)

    def snapshot(self) -> Snapshot:
        """What there is now; any thread may take one."""
        while True:
            view = self._view
            count = self._count
            if view is self._view:
                break
        last = self._first_step + count - 1
        nonfinite = self._nonfinite
        return Snapshot(
            layout=self.layout,
            count=count,
            first_step=self._first_step,
            last_step=last,
            events=tuple(self._events),
            nonfinite=nonfinite if nonfinite is not None and nonfinite.step <= last else None,
            _view=view,
            _columns=self._columns,
            _first_measured=self._first_measured,
        )

    def place(self) -> Place:
        """Where it stands; only the thread that appends may ask."""
        levels = tuple(level.newest() for level in self._pyramid.levels)
        return Place(
            self._count, len(self._events), self._rows.newest(), levels, self._pyramid.newest
        )

    def copy(self, place: Place) -> History:
        """A history with all that is still kept of the steps up to a place, to go on from there.

        Any thread may copy while another appends. Blocks that are full are shared, not copied.
        """
        copy = History(self.layout, *self._kept)
        rows, levels = self._rows, self._pyramid.levels
        copied = zip(levels, place.levels, strict=False)
        copy._rows = rows.until(place.rows)
        copy._pyramid.levels = tuple(level.until(newest) for level, newest in copied)
        copy._view = View(copy._rows, copy._pyramid.levels)
        copy._pyramid.newest = place.newest
        if place.count:
            copy._values, copy._seconds = copy._rows.blocks[-1]
        copy._first_step = self._first_step
        copy._first_measured = {
            name: found
            for name, found in dict(self._first_measured).items()
            if found[0] < place.count
        }
        copy._events = self._events[: place.events]
        nonfinite = self._nonfinite
        if nonfinite is not None and nonfinite.step < self._first_step + place.count:
            copy._nonfinite = nonfinite
        copy._count = place.count
        return copy

    @classmethod
    def going_on(cls, snapshot: Snapshot, *keep: int | None) -> History:
        """A history with what a snapshot has, as much of it as is kept, to go on from there.

        Args:
            snapshot: of a history in memory or on a disk.
            keep: as for a new history.

        Raises:
            ValueError: the newest rows or entries are not there to be gone on from.
        """
        history, view, count = cls(snapshot.layout, *keep), snapshot._view, snapshot.count
        history._gap = view.gap
        history._rows = _taken(view.rows, count, history._keep)
        levels = []
        for number, level in enumerate(view.levels, 1):
            entries = view.complete(number, count) // level.unit
            if entries:
                levels.append(_taken(level, entries, history._pyramid.keep))
        history._pyramid.levels = tuple(levels)
        history._view = View(history._rows, history._pyramid.levels, history._gap)
        if levels:
            folded = view.complete(1, count)
            found = levels[0].find(folded - 1)
            assert found is not None, "the newest block has just been taken"
            block, at = found
            history._pyramid.newest = block.newest[at].copy()
        if count:
            history._values, history._seconds = history._rows.blocks[-1]
        history._first_step = snapshot.first_step
        history._first_measured = dict(snapshot._first_measured)
        history._events = list(snapshot.events)
        history._nonfinite = snapshot.nonfinite
        history._count = count
        return history

    def _add_block(self) -> None:
        block = Rows(np.empty((BLOCK_ROWS, self.layout.size)), np.empty(BLOCK_ROWS))
        self._values, self._seconds = block
        self._rows = self._rows.extended(block, self._keep)
        self._view = View(self._rows, self._pyramid.levels, self._gap)

    def _fold(self, count: int) -> None:
        """Fold the chunk of rows that has just become full into the pyramid."""
        start = count - CHUNK
        part = slice(start % BLOCK_ROWS, start % BLOCK_ROWS + CHUNK)
        rows = self._values[part]
        self._pyramid.add_chunk(rows, self._seconds[part], start)
        if len(self._first_measured) < len(self._columns.marks):
            for name in self._columns.marks.keys() - self._first_measured.keys():
                measured = self._columns.measured(rows, name)
                if measured.any():
                    first = int(measured.argmax())
                    values = rows[first, self.layout.columns(name)].copy()
                    self._first_measured[name] = (start + first, values)
        if self._pyramid.levels is not self._view.levels:
            self._view = View(self._rows, self._pyramid.levels, self._gap)


def _blocks(wanted: int, length: int) -> int:
    # The newest block is rarely full.
    return 1 + max(1, -(-wanted // length))


def _taken(level: Level[B], entries: int, keep: int) -> Kept[B]:
    """Of a level of so many rows or entries the first block and the newest, to be written on.

    Raises:
        ValueError: the newest block is not there.
    """
    span = level.unit * level.length
    newest = (entries - 1) // level.length if entries else -1
    blocks: list[B] = []
    while len(blocks) < keep and newest - len(blocks) >= 0:
        found = level.find((newest - len(blocks)) * span)
        if found is None:
            break  # damaged; what is older is taken for forgotten
        blocks.insert(0, found[0])
    if entries and not blocks:
        raise ValueError(f"the newest of {entries} entries of {level.unit} steps are not there")
    if blocks:
        blocks[-1] = blocks[-1].room_for(level.length)
    start = newest + 1 - len(blocks)
    first = level.find(0) if entries else None
    begun = blocks[:1] if start == 0 else [first[0]] if first is not None else []
    return Kept(level.unit, level.length, tuple(begun), start, tuple(blocks))
