"""Telling how far a run is without a screen: one line rewritten in place, or plain lines."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol, TextIO

from ..core.history import Snapshot
from ..core.source import RunStatus
from .number_format import count_text, percent_text, seconds_text, short
from .streams import columns_of, is_screen

INTERVAL = 0.1
"""Seconds between two looks at a run."""
GAP = "  "
LINES = 10
"""Plain lines at least this share of the steps apart (a tenth) ..."""
QUIET = 30.0
"""... or so many seconds, whichever comes first."""


class Progress(Protocol):
    """Told again and again where a run, or whatever else takes its time, stands."""

    def show(self, status: RunStatus, snapshot: Snapshot) -> None:
        """Say where the run stands, if it is time to."""

    def say(self, line: str) -> None:
        """Say where something else stands."""

    def clear(self) -> None:
        """Leave nothing unfinished behind."""


class Silence:
    """Says nothing."""

    def show(self, status: RunStatus, snapshot: Snapshot) -> None:
        """Say nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def clear(self) -> None:
        """There is nothing to clear."""


class RewrittenLine:
    """One line on a terminal, never wider than it, rewritten in place and gone at the end."""

    def __init__(self, stream: TextIO, width: Callable[[], int]) -> None:
        self._stream = stream
        self._width = width
        self._shown = ""

    def show(self, status: RunStatus, snapshot: Snapshot) -> None:
        """Rewrite the line if it has changed."""
        self.say(progress_text(status, snapshot, self._room()))

    def say(self, line: str) -> None:
        """Rewrite the line, as much of it as fits, if it has changed."""
        line = line[: self._room()]
        if line != self._shown:
            self._stream.write(f"\r{line}\x1b[K")
            self._stream.flush()
            self._shown = line

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = ""

    def _room(self) -> int:
        # The last column stays free: a line that fills it wraps on some terminals.
        return max(self._width() - 1, 0)


class PlainLines:
    """A line for every tenth of the steps, and when nothing was said for half a minute."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._tenth = 0
        self._said = clock()

    def show(self, status: RunStatus, snapshot: Snapshot) -> None:
        """Write a line if it is time to."""
        tenth, now = LINES * status.step // max(status.planned, 1), self._clock()
        if tenth > self._tenth or now >= self._said + QUIET:
            self.say(progress_text(status, snapshot))
            self._tenth, self._said = tenth, now

    def say(self, line: str) -> None:
        """Write the line."""
        self._stream.write(line + "\n")
        self._stream.flush()

    def clear(self) -> None:
        """Every line is finished already."""


def progress_on(stream: TextIO | None, *, lines: bool) -> Progress:
    """The progress that suits a stream: in place on a terminal, plain lines elsewhere.

    Args:
        stream: where it goes; None is silence.
        lines: whether plain lines are wanted where the stream is no terminal.
    """
    if stream is not None and is_screen(stream):
        return RewrittenLine(stream, lambda: columns_of(stream) or 80)
    return PlainLines(stream) if stream is not None and lines else Silence()


def progress_text(status: RunStatus, snapshot: Snapshot, width: int | None = None) -> str:
    """Where a run stands, in one line, what matters most first.

    Args:
        status: how far it is.
        snapshot: what was measured.
        width: cells that there are (None: any number); what does not fit is left out, because half
            a number is a wrong one.
    """
    parts = [f"step {status.step:,} of {status.planned:,}"]
    if snapshot.count:
        parts.append(f"loss {short(float(snapshot.latest('loss')))}")
        accuracy = float(snapshot.last_measured("accuracy"))
        if accuracy == accuracy:
            parts.append(f"accuracy {percent_text(accuracy)}")
    # Training time knows no waiting: at a pace the clock on the wall is the slower one.
    speed = min(status.steps_per_second, status.pace or math.inf)
    if speed > 0:
        parts.append(f"{count_text(speed) if speed >= 1 else short(speed)} steps/s")
        if left := status.planned - status.step:
            parts.append(f"{seconds_text(left / speed)} left")
    while width is not None and parts and len(GAP.join(parts)) > width:
        parts.pop()
    return GAP.join(parts)
