"""The list of runs: of each what it says of itself, read from its ``meta`` alone.

So hundreds of them, however long, are listed at once. What lies among them and is no run, or cannot
be read, is listed as that.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isnan, nan
from stat import S_ISREG
from typing import Any

from ..errors import DataError
from . import database
from .description import Progress
from .lock import holder
from .places import DATABASE, Place, named_places
from .stored_run import Life, life_of

_Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run of a list, or what lies in its place."""

    place: Place
    problem: str = ""
    """Why nothing can be told of it, in one line; empty: it is a run."""
    life: Life | None = None
    """None where there is a problem."""
    name: str = ""
    """Of its experiment, as it was given."""
    started: float = nan
    """Seconds since 1970."""
    steps: int = 0
    """Done; how many were to do: ``planned``."""
    planned: int = 0
    loss: float = nan
    """The last one."""
    findings: tuple[str, ...] = ()
    """Kinds of the findings that stand."""

    @property
    def live(self) -> bool:
        """Whether a process trains it."""
        return self.life is not None and self.life.live

    def matches(self, words: str) -> bool:
        """Whether each of the words is somewhere in its name, id, state or findings."""
        state = self.life.value if self.life else self.problem
        findings = " ".join(self.findings).replace("_", " ")
        text = f"{self.name} {self.place.id} {state} {findings}".casefold()
        return all(word in text for word in words.casefold().split())


def _last_if_unknown(loss: float) -> float:
    return inf if isnan(loss) else loss


SORTS: dict[str, Callable[[ListedRun], Any]] = {
    "started": lambda run: "",
    "id": lambda run: run.place.id,
    "name": lambda run: (run.life is None, run.name.casefold()),
    "state": lambda run: list(Life).index(run.life) if run.life else len(Life),
    "steps": lambda run: (run.life is None, -run.steps),
    "loss": lambda run: _last_if_unknown(run.loss),
    "findings": lambda run: (run.life is None, -len(run.findings)),
}
"""What a list can be sorted by; among equals the newest comes first."""


class RunList:
    """All runs there are; read again, only what has changed since is read."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_Stamp, ListedRun]] = {}

    def read(self) -> tuple[ListedRun, ...]:
        """The runs, newest first.

        Raises:
            DataError: the directory that they lie in cannot be read: one line.
        """
        places = named_places()
        known, self._known = self._known, {}
        for place in places:
            stamp = _stamp(place)
            before = known.get(place.id)
            if before is not None and before[0] == stamp and not before[1].live:
                self._known[place.id] = before
            else:
                now = listed(place)
                if now.problem and not os.path.lexists(place.directory):
                    continue  # it was deleted meanwhile
                self._known[place.id] = stamp, now
        return tuple(run for _, run in self._known.values())


def listed(place: Place) -> ListedRun:
    """What a list says of one place."""
    try:
        if not S_ISREG(place.database.stat().st_mode):
            return ListedRun(place, f"not a run: its {DATABASE} is no file")
    except FileNotFoundError:
        return ListedRun(place, f"not a run: it has no {DATABASE}")
    except OSError as error:
        return ListedRun(place, f"it cannot be read: {error.strerror}")
    written = holder(place.lock) is not None  # first: a run that ends meanwhile has said so
    try:
        connection = database.open_for_reading(place.database)
    except DataError as error:
        return ListedRun(place, str(error))
    try:
        meta = database.read_meta(connection, "name", "started", "planned", "progress")
        progress = Progress.from_meta(meta, place.id)
        return ListedRun(
            place,
            life=life_of(progress.state, written=written),
            name=meta["name"],
            started=float(meta["started"]),
            steps=progress.first_step + progress.count - 1 if progress.count else 0,
            planned=int(meta["planned"]),
            loss=progress.loss,
            findings=progress.findings,
        )
    except (sqlite3.Error, DataError) as error:
        return ListedRun(place, str(error))
    except (KeyError, ValueError) as error:
        return ListedRun(place, f"{place.id}: its description is damaged: {error}")
    finally:
        connection.close()


def _stamp(place: Place) -> _Stamp:
    """What tells that something was written: of each of its files, size and time."""
    found = []
    logs = (place.database.with_name(place.database.name + end) for end in database.LOGS)
    for path in (place.database, place.lock, *logs):
        try:
            status = path.stat()
        except OSError:
            found.append((-1, -1))
        else:
            found.append((status.st_size, status.st_mtime_ns))
    return tuple(found)
