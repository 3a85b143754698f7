"""Opening a data file that a person named: found, regular, readable and of a bounded size."""

from __future__ import annotations

import os
import stat
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from ..errors import InputError
from ..quoting import LONGEST, MOST_COMPARED, quoted
from ..settings import DataSettings

MOST_BYTES = 512 * 1024**2
MOST_CELLS = 64_000_000
"""Numbers in X. As float64 they take the 512 MB that a file may have."""
MOST_ROWS = 10_000_000
MOST_PROBLEMS = 5
"""Problems of one file that are reported at once."""
LONGEST_PATH = 200


def file_name(settings: DataSettings) -> str:
    """The path as it was given, fit for a message."""
    return quoted(settings.path, LONGEST_PATH)


def read_file(settings: DataSettings, folder: Path) -> bytes:
    """Read the whole of ``settings.path``, relative to ``folder`` unless it is absolute.

    Raises:
        InputError: no path given, no such file, a directory or a device, unreadable, empty, or
            larger than 512 MB.
    """
    if not settings.path:
        raise InputError(f"data.path is empty; source {settings.source!r} reads a file: name it")
    return read_path(settings.path, folder, "data.path is a file")


def read_path(given: str, folder: Path, expected: str) -> bytes:
    """Read the whole of a file, relative to ``folder`` unless the path is absolute.

    Args:
        given: the path, as it was given.
        folder: where a relative one starts.
        expected: what is said of a directory.

    Raises:
        InputError: as for ``read_file``.
    """
    name = quoted(given, LONGEST_PATH)
    try:
        path = folder / Path(given).expanduser()
        mode = path.stat().st_mode
        # Looked at before it is opened: opening a pipe would wait for a writer, for ever.
        if stat.S_ISDIR(mode):
            raise InputError(f"{name}: is a directory; {expected}")
        if not stat.S_ISREG(mode):
            raise InputError(f"{name}: is no regular file")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = b"" if size > MOST_BYTES else file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        looked = quoted(str(path.parent), LONGEST_PATH)
        raise InputError(f"{name}: no such file (looked in {looked}){near_name(path)}") from None
    except PermissionError:
        raise InputError(f"{name}: permission denied") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or error})") from None
    except (ValueError, RuntimeError):
        # A NUL in the path; a "~" without a home.
        raise InputError(f"{name}: is no path of a file") from None
    if max(size, len(content)) > MOST_BYTES:
        raise InputError(f"{name}: larger than {MOST_BYTES:,} bytes, the most that is read")
    if not content:
        raise InputError(f"{name}: is empty")
    return content


def near_name(path: Path) -> str:
    """Say "; did you mean ...?" with a file of nearly that name in the same folder, if any is."""
    try:
        with os.scandir(path.parent) as entries:
            others = [entry.name for entry in islice(entries, MOST_COMPARED) if entry.is_file()]
    except (OSError, ValueError):
        return ""
    # Without their endings: two files are not alike because both are tables.
    stems = {Path(other).stem[:LONGEST].casefold(): other for other in sorted(others)}
    near = get_close_matches(path.stem[:LONGEST].casefold(), stems, n=1)
    return f"; did you mean {quoted(stems[near[0]])}?" if near else ""
