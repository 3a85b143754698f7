"""What the diagnosis said of a run at each of its checks, kept with the run.

To diagnose is to walk over all rows, which a reader of a long run cannot afford. Whoever records a
run has walked over them already, and writes down what has changed from check to check. So a stored
run shows at any of its steps what was known there, and nothing that came later.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from math import isfinite
from threading import Lock
from typing import Any, TypeVar

from ..diagnosis import Diagnosis, marked
from ..findings import FINDING_KINDS, Facts, Finding, Severity, Undecided
from ..history import Snapshot
from ..plain import plain
from ..record import Event
from . import database

FINDINGS, EVENTS, TURN = "findings", "events", "turn"
"""Kinds of entries: what stands and what cannot be told; what has happened; that other findings
stand than before."""
MOST_PENDING = 4096
"""Entries that wait for a disk that takes none; beyond it they are kept half as densely."""
MOST_ENTRIES = 100_000
"""Of what has happened, and of turns, that are read."""

T = TypeVar("T")
_Entry = tuple[str, int, str]
"""Kind, row, and what was said."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said at a check."""

    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()


class VerdictLog:
    """Diagnoses a run while it is recorded, and writes down what was said.

    Whoever shows the run meanwhile asks this diagnosis too, from any thread: whichever comes first
    looks at what is new.

    Args:
        facts: of the run.
        after: the newest row of which something is written down already; -1: none.

    Attributes:
        undecided: what cannot be told, and why; as of the last update.
    """

    def __init__(self, facts: Facts, after: int = -1) -> None:
        self._diagnosis = Diagnosis(facts)
        self._after = after
        self._said: Verdict | None = None
        self._kinds: tuple[str, ...] = ()
        self._events = 0
        self._pending: list[_Entry] = []
        self._writing: list[_Entry] = []
        self._lock = Lock()
        self.undecided: tuple[Undecided, ...] = ()

    def marked(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what was found to have happened among its events."""
        return self._diagnosis.marked(snapshot)

    def update(self, snapshot: Snapshot) -> tuple[Finding, ...]:
        """Look at what is new; the findings that stand now."""
        with self._lock:
            findings = self._update(snapshot)
            self.undecided = self._diagnosis.undecided
            return findings

    def _update(self, snapshot: Snapshot) -> tuple[Finding, ...]:
        diagnosis = self._diagnosis
        for step in diagnosis.walk(snapshot):
            row = step - snapshot.first_step
            new, self._events = diagnosis.events[self._events :], len(diagnosis.events)
            kinds = tuple(finding.kind for finding in diagnosis.findings)
            turned, self._kinds = kinds != self._kinds, kinds
            if row <= self._after:
                continue
            said = Verdict(diagnosis.findings, diagnosis.undecided)
            if said != self._said:
                self._said = said
                self._pending.append((FINDINGS, row, encode(said)))
            if new:
                self._pending.append((EVENTS, row, _text(new)))
            if turned:
                self._pending.append((TURN, row, _text(kinds)))
            if len(self._pending) > MOST_PENDING:
                self._pending = _thinned(self._pending)
        return diagnosis.findings

    def write(self, connection: sqlite3.Connection, rows: int) -> None:
        """Insert what is not written yet of so many rows; inside the caller's transaction."""
        with self._lock:
            # Somebody may have looked further since.
            self._writing += [each for each in self._pending if each[1] < rows]
            self._pending = [each for each in self._pending if each[1] >= rows]
            if len(self._writing) > MOST_PENDING:
                self._writing = _thinned(self._writing)
        connection.executemany(
            "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?)",
            [(kind, row, _checksum(kind, row, said), said) for kind, row, said in self._writing],
        )

    def written(self) -> None:
        """The transaction is done: what was inserted need not be kept."""
        self._writing.clear()


def _thinned(entries: list[_Entry]) -> list[_Entry]:
    newest = len(entries) - 1
    return [
        each for at, each in enumerate(entries) if each[0] != FINDINGS or (newest - at) % 2 == 0
    ]


class StoredDiagnosis:
    """What was said of a stored run: a diagnosis that can be asked about any step.

    Args:
        connection: to its database, for reading.

    Attributes:
        events: what had happened by the step that was asked about last.
        undecided: what could not be told there.
        damaged: rows of which what was said cannot be read, of those that were asked for; -1: the
            turns.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last: tuple[object, Verdict] = (None, Verdict())
        self.events: tuple[Event, ...] = ()
        self.undecided: tuple[Undecided, ...] = ()
        self.damaged: set[int] = set()

    def update(self, snapshot: Snapshot) -> tuple[Finding, ...]:
        """The findings that stood at the end of a snapshot, causes first."""
        if not snapshot.count:
            self.events, self.undecided = (), ()
            return ()
        row = snapshot.count - 1
        verdict = self._at(row)
        self.undecided = verdict.undecided
        query = "SELECT row, crc32, data FROM verdict WHERE kind=? AND row<=? ORDER BY row LIMIT ?"
        entries = self._fetch(row, query, EVENTS, row, MOST_ENTRIES)
        said = (self._read(EVENTS, decode_events, *entry) or () for entry in entries)
        self.events = tuple(event for events in said for event in events)
        return verdict.findings

    def marked(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with ``events`` among its own."""
        return marked(snapshot, self.events)

    def turns(self) -> tuple[int, ...]:
        """Every row at which other findings stood than before, in order."""
        query = "SELECT row FROM verdict WHERE kind=? ORDER BY row LIMIT ?"
        rows = self._fetch(-1, query, TURN, MOST_ENTRIES)
        return tuple(row for (row,) in rows if isinstance(row, int))

    def _at(self, row: int) -> Verdict:
        """What was said last at or before a row; nothing where that is damaged."""
        query = (
            "SELECT row, crc32, data FROM verdict WHERE kind=? AND row<=? ORDER BY row DESC LIMIT 1"
        )
        found = self._fetch(row, query, FINDINGS, row)
        if not found:
            return Verdict()
        if found[0] != self._last[0]:
            self._last = found[0], self._read(FINDINGS, decode, *found[0]) or Verdict()
        return self._last[1]

    def _fetch(self, row: int, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Entries that are asked for at a row; none where the table cannot be read."""
        try:
            return database.fetch(self._connection, query, *parameters)
        except sqlite3.DatabaseError:
            self.damaged.add(row)
            return []

    def _read(
        self, kind: str, decoded: Callable[[str], T], row: Any, crc: Any, said: Any
    ) -> T | None:
        """What an entry holds; None where it is damaged."""
        try:
            if _checksum(kind, row, said) == crc:
                return decoded(said)
        except (ValueError, TypeError):
            pass
        self.damaged.add(row)
        return None


def newest_row(connection: sqlite3.Connection) -> int:
    """The newest row of which something is written down; -1: none."""
    found = database.fetch(connection, "SELECT max(row) FROM verdict")[0][0]
    return found if isinstance(found, int) else -1


def encode(verdict: Verdict) -> str:
    """A verdict as text."""
    return _text(verdict)


def decode(said: str) -> Verdict:
    """What ``encode`` was given.

    Raises:
        ValueError: it is something else.
    """
    try:
        values: dict[str, Any] = json.loads(said)
        return Verdict(
            tuple(_finding(each) for each in values["findings"]),
            tuple(
                Undecided(str(each["kind"]), str(each["reason"])) for each in values["undecided"]
            ),
        )
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"expected a verdict: {error}") from None


def decode_events(said: str) -> tuple[Event, ...]:
    """Events, as they were written down.

    Raises:
        ValueError: it is something else.
    """
    try:
        events = [(each["step"], each["kind"], each["text"]) for each in json.loads(said)]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"expected events: {error}") from None
    if any((type(s), type(k), type(t)) != (int, str, str) for s, k, t in events):
        raise ValueError("expected a step, a kind and a text")
    return tuple(Event(*each) for each in events)


def _finding(values: dict[str, Any]) -> Finding:
    if values["kind"] not in FINDING_KINDS:
        raise ValueError(f"expected a kind of finding, got {values['kind']!r}")
    evidence = {str(key): float(value) for key, value in values["evidence"].items()}
    if not all(map(isfinite, evidence.values())):
        raise ValueError("expected finite evidence")
    return Finding(
        kind=values["kind"],
        severity=Severity(values["severity"]),
        since_step=int(values["since_step"]),
        layers=tuple(map(int, values["layers"])),
        evidence=evidence,
        message=str(values["message"]),
    )


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), default=_opened)


def _opened(value: Any) -> Any:
    """One level of what JSON does not know: a verdict is written too often to walk it in Python."""
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return dict(value) if isinstance(value, Mapping) else plain(value)


def is_whole(kind: str, row: int, crc: int, said: str) -> bool:
    """Whether an entry is as it was written."""
    return _checksum(kind, row, said) == crc


def _checksum(kind: str, row: int, said: str) -> int:
    """CRC-32 of an entry and of which one it is."""
    return zlib.crc32(f"{kind} {row} {said}".encode(errors="surrogatepass"))
