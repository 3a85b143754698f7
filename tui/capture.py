"""What training code prints: standard output and error, caught before they reach the screen.

File descriptors 1 and 2 are replaced by pipes as long as the dashboard is open, so that prints of
C libraries and of child processes are caught as well as Python's. A thread for each pipe reads it
into a bounded log. The screen itself is drawn on a duplicate of the terminal made beforehand. A
descriptor that is no terminal (``2>errors.txt``) is left alone: it cannot spoil the screen.
"""

from __future__ import annotations

import os
import sys
import threading
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

KEPT_LINES = 2_000
LONGEST_LINE = 4_000
_CHUNK = 65_536
_PATIENCE = 0.5
"""Seconds to wait for the last words; a child process may hold the pipe open for ever."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line as it was written, without its end; ``error`` when it went to standard error."""

    text: str
    error: bool


class CapturedText:
    """The last lines that were written; any thread may write and read.

    Args:
        kept: lines that are kept; older ones are forgotten, and counted.
    """

    def __init__(self, kept: int = KEPT_LINES) -> None:
        self._lines: deque[LogLine] = deque(maxlen=kept)
        self._open = {False: "", True: ""}
        self._lock = threading.Lock()
        self._count = 0
        self._changes = 0

    @property
    def count(self) -> int:
        """Lines written so far, forgotten ones included."""
        return self._count

    @property
    def changes(self) -> int:
        """A number that is larger after every write."""
        return self._changes

    def write(self, text: str, *, error: bool = False) -> None:
        """Take text in: whole lines are kept, the rest waits for its end.

        A carriage return starts the line anew, as on a terminal; so a progress bar is one line.
        """
        with self._lock:
            *whole, rest = (self._open[error] + text).replace("\r\n", "\n").split("\n")
            for line in whole:
                self._lines.append(LogLine(_last_version(line)[:LONGEST_LINE], error))
            self._open[error] = _last_version(rest)[:LONGEST_LINE]
            self._count += len(whole)
            self._changes += 1

    def lines(self) -> list[LogLine]:
        """The lines that are kept, oldest first, and what has begun without an end."""
        with self._lock:
            begun = [LogLine(text, error) for error, text in self._open.items() if text]
            return [*self._lines, *begun]


def _last_version(line: str) -> str:
    """What a terminal would show of a line with carriage returns, roughly: its last version."""
    if "\r" not in line:
        return line
    kept, _, last = line.rpartition("\r")
    # "50 %\r" waits to be written over: until then it is still to be seen.
    return last or kept.rpartition("\r")[2] + "\r"


@contextmanager
def captured_output(log: CapturedText) -> Iterator[int | None]:
    """Catch what is written to the terminal into ``log`` and give a descriptor to draw on.

    Yields a duplicate of the terminal's descriptor, or None where neither standard output nor
    standard error is a terminal: nothing is caught then.
    """
    caught = [number for number in (1, 2) if _is_terminal(number)]
    if not caught or os.name != "posix":
        yield None
        return
    _flush()
    terminal = os.dup(caught[0])
    pipes = [_Pipe(number, log) for number in caught]
    try:
        yield terminal
    finally:
        _flush()
        for pipe in pipes:
            pipe.restore()
        os.close(terminal)


class _Pipe:
    """Stands in for one descriptor; what is written to it goes to the log."""

    def __init__(self, number: int, log: CapturedText) -> None:
        self._number = number
        self._saved = os.dup(number)
        self._reading, writing = os.pipe()
        os.dup2(writing, number)
        os.close(writing)
        self._log = log
        self._thread = threading.Thread(target=self._read, name=f"captured-{number}", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with suppress(OSError):
            while data := os.read(self._reading, _CHUNK):
                self._log.write(decode(data), error=self._number == 2)
        os.close(self._reading)

    def restore(self) -> None:
        os.dup2(self._saved, self._number)
        os.close(self._saved)
        self._thread.join(_PATIENCE)


def _is_terminal(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False


def _flush() -> None:
    for stream in (sys.__stdout__, sys.__stderr__):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]  # None where there is no such stream
