"""A run that lies on the disk, open for reading, whoever may be writing it."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import asdict
from enum import StrEnum

from ... import __version__
from ..data.files import LONGEST_PATH
from ..errors import DataError
from ..machine import this_machine
from ..quoting import quoted
from ..record import RunState
from . import database
from .description import Description, Progress
from .exactness import why_inexact
from .lock import holder
from .places import Place, find_place
from .stored_history import StoredHistory
from .verdicts import StoredDiagnosis

READ_ONLY = "this run can only be looked at: its directory cannot be written to"


class Life(StrEnum):
    """What a stored run is doing, as its file says and as its lock shows."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    DIVERGED = "diverged"
    STOPPED = "stopped"
    FAILED = "failed"
    DEAD = "dead"
    """Its last word is that it goes on, and nobody writes it any more."""
    GONE = "gone"
    """Its files are no longer where they were: what it does now cannot be told."""

    @property
    def live(self) -> bool:
        """Whether a process trains it."""
        return self in (Life.READY, Life.RUNNING, Life.PAUSED)


class StoredRun:
    """A run on the disk.

    It is used from one thread at a time.

    Args:
        place: of the run.

    Attributes:
        place: of the run.
        description: what does not change.
        history: what was recorded so far; takes in what is being recorded.
        notice: what a person should know of how it was opened; empty: nothing.

    Raises:
        DataError: it is no run, or cannot be read: one line.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        where = quoted(str(place.database), LONGEST_PATH)
        self._connection = database.open_for_reading(place.database)
        try:
            self._file = os.stat(place.database)
            self.description = Description.from_meta(database.read_meta(self._connection), where)
            self.history = StoredHistory(self._connection, self.description.layout, where)
            self.history.snapshot()
        except OSError as error:
            self._connection.close()
            raise DataError(f"{where} cannot be read: {error.strerror}") from error
        except sqlite3.Error as error:
            self._connection.close()
            raise DataError(f"{where} is damaged: {error}; {database.REPAIR}") from error
        except BaseException:
            self._connection.close()
            raise
        effective = os.access in os.supports_effective_ids
        writable = os.access(place.directory, os.W_OK, effective_ids=effective)
        self.notice = "" if writable else READ_ONLY

    @classmethod
    def wanted(cls, word: str) -> StoredRun:
        """The run that a person means by an id, the beginning of one, a name or a path.

        Raises:
            InputError: there is none, or several.
            DataError: it cannot be read.
        """
        return cls(find_place(word, name_of))

    @property
    def progress(self) -> Progress:
        """How far it was when it was last written, as far as that can be read."""
        self.history.snapshot()
        return self.history.progress

    @property
    def writer(self) -> int | None:
        """The process that writes it; 0: one that does not say who it is; None: nobody does."""
        return holder(self.place.lock)

    @property
    def life(self) -> Life:
        """What it is doing."""
        # In this order: a run that ends meanwhile has said so before it lets go of its lock.
        written = self.writer is not None
        state = self.progress.state
        return Life.GONE if self.gone and not state.final else life_of(state, written=written)

    @property
    def gone(self) -> bool:
        """Whether its file is no longer where it was: deleted, moved or another one."""
        try:
            return not os.path.samestat(self._file, os.stat(self.place.database))
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:  # it may be there: who may not see it does not know
            return False

    def diagnosis(self) -> StoredDiagnosis:
        """What was found in it, by step."""
        return StoredDiagnosis(self._connection)

    def why_inexact(self) -> str:
        """What is different here, so that going on may change last bits; empty: nothing."""
        then = self.description
        return why_inexact(then.machine, asdict(this_machine()), then.version, __version__)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def life_of(state: RunState, *, written: bool) -> Life:
    """What a run is doing, by its last word and by whether somebody writes it."""
    return Life(state) if written or state.final else Life.DEAD


def name_of(place: Place) -> str:
    """The name of a run's experiment; empty where it cannot be read."""
    try:
        connection = database.open_for_reading(place.database)
    except DataError:
        return ""
    try:
        return database.read_meta(connection, "name").get("name", "")
    except sqlite3.Error:
        return ""
    finally:
        connection.close()
