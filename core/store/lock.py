"""Who writes a run: a lock on a file beside its database, which ends with the process.

So its death is seen whatever it died of: the lock can be had again.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path


class LockedError(Exception):
    """Somebody else writes this run; ``pid`` is who, 0 where that cannot be told."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"process {pid}" if pid else "another process")
        self.pid = pid


class Lock:
    """The lock of a run, held until ``release`` or the end of the process.

    Args:
        path: the lock file; made if it is missing.

    Raises:
        LockedError: another process holds it.
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._file = _opened(path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _pid(os.pread(self._file, 32, 0))
            self.release()
            raise LockedError(pid) from None
        except OSError:
            self.release()
            raise
        self._sign()

    @classmethod
    def inherited(cls, descriptor: int) -> Lock:
        """The lock that whoever started this process held and passed on, with its file open.

        Raises:
            OSError: no such file is open.
        """
        lock = cls.__new__(cls)
        lock._file = descriptor
        os.set_inheritable(descriptor, False)
        lock._sign()
        return lock

    @property
    def descriptor(self) -> int:
        """Of its file: a process that inherits it holds the lock too."""
        return self._file

    @property
    def is_deleted(self) -> bool:
        """Whether its file is in no directory any more: whoever looks for it finds nothing."""
        try:
            return os.fstat(self._file).st_nlink == 0
        except OSError:  # another thread has just let it go
            return False

    def _sign(self) -> None:
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let it go; nothing more may be written. Safe to call twice."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def holder(path: Path) -> int | None:
    """The process that holds a lock (0: it does not say); None where nobody does."""
    try:
        file = _opened(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(os.pread(file, 32, 0))
    except OSError:  # of a file system that knows no locks
        return None
    finally:
        os.close(file)
    return None


def _opened(path: Path, how: int) -> int:
    """A file that is one: in a directory from somebody else a lock may be a link, or a pipe."""
    file = os.open(path, how | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    if stat.S_ISREG(os.fstat(file).st_mode):
        return file
    os.close(file)
    raise OSError(errno.EINVAL, "is no file", str(path))


def _pid(text: bytes) -> int:
    word = text.split(b"\n")[0]
    return int(word) if word.isdigit() and len(word) < 12 else 0
