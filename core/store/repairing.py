"""Giving back what is whole of a damaged run, as a run of its own; the damaged one stays as it is.

Everything in the new file has passed its checksum. What is lost is counted.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import DataError, InputError
from ..history.pyramid import Columns
from ..record import RunState
from . import checkpoints, database, pieces, verdicts
from .copying import new_database, shown
from .cutting import cut
from .description import Description, Progress
from .lock import LockedError, holder
from .pieces import Place as PiecePlace
from .places import Place
from .salvage import INDEX_LEAF, Cell, SalvageFile, Value
from .stored_history import MOST_LEVELS, StoredHistory, whole_entries


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of a repair."""

    steps: int
    """Steps of which every number is there."""
    lost_steps: int
    """Steps that the damaged run had, as far as it can be told, and that are gone or coarser."""
    chunks: int
    """Blocks of the history, of rows and of all that is coarser, that are whole."""
    lost_chunks: int
    """Blocks of which some is gone."""
    events: int
    lost_events: int
    checkpoint: int | None
    """The step of the newest whole checkpoint; None: the run cannot be resumed."""


@dataclass(slots=True)
class _Found:
    """What the pages of a file hold."""

    meta: dict[str, str] = field(default_factory=dict)
    progress: Progress | None = None
    events: dict[int, tuple[Value, ...]] = field(default_factory=dict)
    verdicts: dict[tuple[Value, Value], tuple[Value, ...]] = field(default_factory=dict)
    checkpoints: dict[int, tuple[Value, ...]] = field(default_factory=dict)
    pieces: dict[PiecePlace, list[Cell]] = field(default_factory=dict)


def repair(place: Place, target: Path, *, force: bool = False) -> Repaired:
    """Write what is whole of a run to a new file.

    Args:
        place: of the run, which nobody writes.
        target: the new file.
        force: in place of what is there.

    Raises:
        InputError: somebody writes the run, or the target exists or cannot be written: one line.
        DataError: it is no run, or what describes it is gone: one line.
    """
    pid = holder(place.lock)
    if pid is not None:
        raise InputError(f"run {place.id} is being written by {LockedError(pid)}: stop it first")
    try:
        with (
            new_database(target, place.database, force=force) as part,
            _with_log(place, target.parent) as path,
            SalvageFile(path) as file,
        ):
            return _rescued(file, shown(place.database), part)
    except sqlite3.Error as error:
        raise DataError(f"{shown(target)} cannot be written: {error}") from error


@contextmanager
def _with_log(place: Place, beside: Path) -> Iterator[Path]:
    """The file with its log taken in, as far as that is whole: a copy, where there is a log."""
    path = place.database
    logs = [
        log for log in (path.with_name(path.name + end) for end in database.LOGS) if log.exists()
    ]
    if not logs:
        yield path
        return
    with TemporaryDirectory(prefix=".backscope-", dir=beside) as directory:
        for each in (path, *logs):
            shutil.copyfile(each, Path(directory, each.name))
        copy = Path(directory, path.name)
        with suppress(sqlite3.DatabaseError):
            connection = sqlite3.connect(copy, isolation_level=None)
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.execute("PRAGMA schema_version")
            finally:
                connection.close()
        yield copy


def _rescued(file: SalvageFile, name: str, part: Path) -> Repaired:
    if file.is_database and file.version > database.SCHEMA_VERSION:
        raise DataError(
            f"{name} was written by a newer Backscope (schema {file.version}; this one reads up to "
            f"{database.SCHEMA_VERSION})"
        )
    if file.is_database and file.application not in (database.APPLICATION_ID, 0):
        raise DataError(f"{name} is not a run of Backscope")
    found = _found(file)
    if not found.meta and not found.pieces:
        raise DataError(f"{name} is not a run of Backscope, or nothing of one is left")
    try:
        description = Description.from_meta(found.meta, name)
    except DataError as error:
        raise DataError(f"{error}; without it the numbers mean nothing") from None
    part.unlink()
    connection = database.create(part, wal=False)
    try:
        connection.execute("BEGIN")
        columns = Columns(description.layout)
        kept, rows = _write_pieces(file, found, columns, connection)
        _write_the_rest(found, connection)
        progress = found.progress or Progress(RunState.STOPPED, 1, rows, 0.0, 0.0, 0.0)
        if not rows:
            raise DataError(f"{name}: nothing of its history is whole")
        before, count = max(progress.count, rows), min(progress.count, rows)
        last = progress.first_step + count - 1
        events = [columns for columns in found.events.values() if _step(columns[0]) <= last]
        cut(connection, columns, count, len(events), last)
        meta = replace(progress, count=count, events=len(events)).to_meta()
        database.write_meta(connection, {**found.meta, **meta})
        connection.execute("COMMIT")
        history = StoredHistory(connection, description.layout, name)
        steps = sum(len(each) for each, _ in history.snapshot().rows())
        snapshot = history.snapshot()
        told = replace(history.progress, loss=float(snapshot.latest("loss")))
        if count < progress.count or found.progress is None:
            told = replace(told, seconds=snapshot.seconds)
        with connection:
            connection.execute("BEGIN")
            database.write_meta(connection, told.to_meta())
        resumable = [step for step in found.checkpoints if step <= last]
        chunks, all_chunks = _whole_blocks(kept, before)
        return Repaired(
            steps=steps,
            lost_steps=before - steps,
            chunks=chunks,
            lost_chunks=all_chunks - chunks,
            events=len(events),
            lost_events=max(progress.events - len(events), 0),
            checkpoint=max(resumable, default=None),
        )
    finally:
        connection.close()


