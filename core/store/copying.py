"""Copying a run into one file, whoever may be writing it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..data.files import LONGEST_PATH
from ..errors import DataError, InputError
from ..quoting import quoted
from . import database
from .lock import LockedError, holder
from .places import Place


def copy(place: Place, target: Path, *, force: bool = False) -> None:
    """Copy a run as it is at this moment; its log, if it has one, is taken in.

    Args:
        place: of the run.
        target: one file; it appears when all of it is there.
        force: in place of what is there.

    Raises:
        InputError: the target exists, or cannot be written: one line.
        DataError: the run cannot be read, or there is no room for it: one line.
    """
    source = database.open_for_reading(place.database)
    try:
        with new_database(target, place.database, force=force) as part:
            try:
                copied = sqlite3.connect(part, isolation_level=None)
                try:
                    # All pages in one go: between two the writer could begin them anew for ever.
                    source.backup(copied, pages=-1)
                    copied.execute("PRAGMA journal_mode=DELETE")
                finally:
                    copied.close()
            except sqlite3.OperationalError as error:
                raise DataError(f"{shown(target)} cannot be written: {error}") from error
            except sqlite3.DatabaseError as error:
                raise DataError(
                    f"{shown(place.database)} cannot be copied: {error}; {database.REPAIR}"
                ) from error
    finally:
        source.close()


@contextmanager
def new_database(target: Path, source: Path, *, force: bool) -> Iterator[Path]:
    """An empty file beside the target, which takes its place if all goes well.

    Args:
        target: the file; not ``source``.
        source: what is written comes from there.
        force: in place of what is there.

    Raises:
        InputError: the target exists (without ``force``), or nothing can be written there.
    """
    part = target.parent / f".{target.name[:200]}.{os.getpid()}.part"
    try:
        _refuse_what_is_no_place(target, source)
        if not force:
            # Nobody else can make it meanwhile.
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            yield part
            os.replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            if not force:
                target.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise InputError(f"{shown(target)}: exists; --force overwrites it") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{shown(target)}: cannot be written: {reason}") from None


def _refuse_what_is_no_place(target: Path, source: Path) -> None:
    """Raises ``InputError`` where a database cannot stand, even in place of another."""
    if target.exists() and not target.is_file():
        what = "is a directory" if target.is_dir() else "is no file"
        raise InputError(f"{shown(target)}: {what}")
    if target.exists() and target.samefile(source):
        raise InputError(f"{shown(target)}: is the run itself")
    if not target.parent.is_dir():
        raise InputError(f"{shown(target)}: the folder {shown(target.parent)} does not exist")
    pid = holder(Place(target.parent, target.name).lock)
    if pid is not None:
        raise InputError(f"{shown(target)}: is being written by {LockedError(pid)}")
    for ending in database.LOGS:
        log = target.with_name(target.name + ending)
        if log.exists():
            # Of another database: its pages would be taken for this one's.
            raise InputError(f"{shown(log)}: lies there, the log of another run; move it away")


def shown(path: Path) -> str:
    """A path in a message."""
    return quoted(str(path), LONGEST_PATH)
