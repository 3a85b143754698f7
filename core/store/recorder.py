"""Writing a live run to its database, a few times a second, from a thread of its own.

The recorder pulls, as a screen does: it takes a snapshot of the history and writes what is new, all
of it in one transaction. The training thread knows nothing of it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from time import monotonic, thread_time
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from ..errors import DataError
from ..findings import Facts, Finding
from ..history import History, Snapshot
from ..history.pyramid import Columns, Entries, Level, Rows
from ..kept_checkpoints import KeptCheckpoint
from ..record import Event, RunState
from ..source import RunStatus
from . import database
from .checkpoints import StoredCheckpoint, save
from .description import Progress
from .pieces import Place, block_length, checksum, encode_entries, encode_rows, unit
from .summaries import Summaries, resume_summaries
from .verdicts import VerdictLog, newest_row

CHECKPOINT_SECONDS = 2.0
"""Between two checkpoints: the training that a kill may cost, beyond what is measured."""
CHECKPOINT_BYTES_PER_SECOND = 5e6
"""What checkpoints of large networks may take at most."""
CHECKPOINT_SHARE = 0.02
"""Of a processor's time that checkpoints may take at most."""
MOST_PIECES = 16
"""That a full block may stay in: to write its pieces anew as one costs as much as they did, and a
reader hardly more for sixteen of them than for one."""

B = TypeVar("B")


class RecordedRun(Protocol):
    """What a recorder must know of a run."""

    history: History
    facts: Facts

    def status(self) -> RunStatus:
        """Where the run stands."""

    def keep(self, answer: Callable[[KeptCheckpoint], None]) -> None:
        """Have a checkpoint taken before the next step; of a run that has ended, at once."""


INTERVAL = 0.2
"""Seconds from one look at the history to the next, however long it takes to write."""
LEAST_PAUSE = 0.02
"""Seconds from writing to the next look at least, however slow the disk is."""


