"""When the next frame may be drawn: as often as its share of time, its bytes and the rate allow.

What was spent is a debt that time pays off; a frame has to wait until there is none. So the share
holds exactly, whatever frames cost, and one that is cheap or dear counts from the next one on. A
little can be saved up: one slow frame among many does not slow the picture down.
"""

from __future__ import annotations

import math

BUDGET = 0.03
"""Share of the time that the screen's thread aims at. Training loses up to 1.6 times as much, by
the interpreter passed to and fro and by caches that a frame has emptied: it may lose 5 %."""
ALONE = 0.08
"""The same in a process that trains nothing: frames keep up with what is written five times a
second, and take nothing from a trainer but a little of a processor."""
FASTEST = 0.1
"""Seconds between two frames when drawing costs little."""
SLOWEST = 1.0
"""Seconds between two frames at most, however much processor time a frame costs."""
LONGEST_SILENCE = 5.0
"""Seconds after which bytes beyond the bandwidth are forgiven."""
_SAVED = 0.5
"""Seconds' worth of what was not spent that can be saved up."""
KB = 1000


class Allowance:
    """Something that may be spent at a steady rate.

    Args:
        rate: how much of it comes in a second.
        saved: seconds' worth of it that can be saved up.
        owed: seconds' worth of it that can be owed; what is beyond is forgiven.
    """

    def __init__(self, rate: float, *, saved: float, owed: float) -> None:
        self._rate = rate
        self._most = saved
        self._least = -owed
        self._seconds = 0.0  # what is there, in seconds of income
        self._then: float | None = None

    def spend(self, amount: float, now: float) -> None:
        """So much was spent."""
        gained = 0.0 if self._then is None else now - self._then
        self._then = now
        there = min(self._seconds + gained, self._most) - amount / self._rate
        self._seconds = max(there, self._least)

    def forgive(self) -> None:
        """Owe nothing any more."""
        self._seconds = max(self._seconds, 0.0)

    def wait(self, now: float) -> float:
        """Seconds until nothing is owed any more."""
        passed = 0.0 if self._then is None else now - self._then
        return max(-self._seconds - passed, 0.0)


def _share(budget: float) -> Allowance:
    return Allowance(budget, saved=_SAVED, owed=SLOWEST)


class Governor:
    """Says how long the next frame has to wait.

    Args:
        fps: frames per second, whatever they cost; None: from 10 down to 1, as ``budget`` allows.
        bandwidth: kilobytes (1000 bytes) per second that may be written; None: any number.
        budget: the share of the time that the screen may take, 0 to 1.
    """

    def __init__(
        self,
        fps: float | None = None,
        bandwidth: float | None = None,
        budget: float = BUDGET,
    ) -> None:
        self._interval = FASTEST if fps is None else 1.0 / fps
        self._time = None if fps is not None else _share(budget)
        self._bytes = (
            None
            if bandwidth is None
            else Allowance(bandwidth * KB, saved=0.0, owed=LONGEST_SILENCE)
        )
        self._due = -math.inf
        self._used, self._written = 0.0, 0

    @property
    def interval(self) -> float:
        """Seconds between two frames when nothing holds them up."""
        return self._interval

    def aim(self, budget: float) -> None:
        """Take this share of the time from now on; where frames come at a given rate, no matter."""
        if self._time is not None:
            self._time = _share(budget)

    def begin(self, used: float, written: int) -> None:
        """What was used before this screen was there is not its doing."""
        self._used, self._written = used, written

    def account(self, used: float, written: int, now: float) -> tuple[float, int]:
        """What is new of the processor time used and the bytes written so far: it was spent.

        Screens that take turns share a governor, and nothing counts twice.
        """
        new = used - self._used, written - self._written
        self.begin(used, written)
        self.spent(*new, now)
        return new

    def spent(self, seconds: float, written: int, now: float) -> None:
        """The screen has taken processor time and written bytes, for frames and for all else."""
        if self._time is not None:
            self._time.spend(seconds, now)
        if self._bytes is not None:
            self._bytes.spend(written, now)

    def opened(self) -> None:
        """A run was opened, and the processor time of that is no debt: its first steps are shown.

        The bytes are: a slow link has to carry them.
        """
        if self._time is not None:
            self._time.forgive()

    def drawn(self, now: float) -> None:
        """A frame was drawn."""
        # A little late does not delay those after it; very late is not made up for by a burst.
        on_time = 0.0 <= now - self._due < self._interval
        self._due = (self._due if on_time else now) + self._interval

    def wait(self, now: float) -> float:
        """Seconds until the next frame may be drawn; 0: now."""
        wait = self._due - now
        if self._time is not None:
            wait = max(wait, self._time.wait(now))
        if self._bytes is not None:
            wait = max(wait, self._bytes.wait(now))
        return max(wait, 0.0)