def _found(file: SalvageFile) -> _Found:
    """What of every table there is; all but the pieces has passed its checksum."""
    found = _Found()
    for cell in file.cells():
        row = file.values(cell, 4)
        if row is None:
            continue
        match row:
            case [str(key), str(value), crc] if cell.leaf == INDEX_LEAF:
                if database.is_whole(crc, key, value):
                    _take_meta(found, key, value)
            case [int(level), int(start), int(length), int()] if _can_be(level, start, length):
                found.pieces.setdefault(PiecePlace(level, start, length), []).append(cell)
            case [None, int(), str(), str()]:
                event = tuple(file.values(cell) or ())[1:]
                if len(event) == 4 and database.is_whole(event[3], *event[:3]):
                    found.events[cell.rowid] = event
            case [str(kind), int(at), int(crc), str(said)] if cell.leaf != INDEX_LEAF:
                if verdicts.is_whole(kind, at, crc, said):
                    found.verdicts[kind, at] = (kind, at, crc, said)
            case [None, float() | int() as seconds, int(), int()]:
                whole = tuple(file.values(cell) or ())
                if len(whole) == 5:
                    kept = (cell.rowid, float(seconds), *whole[2:])
                    if checkpoints.is_whole(*kept):
                        found.checkpoints[cell.rowid] = kept
            case _:
                pass
    return found


def _can_be(level: int, start: int, length: int) -> bool:
    return 0 <= level < MOST_LEVELS and start >= 0 and 0 < length <= pieces.block_length(level)


def _take_meta(found: _Found, key: str, value: str) -> None:
    """Of the progress there may be older ones: on pages that nothing leads to any more."""
    if key != "progress":
        found.meta[key] = value
        return
    with suppress(DataError):
        progress = Progress.from_meta({key: value}, "")
        if found.progress is None or progress.updated >= found.progress.updated:
            found.progress = progress


def _write_pieces(
    file: SalvageFile, found: _Found, columns: Columns, connection: sqlite3.Connection
) -> tuple[dict[tuple[int, int], int], int]:
    """Insert every whole piece; what of each block there is, and the rows up to the last of them.

    A block may be there twice: as one piece, and as those that it was written in before.
    """
    kept, rows, stops = dict[tuple[int, int], int](), 0, dict[int, int]()
    for place in sorted(found.pieces, key=lambda each: (each.level, each.start, -each.length)):
        if place.start < stops.get(place.level, 0):
            continue  # what it holds is there already
        for cell in found.pieces[place]:
            data = _data(file, cell, place, columns)
            if data is None:
                continue
            block, stop = (place.level, place.block), place.start + place.length
            kept[block] = kept.get(block, 0) + place.length
            stops[place.level] = stop
            rows = max(rows, stop * pieces.unit(place.level))
            connection.execute(
                "INSERT INTO piece VALUES (?, ?, ?, ?, ?)",
                (place.level, place.start, place.length, *data),
            )
            break
    return kept, rows


def _whole_blocks(kept: dict[tuple[int, int], int], count: int) -> tuple[int, int]:
    """Of the blocks that so many rows make, how many are whole, and how many there are.

    Counted from what is kept: a file may claim any number of rows.
    """
    stops = [whole_entries(level, count) for level in range(MOST_LEVELS)]
    lengths = [pieces.block_length(level) for level in range(MOST_LEVELS)]
    whole = sum(
        block * lengths[level] < stops[level]
        and there >= min(lengths[level], stops[level] - block * lengths[level])
        for (level, block), there in kept.items()
    )
    return whole, sum(-(-stop // length) for stop, length in zip(stops, lengths, strict=True))


def _data(
    file: SalvageFile, cell: Cell, place: PiecePlace, columns: Columns
) -> tuple[Any, Any] | None:
    """Checksum and bytes of a piece; None where it is not whole."""
    if cell.size < pieces.data_length(place.level, place.length, columns):
        return None  # not read at all
    row = file.values(cell)
    if row is None or len(row) != 5:
        return None
    crc, data = row[3:]
    if pieces.is_whole(place, columns, crc, data):
        return crc, data
    return None


def _write_the_rest(found: _Found, connection: sqlite3.Connection) -> None:
    for table, rows in (
        ("event", [(rowid, *event) for rowid, event in found.events.items()]),
        ("verdict", list(found.verdicts.values())),
        ("checkpoint", list(found.checkpoints.values())),
    ):
        for row in rows:
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)


def _step(value: Any) -> int:
    assert isinstance(value, int), "the event is whole"
    return value
