"""The gate before every training step: open, at a pace, held, or closed for good.

The thread that trains asks it; any other thread tells it, and returns at once. Runs that share a
gate are held, paced and stopped together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Gate:
    """Says when the next step may be done.

    Args:
        paused: held from the start.
        pace: at most this many steps per second; None: as fast as it goes.

    Raises:
        ValueError: a pace that is not above 0.
    """

    def __init__(self, *, paused: bool = False, pace: float | None = None) -> None:
        _require_pace(pace)
        self._wake = threading.Condition()
        self._paused = paused
        self._pace = pace
        self._permits = 0
        self._closed = False
        self._due = 0.0
        self.attention = paused or pace is not None
        """Whether anything at all is asked: while it is not, ``passes`` need not be called."""

    @property
    def paused(self) -> bool:
        """Whether steps are held."""
        return self._paused

    @property
    def pace(self) -> float | None:
        """At most this many steps per second; None: as fast as it goes."""
        return self._pace

    @property
    def permits(self) -> int:
        """Single steps that were asked for and not begun."""
        return self._permits

    def pause(self) -> None:
        """Hold the next step."""
        with self._wake:
            self._paused = self.attention = True

    def resume(self) -> None:
        """Let steps through again."""
        with self._wake:
            self._paused = False
            self._permits = 0
            self._wake.notify_all()

    def step_once(self) -> None:
        """Let one step through where steps are held; hold them where they are not."""
        with self._wake:
            if self._paused:
                self._permits += 1
            self._paused = self.attention = True
            self._wake.notify_all()

    def close(self) -> None:
        """Let no step through any more."""
        with self._wake:
            self._closed = self.attention = True
            self._wake.notify_all()

    def call(self) -> None:
        """Have the thread that trains look at what it was asked, held or not."""
        with self._wake:
            self.attention = True
            self._wake.notify_all()

    def set_pace(self, steps_per_second: float | None) -> None:
        """At most so many steps per second; None: as fast as it goes.

        Raises:
            ValueError: not above 0.
        """
        _require_pace(steps_per_second)
        with self._wake:
            self._pace = steps_per_second
            self._due = 0.0
            self.attention = True
            self._wake.notify_all()

    def passes(self, look: Callable[[], None]) -> bool:
        """Wait until a step may be done; False when the gate is closed.

        ``look`` is called before and, while waiting, whenever something was asked.
        """
        with self._wake:
            while True:
                look()
                if self._closed:
                    return False
                if self._paused:
                    if self._permits:
                        self._permits -= 1
                        return True
                    self._wake.wait()
                    continue
                if self._pace is None:
                    self.attention = False
                    return True
                now = time.monotonic()
                if now >= self._due:
                    # A late step is not made up for by a burst.
                    self._due = max(self._due, now - 1.0 / self._pace) + 1.0 / self._pace
                    return True
                self._wake.wait(min(self._due - now, threading.TIMEOUT_MAX))


def _require_pace(steps_per_second: float | None) -> None:
    if steps_per_second is not None and not steps_per_second > 0.0:
        raise ValueError(f"expected steps per second above 0, got {steps_per_second}")
