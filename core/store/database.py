"""The database of a run: its tables, and how to open it when nobody vouches for it."""

from __future__ import annotations

import shutil
import sqlite3
import zlib
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..data.files import LONGEST_PATH
from ..errors import DataError
from ..quoting import quoted

SCHEMA_VERSION = 1
APPLICATION_ID = 0x42534350  # "BSCP"
PAGE_SIZE = 8192
CACHE = -256
"""Kilobytes (that is what the minus says) of pages that a writer keeps in memory: it reads back
little of what it writes, and with SQLite's 2 MB it is no faster."""
LOGS = ("-wal", "-journal")
"""Endings of what may lie beside a database and belongs to it."""
REPAIR = "backscope repair may give back what is whole"
LARGEST_BLOB = 256 << 20
"""Bytes: beyond it a value is refused before it is read."""
INSTRUCTIONS = 20_000_000
"""Virtual machine instructions of one query; a query of ours needs far fewer."""
_CHECK_EVERY = 100_000

TABLES: dict[str, str] = {
    "meta": "key TEXT PRIMARY KEY, value TEXT NOT NULL, crc32 INTEGER NOT NULL",
    "piece": (
        "level INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, "
        "crc32 INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (level, start)"
    ),
    "event": (
        "id INTEGER PRIMARY KEY, step INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, "
        "crc32 INTEGER NOT NULL"
    ),
    "verdict": (
        "kind TEXT NOT NULL, row INTEGER NOT NULL, crc32 INTEGER NOT NULL, data TEXT NOT NULL, "
        "PRIMARY KEY (kind, row)"
    ),
    "checkpoint": (
        "step INTEGER PRIMARY KEY, seconds REAL NOT NULL, events INTEGER NOT NULL, "
        "crc32 INTEGER NOT NULL, data BLOB NOT NULL"
    ),
}
_WITHOUT_ROWID = ("meta",)


def create(path: Path, *, wal: bool = True) -> sqlite3.Connection:
    """A new database, open for writing.

    Args:
        path: where; nothing may be there yet.
        wal: write-ahead log; off where the file system cannot share memory.

    Raises:
        sqlite3.Error, OSError: it cannot be made.
    """
    path.touch(mode=0o600, exist_ok=False)
    connection = _connect(path, "rw")
    connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    set_for_writing(connection, wal=wal)
    with connection:
        connection.execute("BEGIN")
        for name, columns in TABLES.items():
            without = " WITHOUT ROWID" if name in _WITHOUT_ROWID else ""
            connection.execute(f"CREATE TABLE {name} ({columns}){without}")
    return connection


