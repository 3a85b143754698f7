"""Where runs lie: one directory each, under the person's data directory; and how they are named.

A run is called by its id, the beginning of one that no other id has, the name of its experiment
(the newest of that name), or the path of its directory or database.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from ..data.files import LONGEST_PATH
from ..errors import DataError, InputError
from ..quoting import did_you_mean, quoted

HOME = "BACKSCOPE_HOME"
"""Set in the environment, the directory that runs lie in, under ``runs``."""
DATABASE, LOCK, LOG, SOCKET = "run.db", "lock", "trainer.log", "control"
SQLITE = b"SQLite format 3\0"
"""What a database begins with."""
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
_ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without what is easily mistaken for another."""


@dataclass(frozen=True, slots=True)
class Place:
    """The directory of one run."""

    directory: Path
    file: str = DATABASE
    """Another name where it is a copy of a database alone."""

    @property
    def id(self) -> str:
        """What the run is called."""
        return self.directory.name if self.file == DATABASE else Path(self.file).stem

    @property
    def word(self) -> str:
        """What a person types to name it: its id, or its path where that is needed."""
        known = self.directory.parent == home() and self.file == DATABASE
        return self.id if known else str(self.database)

    @property
    def database(self) -> Path:
        """Everything that was measured."""
        return self.directory / self.file

    @property
    def lock(self) -> Path:
        """Held by whoever writes."""
        return self._beside(LOCK)

    @property
    def log(self) -> Path:
        """What the trainer of a detached run prints."""
        return self._beside(LOG)

    @property
    def socket(self) -> Path:
        """Where a detached run takes commands."""
        return self._beside(SOCKET)

    def _beside(self, name: str) -> Path:
        """A file of this run alone: what lies beside a copy may be another run's."""
        return self.directory / (name if self.file == DATABASE else f"{self.file}.{name}")


def home() -> Path:
    """The directory that runs lie in; it need not exist.

    Raises:
        InputError: what is set in the environment is no directory's name: one line.
    """
    given = os.environ.get(HOME, "")
    try:
        root = Path(given).expanduser() if given else user_data_path("backscope", appauthor=False)
    except RuntimeError:
        raise InputError(f"{HOME} {quoted(given, LONGEST_PATH)}: no such home directory") from None
    return root / "runs"


def new_place(clock: Callable[[], float] = time.time) -> Place:
    """Make the directory of a new run, for its owner only.

    Its id begins with the time, so that names sort as runs began.

    Raises:
        OSError: it cannot be made.
    """
    root = home()
    if not root.parent.exists():  # where several are made, the mode is that of the last alone
        root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.mkdir(mode=0o700, exist_ok=True)
    if stat.S_IMODE(root.stat().st_mode) & 0o077 and root.stat().st_uid == os.getuid():
        root.chmod(0o700)
    while True:
        began = time.strftime("%Y%m%d-%H%M%S", time.localtime(clock()))
        end = "".join(secrets.choice(_ID_LETTERS) for _ in range(4))
        directory = root / f"{began}-{end}"
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return Place(directory)


def named_places() -> list[Place]:
    """All directories among the runs, whatever lies in them, in descending order of their names.

    Raises:
        DataError: the directory that runs lie in cannot be read: one line.
    """
    try:
        with os.scandir(home()) as entries:
            names = [each.name for each in entries if each.is_dir() and each.name[0] != "."]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise DataError(f"the runs cannot be listed: {told(error)}") from error
    return [Place(home() / name) for name in sorted(names, reverse=True)]


def all_places() -> list[Place]:
    """Every run there is, newest first, by their ids.

    Raises:
        DataError: the directory that they lie in cannot be read: one line.
    """
    return [place for place in named_places() if os.path.isfile(place.database)]


def told(error: Exception) -> str:
    """What went wrong with a file, without the number that the system has for it.

    >>> told(FileNotFoundError(2, "No such file or directory", "a"))
    "'a': No such file or directory"
    """
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    if error.filename is None:
        return error.strerror
    return f"{quoted(os.fsdecode(error.filename), LONGEST_PATH)}: {error.strerror}"


def find_place(wanted: str, name_of: Callable[[Place], str]) -> Place:
    """The run that a person means by an id, the beginning of one, a name or a path.

    Args:
        wanted: what was typed.
        name_of: the name of a run's experiment.

    Raises:
        InputError: there is none, or several.
        DataError: the directory that runs lie in cannot be read: one line.
    """
    if os.sep in wanted or wanted.endswith(".db"):
        # The name of an experiment from a file is a path too, of what is no run.
        named = None if _is_run(wanted) else _named(wanted, name_of)
        return named or _at_path(wanted)
    places = all_places()
    exact = [place for place in places if place.id == wanted]
    begun = exact or [place for place in places if wanted and place.id.startswith(wanted)]
    if len(begun) == 1:
        return begun[0]
    names = {place: name_of(place) for place in places} if not begun else {}
    for place, name in names.items():
        if name == wanted:
            return place
    if os.path.exists(wanted):
        return _at_path(wanted)
    if begun:
        ids = ", ".join(place.id for place in begun[:5])
        raise InputError(f"run {quoted(wanted)}: {len(begun)} ids begin so: {ids}")
    known = [*(place.id for place in places), *dict.fromkeys(filter(None, names.values()))]
    hint = did_you_mean(wanted, known) or "backscope runs lists them"
    raise InputError(f"run {quoted(wanted)}: there is none of that id or name; {hint}")


def _is_run(wanted: str) -> bool:
    """Whether a path leads to what looks like a run: its directory, or a database."""
    if not os.path.isfile(wanted):  # a pipe would be waited for
        return os.path.isdir(wanted)
    try:
        with open(wanted, "rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def _named(wanted: str, name_of: Callable[[Place], str]) -> Place | None:
    with suppress(DataError):
        return next((place for place in all_places() if name_of(place) == wanted), None)
    return None


def _at_path(wanted: str) -> Place:
    try:
        path = Path(wanted).absolute()
        if os.path.isfile(path / DATABASE):
            return Place(path)
        if os.path.isfile(path):
            return Place(path.parent, path.name)
        os.stat(path)
        reason = "is no run"
    except OSError as error:
        reason = "no such run" if error.errno in _NOTHING_THERE else str(error.strerror)
    except ValueError:
        reason = "no such run"
    raise InputError(f"run {quoted(wanted)}: {reason}")
