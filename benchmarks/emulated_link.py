"""A terminal at the end of a link: so many bytes a second, so late each way, and it answers.

The command runs in a pseudo-terminal. What it writes is taken at once, as the buffers of a network
are deep, and arrives at the rate and with the delay of the link. Where it asks for the place of the
cursor (``ESC [ 6 n``) the answer is sent on arrival, and takes the delay back.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import os
import platform
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import Self

CHUNK = 64
"""Bytes that arrive together: 3 ms at 20 kB/s."""
HOME = TemporaryDirectory(prefix="backscope-")
"""Gone with this process."""
_ASKED = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b\[6n")
_LONGEST_QUESTION = 24
_MODES = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_ON_AT_REST = {7, 25}
"""Private modes that a terminal at rest has on: lines wrap, the cursor is visible."""


class EmulatedLink:
    """Runs a command at the other end, and keeps what has arrived here and when.

    Args:
        command: the command and its arguments.
        size: columns and rows.
        rate: bytes per second; None: as fast as they come.
        delay: seconds from one end to the other.
        answers: the terminal tells where its cursor is when asked.
        environment: of the command.
    """

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (120, 40),
        *,
        rate: float | None = None,
        delay: float = 0.0,
        answers: bool = True,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._rate, self._delay, self._answers = rate, delay, answers
        self._free = 0.0  # when the link has sent what is in it
        self._order = itertools.count()
        self._events: list[tuple[float, int, bytes, bool]] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._tail = b""
        self.arrived: list[tuple[float, bytes]] = []
        """Moments (``time.perf_counter``) and what arrived then."""
        self.taken = 0
        """Bytes that the command has written."""
        self.answered = 0
        self.exit_code: int | None = None
        self.started = time.perf_counter()
        self._reads, self._hung_up = True, False
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(environment))
        self._settings = termios.tcgetattr(self.terminal)  # long before an interpreter is up
        columns, rows = size
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def press(self, keys: str) -> float:
        """Type; the moment at which it was done."""
        now = time.perf_counter()
        if self._delay:
            self._put(now + self._delay, keys.encode(), back=True)
        else:
            os.write(self.terminal, keys.encode())
        return now

    def wait_for(self, text: bytes, since: float = 0.0, patience: float = 20.0) -> float | None:
        """The moment at which this text had arrived after ``since``; None: it did not."""
        end = time.perf_counter() + patience
        while time.perf_counter() < end:
            seen = b""
            for moment, data in self.arrived[self._first_since(since) :]:
                seen = seen[-len(text) :] + data
                if text in seen:
                    return moment
            if not self._thread.is_alive():
                return None
            time.sleep(0.0005)
        return None

    def bytes_between(self, start: float, end: float) -> int:
        """How much arrived in this time."""
        return sum(len(data) for moment, data in self.arrived if start <= moment < end)

    def join(self, patience: float = 30.0) -> int | None:
        """Wait for the end of the command; its exit code."""
        self._thread.join(patience)
        return self.exit_code

    def hold(self) -> None:
        """Read no more."""
        self._reads = False

    def read_again(self) -> None:
        """Read what has been written since, and what will be."""
        self._reads = True

    def resize(self, columns: int, rows: int) -> None:
        """Have another size; the command is told by a signal."""
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Be gone, as with a window that is closed."""
        self._hung_up = True
        self._stopped.wait()
        os.close(self.terminal)

    def left_behind(self) -> set[int | str]:
        """What the command has not left as it was: settings, and modes that are not as at rest."""
        modes: dict[int, bool] = {}
        for numbers, switch in _MODES.findall(b"".join(data for _, data in self.arrived)):
            modes.update(dict.fromkeys(map(int, numbers.split(b";")), switch == b"h"))
        names = ("iflag", "oflag", "cflag", "lflag", "ispeed", "ospeed", "cc")
        pairs = zip(names, self._settings, termios.tcgetattr(self.terminal), strict=True)
        wrong = {mode for mode, on in modes.items() if on != (mode in _ON_AT_REST)}
        return {name for name, before, now in pairs if before != now} | wrong

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
        self._thread.join(10)
        if not self._hung_up:
            os.close(self.terminal)

    def _first_since(self, moment: float) -> int:
        at = len(self.arrived)
        while at and self.arrived[at - 1][0] >= moment:
            at -= 1
        return at

    def _put(self, moment: float, data: bytes, *, back: bool) -> None:
        with self._lock:
            heapq.heappush(self._events, (moment, next(self._order), data, back))

    def _carry(self) -> None:
        writing = True
        while (writing or self._events) and not self._hung_up:
            now = time.perf_counter()
            with self._lock:
                wait = min(self._events[0][0] - now, 0.002) if self._events else 0.002
            if writing and not self._reads:
                time.sleep(max(wait, 0.0))
            elif writing and select.select([self.terminal], [], [], max(wait, 0.0))[0]:
                try:
                    self._send(os.read(self.terminal, 65536))
                except OSError:  # the command has ended
                    writing = False
            elif not writing:
                time.sleep(max(wait, 0.0))
            self._deliver()
        self._stopped.set()
        _, status = os.waitpid(self.pid, 0)
        self.exit_code = os.waitstatus_to_exitcode(status)

    def _send(self, data: bytes) -> None:
        self.taken += len(data)
        now = time.perf_counter()
        if self._rate is None:
            self._put(now + self._delay, data, back=False)
            return
        for start in range(0, len(data), CHUNK):
            chunk = data[start : start + CHUNK]
            self._free = max(self._free, now) + len(chunk) / self._rate
            self._put(self._free + self._delay, chunk, back=False)

    def _deliver(self) -> None:
        while True:
            now = time.perf_counter()
            with self._lock:
                if not self._events or self._events[0][0] > now:
                    return
                _, _, data, back = heapq.heappop(self._events)
            if back:
                try:
                    os.write(self.terminal, data)
                except OSError:
                    return
                continue
            self.arrived.append((now, data))
            if self._answers:
                self._answer(now, data)

    def _answer(self, now: float, data: bytes) -> None:
        seen = self._tail + data
        end = 0
        for asked in _ASKED.finditer(seen):
            end = asked.end()
            self.answered += 1
            self._put(now + self._delay, b"\x1b[%s;%sR" % asked.groups(), back=True)
        self._tail = seen[max(end, len(seen) - _LONGEST_QUESTION) :]


def versions() -> str:
    """What a figure depends on, in a line."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "textual"))
    python = platform.python_version()
    return f"Python {python}, {packages}, {os.cpu_count()} cores, {platform.machine()}"


def environment() -> dict[str, str]:
    """Of a child: one BLAS thread, a usual terminal, a home of its own for what it records."""
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "MKL", "OMP")}
    home = {"BACKSCOPE_HOME": HOME.name}
    return {**os.environ, **threads, **home, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
