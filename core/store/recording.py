"""A run that is being recorded: its directory, its lock, its database and who writes to it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import takewhile

from ..data.files import LONGEST_PATH
from ..errors import DataError, InputError
from ..history import History
from ..history.pyramid import Columns
from ..kept_checkpoints import KeptCheckpoint
from ..quoting import quoted
from ..record import Event, RunState
from ..run import Run
from ..trainer import Trainer
from . import database
from .checkpoints import StoredCheckpoint, newest
from .control import ControlServer
from .cutting import cut
from .description import Description, Progress
from .file_systems import is_network
from .lock import Lock, LockedError
from .places import Place, new_place, told
from .recorder import Recorder
from .stored_history import StoredHistory
from .verdicts import VerdictLog

DELETED = "its files have been deleted"
SLOW_PLACE = "recording to a network file system: in its safer, slower mode"


class Recording:
    """Records a run until ``finish``.

    Args:
        run: what is recorded.
        place: its directory, which is locked.
        lock: its lock.
        connection: to its database.
        recorder: writes.

    Attributes:
        run: what is recorded.
        place: where.
        lock: of that place.
        notice: what a person should know of how; empty: nothing.
    """

    def __init__(
        self,
        run: Run,
        place: Place,
        lock: Lock,
        connection: sqlite3.Connection,
        recorder: Recorder,
        notice: str = "",
    ) -> None:
        self.run = run
        self.place = place
        self.notice = notice
        self.lock = lock
        self._control: ControlServer | None = None
        self._connection: sqlite3.Connection | None = connection
        self._deleted = False
        self._recorder = recorder
        self._thread = threading.Thread(target=recorder.run, name="recorder", daemon=True)

    @classmethod
    def of_new(cls, run: Run, clock: Callable[[], float] = time.time) -> Recording:
        """Begin to record a run, and what is known of it already, in a directory of its own.

        Raises:
            DataError: nothing can be recorded there: one line.
        """
        try:
            place = new_place(clock)
            lock = Lock(place.lock)
            wal = not is_network(place.directory)
            connection = database.create(place.database, wal=wal)
        except (OSError, sqlite3.Error) as error:
            raise DataError(f"this run cannot be recorded: {told(error)}") from error
        planned = run.status().planned
        layout, facts = run.history.layout, run.facts
        description = Description.of(run.experiment, layout, facts, planned, clock())
        recorder = Recorder(run, connection, clock, description.to_meta())
        return cls(run, place, lock, connection, recorder, "" if wal else SLOW_PLACE)

    @classmethod
    def resumed(
        cls,
        place: Place,
        clock: Callable[[], float] = time.time,
        *,
        paused: bool = False,
        lock: Lock | None = None,
    ) -> Recording:
        """Go on with a run from its last checkpoint; what was recorded after it is recorded anew.

        Args:
            place: of the run.
            clock: seconds since 1970.
            paused: hold it before its next step.
            lock: of the run, from whoever hands it over; None: it is taken here.

        Raises:
            InputError: somebody else writes it, or its experiment cannot be trained here.
            DataError: it cannot be read or written, or has nothing to go on from.
        """
        name = quoted(str(place.database), LONGEST_PATH)
        lock = lock or _locked(place, name)
        with _written_again(place, name, lock) as connection:
            return cls._from_checkpoint(place, name, lock, connection, clock, paused=paused)

    @classmethod
    def _from_checkpoint(
        cls,
        place: Place,
        name: str,
        lock: Lock,
        connection: sqlite3.Connection,
        clock: Callable[[], float],
        *,
        paused: bool,
    ) -> Recording:
        meta = database.read_meta(connection)
        description = Description.from_meta(meta, name)
        progress = Progress.from_meta(meta, name)
        stored = newest(connection, name)
        if stored is None:
            raise DataError(f"{name} has no checkpoint to go on from")
        if stored.checkpoint.diverged:
            raise InputError(f"run {place.id} has diverged: there is nothing to go on with")
        try:
            trainer = Trainer(description.experiment, checkpoint=stored.checkpoint)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise DataError(f"{name}: its checkpoint does not fit its experiment") from error
        if trainer.layout != description.layout:
            raise DataError(f"{name}: other layers or measures than its experiment has here")
        if trainer.state.final:
            raise InputError(f"run {place.id} has finished: all its steps are done")
        count = stored.checkpoint.step + 1 - progress.first_step
        columns = Columns(description.layout)
        connection.execute("BEGIN IMMEDIATE")
        left = cut(connection, columns, count, stored.events, stored.checkpoint.step)
        before = replace(progress, count=count, nonfinite=None, state=RunState.PAUSED)
        database.write_meta(connection, before.to_meta())
        connection.execute("COMMIT")
        try:
            history = StoredHistory(connection, description.layout, name)
            run = Run(trainer, History.going_on(history.snapshot()), paused=paused)
        except ValueError as error:
            raise DataError(f"{name} is damaged where it would go on: {error}") from error
        return cls(run, place, lock, connection, Recorder(run, connection, clock, left=left))

    @classmethod
    def of_fork(cls, place: Place, fork: Run, clock: Callable[[], float] = time.time) -> Recording:
        """Record a run that went back, in place of the one that it came from.

        What was recorded after the step that it went back to is forgotten.

        Args:
            place: of the recording, which has ended.
            fork: nobody drives it yet; what it was asked for is carried out here.
            clock: seconds since 1970.

        Raises:
            DataError, InputError: as for ``resumed``.
        """
        name = quoted(str(place.database), LONGEST_PATH)
        lock = _locked(place, name)
        with _written_again(place, name, lock) as connection:
            snapshot = fork.history.snapshot()
            history = StoredHistory(connection, snapshot.layout, name)
            known = _same(history.snapshot().events, snapshot.events)
            progress = history.progress
            count = min(snapshot.count, progress.count)
            connection.execute("BEGIN IMMEDIATE")
            left = cut(connection, Columns(snapshot.layout), count, known, snapshot.last_step)
            state = fork.status().state
            before = replace(progress, count=count, nonfinite=None, state=state, error="")
            database.write_meta(connection, before.to_meta())
            connection.execute("COMMIT")
            recorder = Recorder(fork, connection, clock, left=left, events=known)
            recording = cls(fork, place, lock, connection, recorder)
            recording.begin_with_checkpoint()
            return recording

    @property
    def diagnosis(self) -> VerdictLog:
        """Of the run, and written down: whoever shows the run need not make it once more."""
        return self._recorder.diagnosis

    @property
    def is_deleted(self) -> bool:
        """Whether somebody has deleted its files: what is written now nobody will find."""
        if self._connection is not None:
            # A directory that was only moved has its lock elsewhere.
            taken_out = self.place.lock.exists() and not self.place.database.exists()
            self._deleted = self.lock.is_deleted or taken_out
        return self._deleted

    @property
    def problem(self) -> str:
        """Why nothing can be kept at the moment; empty: all is well."""
        return DELETED if self.is_deleted else self._recorder.problem

    def start(self) -> None:
        """Write what there is from now on, and take commands from other processes."""
        self._recorder.flush()
        self._thread.start()
        try:
            self._control = ControlServer(
                self.run, self.place.socket, self._recorder.wake, lambda: self.problem
            )
        except OSError as error:
            unheard = f"other processes can watch this run, not command it: {error}"
            self.notice = f"{self.notice}; {unheard}" if self.notice else unheard

    def hand_over(self) -> None:
        """Have ``finish`` leave a run that goes on elsewhere, and ``lock`` to whoever goes on."""
        held = self.run.status().state is RunState.PAUSED
        self._recorder.handed_over = RunState.PAUSED if held else RunState.RUNNING

    def begin_with_checkpoint(self) -> None:
        """Write where the run stands with the first flush; nobody drives it yet."""
        taken: list[KeptCheckpoint] = []
        self.run.keep(taken.append)
        self.run.apply_changes()
        save_now = [StoredCheckpoint(kept.checkpoint, kept.place.events) for kept in taken]
        self._recorder.begin_with(*save_now)

    def finish(self) -> None:
        """Write what is left, with a checkpoint, and close the file; safe to call twice."""
        if self._connection is None:
            return
        if self._control is not None:
            self._control.close()
        self._recorder.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._recorder.finish()
        self._deleted = self.is_deleted
        database.close_for_good(self._connection)
        self._connection = None
        if self._recorder.handed_over is None:
            self.lock.release()


def _locked(place: Place, name: str) -> Lock:
    """The lock of a run that exists.

    Raises:
        InputError: somebody else writes it.
        DataError: it cannot be written.
    """
    try:
        return Lock(place.lock)
    except LockedError as error:
        raise InputError(f"run {place.id} is being written by {error}") from error
    except OSError as error:
        raise DataError(f"{name} cannot be written: {error.strerror}") from error


@contextmanager
def _written_again(place: Place, name: str, lock: Lock) -> Iterator[sqlite3.Connection]:
    """A connection to a run that exists; closed again, and the lock let go, where that fails.

    Raises:
        DataError: it cannot be written.
    """
    with ExitStack() as undone:
        undone.callback(lock.release)
        try:
            connection = database.open_for_writing(
                place.database, wal=not is_network(place.directory)
            )
            undone.callback(connection.close)
            yield connection
        except sqlite3.Error as error:
            raise DataError(f"{name} cannot be written: {error}") from error
        undone.pop_all()


def _same(recorded: Sequence[Event], events: Sequence[Event]) -> int:
    """How many events two histories have in common before they part."""
    pairs = zip(recorded, events, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
