"""Files that a command writes: never over another, and refused before the work starts."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TextIO

from ..core.errors import InputError


def open_output(path: Path, *, force: bool) -> TextIO:
    """Open ``path`` for writing text, newly made or, with ``force``, in place of what it holds.

    What an existing file holds is kept until ``start_over`` is called, so that work which ends
    early destroys nothing.

    Raises:
        InputError: the file exists (without ``force``), is a directory, or cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | (0 if force else os.O_EXCL)
    try:
        descriptor = os.open(path, flags, 0o666)
    except FileExistsError:
        what = "is a directory" if path.is_dir() else "exists; --force overwrites it"
        raise InputError(f"{path}: {what}") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a directory") from None
    except FileNotFoundError:
        there = path.parent.is_dir()
        what = "cannot be written" if there else f"the folder {path.parent} does not exist"
        raise InputError(f"{path}: {what}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{path}: cannot be written: {reason}") from None
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def start_over(stream: TextIO) -> None:
    """Drop what the file held before; a pipe or a device has nothing to drop."""
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.truncate(0)
