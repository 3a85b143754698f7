"""Writing to a terminal without ever waiting for it.

Textual's own writer takes thirty pieces and then holds up the app, keys, signals and all, until the
terminal reads again. Here a thread writes what the terminal takes, and the rest waits. A terminal
that falls far behind is not told of what is past by then: once it reads again, the screen is
painted anew.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from .encoding import encoded
from .restore import opened_without_waiting, write_reset

MOST = 100_000
"""Characters that may wait, unless they come at once: a picture of a large screen."""
HELD_UP = 0.05
"""Seconds after which what is still not taken is no matter of the thread's turn to run."""
LOOK = 0.05
"""Seconds between two looks whether it is still worth while to wait for the terminal."""
PATIENCE = 0.5
"""Seconds without any progress after which, at the end, a terminal is taken to read no more."""
SMALL = 256
"""Bytes that a terminal which is ready takes without waiting."""
ANEW = "\x18\x1b\\\x1b[?2026l\x1b[0m"
"""Comes first after what was dropped: nothing that was begun there goes on."""


class TerminalWriter:
    """Writes to a terminal in a thread, from ``open`` to ``close``; both may happen again.

    Args:
        descriptor: the terminal's.
        encoding: of the terminal.
        caught_up: is called, in the thread, when a terminal for which something was dropped has
            taken everything else.
        clock: seconds, monotonic.

    Attributes:
        gone: the terminal is no more, and writing does nothing.
    """

    def __init__(
        self,
        descriptor: int,
        encoding: str,
        caught_up: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.gone = False
        self._descriptor = descriptor
        self._encoding = encoding
        self._caught_up = caught_up
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._size = 0
        self._since: float | None = None
        self._dropped = self._closing = self._given_up = False
        self._taken = 0
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Begin to write."""
        self._closing = self._given_up = False
        self._thread = threading.Thread(target=self._run, name="terminal", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Have text written; returns at once. Nothing is written while this is not open."""
        with self._changed:
            if self._thread is None or self.gone or not text:
                return
            if self._size and self._size + len(text) > MOST:
                self._waiting.clear()
                self._waiting.append(ANEW)
                self._size, self._dropped = len(ANEW), True
            self._waiting.append(text)
            self._size += len(text)
            if self._since is None:
                self._since = self._clock()
            self._changed.notify_all()

    @property
    def held_up(self) -> bool:
        """Whether the terminal has not taken everything, though there was time to."""
        since = self._since
        return since is not None and self._clock() - since > HELD_UP

    def close(self, *, reads: bool = True) -> None:
        """Write what waits as long as the terminal takes any of it; otherwise reset it.

        ``reads``: False where it is known not to.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        taken = -1 if reads else self._taken
        while thread.is_alive() and taken != self._taken:
            taken = self._taken
            thread.join(PATIENCE)
        if thread.is_alive() or not reads:
            self._given_up = True
            thread.join(PATIENCE)
            write_reset(self._descriptor)

    def _run(self) -> None:
        own = opened_without_waiting(self._descriptor)
        try:
            while text := self._next():
                self._write(encoded(text, self._encoding), own)
        except OSError:
            self.gone = True
        finally:
            self._since = None
            if own is not None:
                with suppress(OSError):
                    os.close(own)

    def _next(self) -> str:
        """What is to be written next, once there is something; empty: there will be no more."""
        with self._changed:
            if not self._waiting:
                self._since = None
                if self._dropped:
                    self._dropped = False
                    self._caught_up()
            self._changed.wait_for(lambda: self._waiting or self._closing)
            if self._given_up or not self._waiting:
                return ""
            text = self._waiting.popleft()
            self._size -= len(text)
            return text

    def _write(self, data: bytes, own: int | None) -> None:
        """Write all of it, unless that is given up meanwhile."""
        descriptor, most = (self._descriptor, SMALL) if own is None else (own, len(data))
        ready = select.poll()
        ready.register(descriptor, select.POLLOUT)
        left = memoryview(data)
        while left and not self._given_up:
            if ready.poll(1000 * LOOK):
                with suppress(BlockingIOError):
                    count = os.write(descriptor, left[:most])
                    left = left[count:]
                    self._taken += count
