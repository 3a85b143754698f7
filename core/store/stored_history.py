"""A history that lies on the disk, with the same snapshots as one in memory.

A snapshot's blocks are read when they are asked for, and a few are kept. A piece whose checksum is
wrong counts as missing: what is asked of it is answered from the coarser entries above it, which
lie elsewhere in the file, and where those are gone too, there is a gap.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from ..errors import DataError
from ..history import Snapshot
from ..history.pyramid import CHUNK, FOLD, Columns, Entries, Gap, Rows
from ..history.pyramid import View as LevelsView
from ..record import Event, Layout, Row
from . import database
from .description import Progress
from .pieces import (
    Place,
    block_length,
    decode_entries,
    decode_rows,
    is_whole,
    join_entries,
    join_rows,
    unit,
)

CACHED_BYTES = 48 << 20
MOST_EVENTS = 100_000
MOST_LEVELS = 12
"""16 ** 12 steps: more than anyone trains."""

CUTS = "cuts"
"""What ``meta`` counts under this: how often rows were taken back, to be recorded anew."""

B = TypeVar("B", Rows, Entries)


@dataclass(frozen=True, slots=True)
class StoredLevel(Generic[B]):
    """One level of a stored history: finds blocks as ``Kept`` does, by reading them."""

    unit: int
    length: int
    count: int
    """Rows or entries that there are."""
    _number: int
    _blocks: _Blocks

    def find(self, row: int) -> tuple[B, int] | None:
        """The block that holds a row and the entry's place in it.

        None where it is damaged, or the row is beyond what there is.
        """
        if row // self.unit >= self.count:
            return None
        number, at = divmod(row // self.unit, self.length)
        block = self._blocks.get(self._number, number, self.count)
        return None if block is None else (cast(B, block), at)

    def kept_from(self, row: int) -> int:
        """The first row at or after ``row`` in a block that can be read."""
        span = self.unit * self.length
        while row < self.count * self.unit and self.find(row) is None:
            # Not block by block: a file may say that there are any number of them.
            number = self._blocks.after(self._number, row // span)
            row = self.count * self.unit if number is None else number * span
        return row


class _Blocks:
    """Reads blocks and keeps those read last."""

    def __init__(self, connection: sqlite3.Connection, columns: Columns) -> None:
        self._connection = connection
        self._columns = columns
        self._cache: OrderedDict[tuple[int, int], tuple[int, Rows | Entries | None]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self.damaged: set[tuple[int, int]] = set()
        """Level and start of every piece found damaged or missing."""

    def get(self, level: int, number: int, count: int) -> Rows | Entries | None:
        """A block with what it has when there are ``count`` on its level; None: damaged."""
        with self._lock:  # a file is exported by a thread of its own
            return self._get(level, number, count)

    def _get(self, level: int, number: int, count: int) -> Rows | Entries | None:
        first = number * block_length(level)
        wanted = min(count - first, block_length(level))
        if number < 0 or wanted <= 0:
            return None
        known = self._cache.get((level, number))
        if known is not None and known[0] >= wanted:
            self._cache.move_to_end((level, number))
            return known[1]
        length, block = known if known is not None and known[1] is not None else (0, None)
        if block is not None:
            block, length = self._read(level, first, length, block)
        if length < wanted:  # nothing is known of it, or its pieces have become one since
            block, length = self._read(level, first)
        if length < wanted:
            self.damaged.add((level, first + length))  # it may be that nothing leads to it any more
        found = block if length >= wanted else None
        self._keep((level, number), max(length, wanted), found)
        return found

    def after(self, level: int, number: int) -> int | None:
        """The next block of a level of which there is something; None: there is none."""
        query = "SELECT min(start) FROM piece WHERE level=? AND start>=?"
        length = block_length(level)
        try:
            start = database.fetch(self._connection, query, level, (number + 1) * length)[0][0]
        except sqlite3.DatabaseError:
            self.damaged.add((level, number * length))
            return None
        return start // length if isinstance(start, int) else None

    def forget(self) -> None:
        """What was read may have been written anew."""
        with self._lock:
            self._cache.clear()
            self._bytes = 0
            self.damaged.clear()

    def _keep(self, key: tuple[int, int], length: int, block: Rows | Entries | None) -> None:
        old = self._cache.pop(key, (0, None))[1]
        self._bytes += _size(block) - _size(old)
        self._cache[key] = (length, block)
        while self._bytes > CACHED_BYTES and len(self._cache) > 1:
            self._bytes -= _size(self._cache.popitem(last=False)[1][1])

    def _read(
        self, level: int, first: int, known: int = 0, begun: Rows | Entries | None = None
    ) -> tuple[Rows | Entries | None, int]:
        """What there is of a block without a hole, and how much that is.

        Args:
            level: of the block.
            first: its first row or entry.
            known: how much of it was read before.
            begun: that much; None: nothing.
        """
        query = (
            "SELECT start, length, crc32, data FROM piece WHERE level=? AND start>=? AND start<? "
            "ORDER BY start"
        )
        stop = first + block_length(level)
        rows: list[Rows] = [begun] if isinstance(begun, Rows) else []
        entries: list[Entries] = [begun] if isinstance(begun, Entries) else []
        at = first + known
        for start, length, crc, data in self._fetch(query, level, at, stop):
            whole = is_whole(Place(level, start, length), self._columns, crc, data)
            if not whole:
                self.damaged.add((level, start if isinstance(start, int) else -1))
            if not whole or start != at:
                break
            at += length
            if level:
                entries.append(decode_entries(data, length, self._columns)[0])
            else:
                rows.append(decode_rows(data, length, self._columns))
        if at == first:
            return None, 0
        return (join_entries(entries) if level else join_rows(rows)), at - first

    def _fetch(self, query: str, level: int, first: int, stop: int) -> list[tuple[Any, ...]]:
        try:
            return database.fetch(self._connection, query, level, first, stop)
        except sqlite3.DatabaseError:
            self.damaged.add((level, first))
            return []


class StoredHistory:
    """The history of a run on the disk, which somebody else may be writing.

    Args:
        connection: for reading; owned by this object's callers, used from one thread at a time.
        layout: the columns.
        where: the file, for messages.
    """

    def __init__(self, connection: sqlite3.Connection, layout: Layout, where: str) -> None:
        self.layout = layout
        self.problem = ""
        """Why it cannot be read at the moment, though it could be once; empty: it can."""
        self._connection = connection
        self._where = where
        self._columns = Columns(layout)
        self._blocks = _Blocks(connection, self._columns)
        self._gap = Gap(self._columns)
        self._version = -1
        self._snapshot: Snapshot | None = None
        self.progress: Progress
        self._first_measured: dict[str, tuple[int, Row]] = {}
        self._events: tuple[Event, ...] = ()
        self._last_event = 0
        self._cuts = 0

    @property
    def damaged(self) -> int:
        """Pieces and events found damaged or missing so far."""
        expected = min(self.progress.events, MOST_EVENTS)
        return len(self._blocks.damaged) + max(expected - len(self._events), 0)

    def snapshot(self) -> Snapshot:
        """What there is now; the same object until something has been written.

        What could be read once is given again while nothing newer can be read: then ``problem``
        says why.

        Raises:
            DataError, sqlite3.DatabaseError: it could not be read even once.
        """
        before = self._snapshot
        try:
            version = int(database.fetch(self._connection, "PRAGMA data_version")[0][0])
            if before is None or version != self._version:
                self._snapshot = self._taken()
                self._version = version
        except (DataError, sqlite3.DatabaseError) as error:
            if before is None:
                raise
            self.problem = str(error)
            return before
        self.problem = ""
        assert self._snapshot is not None, "it was taken"
        return self._snapshot

    def _taken(self) -> Snapshot:
        meta = database.read_meta(self._connection)
        progress = Progress.from_meta(meta, self._where)
        if cuts(meta) != self._cuts:
            self._blocks.forget()
            self._events, self._last_event = (), 0
            self._first_measured = {}
            self._cuts = cuts(meta)
        self.progress = progress
        self._read_events()
        # Of folded rows only: what comes after is looked for in the rows themselves.
        self._find_first_measured(self._view(progress.count), progress.count)
        return self._until(progress.count, self._events)

    def until(self, step: int) -> Snapshot:
        """What there was when a step was done; nothing of what came after it."""
        whole = self.snapshot()
        count = min(max(step - whole.first_step + 1, 0), whole.count)
        if count == whole.count:
            return whole
        return self._until(count, tuple(event for event in self._events if event.step <= step))

    def _until(self, count: int, events: tuple[Event, ...]) -> Snapshot:
        progress = self.progress
        last = progress.first_step + count - 1
        nonfinite = progress.nonfinite
        return Snapshot(
            layout=self.layout,
            count=count,
            first_step=progress.first_step,
            last_step=last,
            events=events,
            nonfinite=nonfinite if nonfinite is not None and nonfinite.step <= last else None,
            _view=self._view(count),
            _columns=self._columns,
            _first_measured=self._first_measured,
        )

    def _view(self, count: int) -> LevelsView:
        rows: StoredLevel[Rows] = self._level(0, count)
        levels: list[StoredLevel[Entries]] = []
        for level in range(1, MOST_LEVELS):
            if not whole_entries(level, count):
                break
            levels.append(self._level(level, whole_entries(level, count)))
        return LevelsView(rows, tuple(levels), self._gap)

    def _level(self, level: int, there: int) -> StoredLevel[Any]:
        return StoredLevel(unit(level), block_length(level), there, level, self._blocks)

    def _find_first_measured(self, view: LevelsView, count: int) -> None:
        """Of each scheduled metric the first row that has it; those of folded rows only."""
        folded = count - count % CHUNK
        for name, mark in self._columns.marks.items():
            if name in self._first_measured or not folded:
                continue
            row = _first_marked(view, mark, folded)
            found = None if row is None else view.rows.find(row)
            if row is not None and found is not None:
                block, at = found
                rows = block.values[at : at + FOLD]
                first = int(self._columns.measured(rows, name).argmax())
                values = rows[first, self.layout.columns(name)].copy()
                self._first_measured[name] = (row + first, values)

    def _read_events(self) -> None:
        query = "SELECT id, step, kind, text, crc32 FROM event WHERE id>? ORDER BY id LIMIT ?"
        room = MOST_EVENTS - len(self._events)
        new = database.fetch(self._connection, query, self._last_event, room)
        self._events += tuple(
            Event(*columns) for _, *columns, crc in new if database.is_whole(crc, *columns)
        )
        self._last_event = new[-1][0] if new else self._last_event


def cuts(meta: Mapping[str, str]) -> int:
    """How often rows of a run were taken back: what was read of it before may be another now."""
    said = meta.get(CUTS, "")
    return int(said) if said.isdecimal() and len(said) < 10 else 0


def whole_entries(level: int, count: int) -> int:
    """Entries of a level that so many rows make; rows are folded a chunk at a time."""
    whole = count - count % max(CHUNK, unit(level)) if level else count
    return whole // unit(level)


def _first_marked(view: LevelsView, mark: int, folded: int) -> int | None:
    """The row at which the first entry of level 1 with a mark begins; None where there is none."""
    row = 0
    for level in range(len(view.levels), 0, -1):
        kept = view.levels[level - 1]
        # An entry of the level above has it first: of those below it one must.
        stop = folded if level == len(view.levels) else row + FOLD * kept.unit
        while row < min(stop, view.complete(level, folded)):
            found = kept.find(row)
            if found is not None and found[0].newest[found[1], mark] >= 0:
                break
            row += kept.unit
        else:
            if level == 1:
                return None
    return row


def _size(block: Rows | Entries | None) -> int:
    return 0 if block is None else sum(part.nbytes for part in block)
