"""Taking back what was recorded after a step: who goes on from a checkpoint records it anew."""

from __future__ import annotations

import sqlite3

from ..history.pyramid import Columns, Entries, Rows
from . import database
from .pieces import (
    Place,
    Summary,
    checksum,
    decode_entries,
    decode_rows,
    encode_entries,
    encode_rows,
    is_whole,
)
from .stored_history import CUTS, MOST_LEVELS, cuts, whole_entries


def cut(
    connection: sqlite3.Connection, columns: Columns, count: int, events: int, newest: int
) -> list[int]:
    """Delete all but the first rows and events, what was said of the others, and checkpoints.

    Inside the caller's transaction.

    Args:
        connection: the one that writes.
        columns: of the rows.
        count: rows to keep.
        events: events to keep.
        newest: the last step of which a checkpoint is kept.

    Returns:
        How many rows or entries of each level are left.
    """
    # Who repairs a damaged file reads all its pages: what has been taken back must not be there.
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("DELETE FROM checkpoint WHERE step>?", (newest,))
    left = []
    for level in range(MOST_LEVELS):
        stop = whole_entries(level, count)
        connection.execute("DELETE FROM piece WHERE level=? AND start>=?", (level, stop))
        query = "SELECT start, length, crc32, data FROM piece WHERE level=? AND start+length>?"
        for start, length, crc, data in database.fetch(connection, query, level, stop):
            _shorten(connection, columns, Place(level, start, length), stop - start, crc, data)
        if stop or not level:
            left.append(stop)
    connection.execute("DELETE FROM verdict WHERE row>=?", (count,))
    connection.execute(
        "DELETE FROM event WHERE id NOT IN (SELECT id FROM event ORDER BY id LIMIT ?)", (events,)
    )
    connection.execute("PRAGMA secure_delete=OFF")
    # Who follows the run may look again only when there is more than before.
    database.write_meta(connection, {CUTS: str(cuts(database.read_meta(connection, CUTS)) + 1)})
    return left


def _shorten(
    connection: sqlite3.Connection,
    columns: Columns,
    place: Place,
    length: int,
    crc: int,
    data: bytes,
) -> None:
    """Keep the beginning of a piece; a damaged one goes altogether."""
    kept = Place(place.level, place.start, length)
    if not is_whole(place, columns, crc, data):
        query = "DELETE FROM piece WHERE level=? AND start=?"
        connection.execute(query, (place.level, place.start))
        return
    if place.level:
        entries, summary = decode_entries(data, place.length, columns)
        low, high, bad, seconds, newest = entries
        shorter = Entries(
            low[:, :length], high[:, :length], bad[:, :length], seconds[:length], newest[:length]
        )
        parts = (part[:, :length] for part in (summary.mean, summary.last, summary.count))
        data = encode_entries(shorter, Summary(*parts))
    else:
        rows: Rows = decode_rows(data, place.length, columns)
        data = encode_rows(rows.values[:length], rows.seconds[:length])
    connection.execute(
        "INSERT OR REPLACE INTO piece VALUES (?, ?, ?, ?, ?)",
        (kept.level, kept.start, length, checksum(kept, columns, data), data),
    )
