"""What the screen takes, in figures that a person can read: frames, bytes, share of the time."""

from __future__ import annotations

from dataclasses import dataclass

PERIOD = 1.0
"""Seconds over which is counted, and for which the figures stand still."""


@dataclass(frozen=True, slots=True)
class Readout:
    """What the screen took in the last second or so."""

    frames: float
    """Per second."""
    written: float
    """Bytes per second."""
    share: float
    """Of the time, 0 to 1."""
    round_trip: float | None
    """Seconds from a frame to the terminal's answer; None: it does not answer."""


class Meter:
    """Adds up what the screen takes, and tells it once in a period."""

    def __init__(self) -> None:
        self.readout: Readout | None = None
        """None before the end of the first period, and after what was no period."""
        self.forget()

    def forget(self) -> None:
        """Start from nothing: what comes next has nothing to do with what was before."""
        self._since: float | None = None
        self._frames = 0
        self._written = 0
        self._seconds = 0.0
        self.readout = None

    def spent(self, seconds: float, written: int, now: float, round_trip: float | None) -> None:
        """The screen has taken processor time and written bytes."""
        if self._since is None:
            self._since = now
            return
        self._seconds += seconds
        self._written += written
        passed = now - self._since
        if passed >= PERIOD:
            readout = Readout(
                self._frames / passed, self._written / passed, self._seconds / passed, round_trip
            )
            self.forget()
            self._since = now
            self.readout = readout

    def drawn(self) -> None:
        """A frame was drawn."""
        self._frames += 1
