"""Files that a command writes: never over another, and refused before the work starts."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ..core.errors import InputError

STANDARD_OUTPUT = "-"


def require_name(path: Path) -> None:
    """Refuse what elsewhere means standard output.

    Raises:
        InputError: it is that.
    """
    if str(path) == STANDARD_OUTPUT:
        raise InputError("-: expected a file; export --csv - alone writes to standard output")


def open_output(path: Path, *, force: bool) -> TextIO:
    """Open ``path`` for writing text, newly made or, with ``force``, in place of what it holds.

    What an existing file holds is kept until ``start_over`` is called, so that work which ends
    early destroys nothing.

    Raises:
        InputError: the file exists (without ``force``), is a directory, or cannot be written.
    """
    require_name(path)
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


@contextmanager
def late_output(path: Path, *, force: bool) -> Iterator[Callable[[str], None]]:
    """A file that is refused at once where it cannot be written, and made when there is a text.

    What ends the work before, a signal too, leaves no empty file behind.

    Args:
        path: what to write.
        force: it may exist; then it is opened now (a pipe has a reader that waits) and keeps what
            it holds until there is a text.

    Yields:
        Writes all of a text, once; raises as this does where that has become impossible.

    Raises:
        InputError: the file exists (without ``force``), is a directory, or cannot be written.
    """
    new = not os.path.lexists(path)
    opened = open_output(path, force=force)
    if new:
        opened.close()
        path.unlink()

    def write(text: str) -> None:
        stream = open_output(path, force=False) if new else opened
        try:
            with stream:
                start_over(stream)
                stream.write(text)
        except BaseException:
            if new:
                path.unlink(missing_ok=True)
            raise

    try:
        yield write
    finally:
        opened.close()
