"""A run that is being recorded: its directory, its lock, its database and who writes to it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable

from ..errors import DataError
from ..run import Run
from . import database
from .description import Description
from .file_systems import is_network
from .lock import Lock
from .places import Place, new_place
from .recorder import Recorder


class Recording:
    """Records a run from its first step to its end, in a directory of its own.

    Args:
        run: nothing of it is done yet.
        clock: seconds since 1970.

    Attributes:
        place: where.

    Raises:
        DataError: nothing can be recorded there: one line.
    """

    def __init__(self, run: Run, clock: Callable[[], float] = time.time) -> None:
        try:
            self.place: Place = new_place(clock)
            self._lock = Lock(self.place.lock)
            wal = not is_network(self.place.directory)
            connection = database.create(self.place.database, wal=wal)
        except (OSError, sqlite3.Error) as error:
            raise DataError(f"this run cannot be recorded: {error}") from error
        self.notice = "" if wal else "recording to a network file system, in its safer, slower mode"
        facts, planned = run.facts, run.status().planned
        description = Description.of(
            run.experiment, run.history.layout, facts, planned, started=clock()
        )
        self._connection: sqlite3.Connection | None = connection
        self.recorder = Recorder(run, connection, clock, description.to_meta())
        self._thread = threading.Thread(target=self.recorder.run, name="recorder", daemon=True)

    def start(self) -> None:
        """Write what there is from now on."""
        self.recorder.flush()
        self._thread.start()

    def finish(self) -> None:
        """Write what is left and close the file; safe to call twice."""
        if self._thread.is_alive():
            self.recorder.stop()
            self._thread.join()
        if self._connection is not None:
            database.close_for_good(self._connection)
            self._lock.release()
            self._connection = None