class Recorder:
    """Records one run; however often ``flush`` is called, each row is written once.

    Args:
        run: nothing of it has been recorded, or it goes on from where ``left`` says.
        connection: to its database, the only one that writes.
        clock: seconds since 1970.
        description: goes into ``meta`` with the first flush.
        left: rows or entries of each level that are in the database already.
        events: events that are; None: with ``left`` all that there are, otherwise none.
        processor: seconds of processor that the calling thread has had.

    Attributes:
        diagnosis: of the run; for whoever shows it, too.
        problem: why nothing can be written at the moment; empty: all is well.
    """

    def __init__(
        self,
        run: RecordedRun,
        connection: sqlite3.Connection,
        clock: Callable[[], float] = time.time,
        description: Mapping[str, str] = MappingProxyType({}),
        left: Sequence[int] = (),
        events: int | None = None,
        processor: Callable[[], float] = thread_time,
    ) -> None:
        self._run = run
        self._description: Mapping[str, str] = description
        self._connection = connection
        self._clock = clock
        self._processor = processor
        self._columns = Columns(run.history.layout)
        self._summaries = Summaries(self._columns.size)
        resume_summaries(self._summaries, connection, self._columns, left)
        self._written: list[int] = list(left)
        known = len(run.history.snapshot().events) if left else 0
        self._events = known if events is None else events
        self.diagnosis = VerdictLog(run.facts, newest_row(connection))
        self._last: object = None
        self._state = RunState.READY
        self._checkpoint: StoredCheckpoint | None = None
        self._next_checkpoint = 0.0
        self._looked = 0.0
        self._updated = _last_written(connection) if left else 0.0
        self.problem = ""
        self.handed_over: RunState | None = None
        """What a run that is stopped here does elsewhere; None: it ends here."""
        self._stopping = False
        self._woken = threading.Event()
        self._lock = threading.Lock()

    def begin_with(self, *checkpoints: StoredCheckpoint) -> None:
        """Have the first flush write a checkpoint that was taken already."""
        for checkpoint in checkpoints:
            self._checkpoint = checkpoint

    def run(self) -> None:
        """Flush every ``INTERVAL`` until ``stop``; blocks.

        A kill costs at most what has happened since the look that was last written: from look to
        look, and as long as writing takes.
        """
        pause = INTERVAL
        while True:
            self._woken.wait(pause)
            self._woken.clear()
            if self._stopping:
                return
            looked = monotonic()
            try:
                self.flush()
            except Exception as error:
                # Of a thread of its own nobody hears: the screen shows the problem.
                self.problem = f"{type(error).__name__}: {error}"
            pause = max(INTERVAL - (monotonic() - looked), LEAST_PAUSE)

    def stop(self) -> None:
        """Have ``run`` return; nothing is written any more."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """Have ``run`` flush now."""
        self._woken.set()

    def flush(self) -> bool:
        """Write what is new, all or nothing; False where it could not be written.

        What could not be written is written by the next flush that can.
        """
        with self._lock:
            snapshot, status = self._run.history.snapshot(), self._run.status()
            self._ask_checkpoint(status)
            checkpoint = self._checkpoint
            if checkpoint is not None and checkpoint.checkpoint.step > snapshot.last_step:
                checkpoint = None  # it goes with the steps before it, in one transaction
            now = (
                snapshot.count,
                len(snapshot.events),
                status.state,
                status.learning_rate,
                status.pace,
                status.clip_norm,
            )
            if now == self._last and checkpoint is None and not self.problem:
                return True
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                written = self._pieces(snapshot)
                self._new_events(snapshot)
                findings = self.diagnosis.update(snapshot)
                self.diagnosis.write(self._connection, snapshot.count)
                began = self._processor()
                if checkpoint is not None:
                    save(self._connection, checkpoint, snapshot.seconds)
                meta = self._progress(snapshot, status, findings).to_meta()
                database.write_meta(self._connection, {**self._description, **meta})
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self.problem = str(error)
                return False
            finally:
                if self._connection.in_transaction:  # it was not committed
                    self._connection.execute("ROLLBACK")
            self._written, self._events = written, len(snapshot.events)
            self.diagnosis.written()
            for level, entries in enumerate(written[1:], 1):
                # A block that is not full yet is written anew once it is.
                self._summaries.forget(level, entries - entries % block_length(level))
            if checkpoint is not None:
                spent = self._processor() - began
                self._put_off(self._clock() + spent / CHECKPOINT_SHARE)
            if self._checkpoint is checkpoint:
                self._checkpoint = None
            self._description = {}
            self._last, self.problem = now, ""
            return True

    def finish(self) -> bool:
        """Write what is left, with a checkpoint of where the run has ended."""
        self._next_checkpoint = 0.0
        return self.flush()

    def _ask_checkpoint(self, status: RunStatus) -> None:
        """Have one taken on a schedule, and whenever the run has been held or has ended."""
        now = self._clock()
        if now < self._looked:  # the clock was set back
            self._next_checkpoint = now
        self._looked = now
        changed = status.state is not self._state
        self._state = status.state
        still = status.state is RunState.PAUSED or status.state.final
        if (changed and still) or (status.step and now >= self._next_checkpoint):
            self._next_checkpoint = now + CHECKPOINT_SECONDS
            self._run.keep(self._take)

    def _take(self, kept: KeptCheckpoint) -> None:
        self._checkpoint = StoredCheckpoint(kept.checkpoint, kept.place.events)
        self._put_off(self._clock() + kept.checkpoint.nbytes / CHECKPOINT_BYTES_PER_SECOND)

    def _put_off(self, until: float) -> None:
        """Have no checkpoint taken on the schedule before that time."""
        self._next_checkpoint = max(self._next_checkpoint, until)

    def _pieces(self, snapshot: Snapshot) -> list[int]:
        """Insert the new rows and entries; how many of each level are in the database then."""
        count, view = snapshot.count, snapshot._view
        for start, rows, at, length in _following(view.rows, [self._summaries.next], 0, count):
            self._summaries.add(start, rows.values[at : at + length])
        levels: tuple[Level[Any], ...] = (view.rows, *view.levels)
        stops = [view.complete(level, count) // unit(level) for level in range(len(levels))]
        for level, (kept, stop) in enumerate(zip(levels, stops, strict=True)):
            for start, block, at, length in _following(kept, self._written, level, stop):
                if (
                    at + length == block_length(level)
                    and self._pieces_from(level, start - at) >= MOST_PIECES
                ):
                    # The block is full: its pieces become one.
                    start, at, length = start - at, 0, at + length
                    query = "DELETE FROM piece WHERE level=? AND start>=?"
                    self._connection.execute(query, (level, start))
                self._insert(Place(level, start, length), block, at)
        return stops

    def _pieces_from(self, level: int, start: int) -> int:
        query = "SELECT count(*) FROM piece WHERE level=? AND start>=?"
        return int(self._connection.execute(query, (level, start)).fetchone()[0])

    def _insert(self, place: Place, block: Rows | Entries, at: int) -> None:
        part = slice(at, at + place.length)
        if isinstance(block, Rows):
            data = encode_rows(block.values[part], block.seconds[part])
        else:
            low, high, bad = block.low[:, part], block.high[:, part], block.bad[:, part]
            entries = Entries(low, high, bad, block.seconds[part], block.newest[part])
            summary = self._summaries.of(place.level, place.start, place.length)
            data = encode_entries(entries, summary)
        crc = checksum(place, self._columns, data)
        self._connection.execute(
            "INSERT OR REPLACE INTO piece VALUES (?, ?, ?, ?, ?)",
            (place.level, place.start, place.length, crc, data),
        )

    def _new_events(self, snapshot: Snapshot) -> None:
        for columns in map(_columns_of, snapshot.events[self._events :]):
            self._connection.execute(
                "INSERT INTO event (step, kind, text, crc32) VALUES (?, ?, ?, ?)",
                (*columns, database.text_checksum(*columns)),
            )

    def _progress(
        self, snapshot: Snapshot, status: RunStatus, findings: Sequence[Finding]
    ) -> Progress:
        stopped = status.state is RunState.STOPPED
        # Of two the later one holds, also where the clock was set back between them.
        self._updated = max(self._updated, self._clock())
        return Progress(
            state=self.handed_over or status.state if stopped else status.state,
            first_step=snapshot.first_step,
            count=snapshot.count,
            seconds=snapshot.seconds,
            updated=self._updated,
            learning_rate=status.learning_rate,
            findings=tuple(finding.kind for finding in findings),
            nonfinite=snapshot.nonfinite,
            error=status.error,
            loss=float(snapshot.latest("loss")),
            events=len(snapshot.events),
            pace=status.pace,
            clip_norm=status.clip_norm,
            probe_share=status.probe_share,
        )


def _last_written(connection: sqlite3.Connection) -> float:
    """When a run was written last, as the clock was then; 0 where that cannot be told."""
    try:
        updated = Progress.from_meta(database.read_meta(connection, "progress"), "").updated
    except DataError:
        return 0.0
    return updated if isfinite(updated) else 0.0


def _columns_of(event: Event) -> tuple[int, str, str]:
    return event.step, event.kind, database.storable(event.text)


def _following(
    kept: Level[B], written: list[int], level: int, stop: int
) -> Iterator[tuple[int, B, int, int]]:
    """What of a level is not written yet, block by block: start, block, place in it, length.

    What memory has dropped meanwhile is passed over: it will be missing on this level.
    """
    at = written[level] if level < len(written) else 0
    while (at := kept.kept_from(at * unit(level)) // unit(level)) < stop:
        found = kept.find(at * unit(level))
        assert found is not None, "kept_from gave one that is kept"
        block, place = found
        length = min(stop - at, block_length(level) - place)
        yield at, block, place, length
        at += length