def open_for_writing(path: Path, *, wal: bool = True) -> sqlite3.Connection:
    """A database that exists, checked, for the one connection that may write.

    Raises:
        DataError: it is no run of this version.
        sqlite3.Error: it cannot be opened.
    """
    connection = _checked(path, _connect(path, "rw"))
    set_for_writing(connection, wal=wal)
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A database, checked, on a connection that writes nothing, not even a checkpoint of the log.

    Only one connection of a run ever does either: with two, SQLite before 3.51.3 may lose commits.

    Raises:
        DataError: it is no run, one of a newer version, or cannot be read.
    """
    try:
        try:
            return _checked(path, _connect(path, "ro"))
        except sqlite3.OperationalError:
            # It has a log, and its directory cannot be written to, as readers of a log must.
            return _checked(path, _copied(path))
    except (sqlite3.OperationalError, OSError) as error:
        raise DataError(f"{quoted(str(path), LONGEST_PATH)} cannot be read: {error}") from error


def _copied(path: Path) -> sqlite3.Connection:
    """A connection to a copy of a database with its log, which goes when the connection closes.

    Nobody is writing it: who does has made the file that readers share.
    """
    with TemporaryDirectory(prefix="backscope-") as directory:
        copy = Path(directory, path.name)
        for ending in ("", *LOGS):
            with suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + ending), f"{copy}{ending}")
        connection = _connect(copy, "rw")
        try:
            # With its log taken in it needs its directory no longer.
            connection.execute("PRAGMA journal_mode=OFF")
        except BaseException:
            connection.close()
            raise
    return connection


def set_for_writing(connection: sqlite3.Connection, *, wal: bool) -> None:
    """Every commit is on the disk when it returns; what is deleted is not overwritten."""
    connection.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=OFF")  # in some builds of SQLite it is on
    connection.execute(f"PRAGMA cache_size={CACHE}")


def close_for_good(connection: sqlite3.Connection) -> None:
    """Close a database that nobody will write to soon: one file remains, with everything in it."""
    with suppress(sqlite3.OperationalError):  # somebody is reading: the log stays
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def read_meta(connection: sqlite3.Connection, *keys: str) -> dict[str, str]:
    """What ``meta`` says of some keys, or (without any) everything; what is damaged is left out."""
    where = f" WHERE key IN ({', '.join('?' * len(keys))})" if keys else ""
    rows = fetch(connection, f"SELECT key, value, crc32 FROM meta{where} LIMIT 1000", *keys)
    return {key: value for key, value, crc in rows if is_whole(crc, key, value)}


def write_meta(connection: sqlite3.Connection, values: dict[str, str]) -> None:
    """Set some of ``meta``; inside the caller's transaction."""
    clean = ((key, storable(value)) for key, value in values.items())
    rows = [(key, value, text_checksum(key, value)) for key, value in clean]
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", rows)


def storable(text: str) -> str:
    """A text without what SQLite does not take: bytes of a name that were no letters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def text_checksum(*values: str | int) -> int:
    """CRC-32 of the columns of a row; SQLite itself has none."""
    return zlib.crc32("\0".join(map(str, values)).encode("utf-8", "surrogatepass"))


def is_whole(crc: Any, *values: Any) -> bool:
    """Whether the columns of a row, each a text or a whole number, are as they were written."""
    return all(isinstance(each, str | int) for each in values) and text_checksum(*values) == crc


def _connect(path: Path, mode: str, *, immutable: bool = False) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}" + ("&immutable=1" if immutable else "")
    connection = sqlite3.connect(
        uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_BLOB)
    return connection


def _checked(path: Path, connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        _check(path, connection)
    except sqlite3.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
            raise
        hint = f"; {REPAIR}" if "malformed" in str(error) else ""
        raise DataError(
            f"{quoted(str(path), LONGEST_PATH)} is not a run, or is damaged: {error}{hint}"
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _check(path: Path, connection: sqlite3.Connection) -> None:
    """Make sure that these are our tables, and tables.

    Views in their place could recurse for ever, and triggers could do anything.
    """
    name = quoted(str(path), LONGEST_PATH)
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise DataError(f"{name} is not a run of Backscope")
    version = _pragma(connection, "user_version")
    if version > SCHEMA_VERSION:
        raise DataError(
            f"{name} was written by a newer Backscope (schema {version}; this one reads up to "
            f"{SCHEMA_VERSION})"
        )
    found = fetch(connection, "SELECT name, type FROM sqlite_master LIMIT 100")
    kinds = dict(found)
    wrong = [each for each in TABLES if kinds.get(each) != "table"]
    strange = [
        f"{kind} {each}"
        for each, kind in found
        if not (each in TABLES or str(each).startswith("sqlite_"))
    ]
    if wrong or strange:
        what = f"no table {wrong[0]}" if wrong else f"an unexpected {strange[0]}"
        raise DataError(f"{name} is not a run of Backscope: {what}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def fetch(connection: sqlite3.Connection, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a query, so that no read transaction stays open: an open one pins the log.

    Raises:
        sqlite3.OperationalError: it goes on for longer than any query of ours.
    """
    left = INSTRUCTIONS // _CHECK_EVERY

    def tick() -> int:
        nonlocal left
        left -= 1
        return left < 0

    connection.set_progress_handler(tick, _CHECK_EVERY)
    return connection.execute(query, parameters).fetchall()
