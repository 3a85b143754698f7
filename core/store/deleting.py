"""Deleting a run: its whole directory, and never one that somebody writes."""

from __future__ import annotations

import shutil

from ..data.files import LONGEST_PATH
from ..errors import DataError, InputError
from ..quoting import quoted
from .lock import Lock, LockedError
from .places import DATABASE, Place, home


def delete(place: Place) -> None:
    """Delete a run with everything that belongs to it.

    Raises:
        InputError: somebody writes it, or it does not lie among the runs: one line.
        DataError: it cannot be deleted, or not all of it: one line.
    """
    directory = place.directory
    name = quoted(str(place.database), LONGEST_PATH)
    if place.file != DATABASE or directory.parent.resolve() != home().resolve():
        raise InputError(f"{name} does not lie among the runs: delete it as any file")
    try:
        if not place.database.is_file():
            raise InputError(
                f"{quoted(str(directory), LONGEST_PATH)} is not a run: it has no {DATABASE}"
            )
        # Held while it goes, so that nobody begins to write it.
        lock = Lock(place.lock)
    except LockedError as error:
        raise InputError(f"run {place.id} is being trained by {error}: stop it first") from error
    except OSError as error:
        raise DataError(f"run {place.id} cannot be deleted: {error.strerror}") from error
    try:
        shutil.rmtree(directory)
    except OSError as error:
        raise DataError(f"run {place.id} cannot be deleted: {error.strerror or error}") from error
    finally:
        lock.release()
