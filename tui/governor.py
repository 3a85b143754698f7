"""How often the screen is drawn: as often as its share of the processor allows."""

from __future__ import annotations

BUDGET = 0.05
"""Share of the time that drawing may take."""
FASTEST = 0.1
"""Seconds between two frames when drawing costs little."""
SLOWEST = 1.0
"""Seconds between two frames at most, however much a frame costs."""
_MEMORY = 0.8
_WARM_UP = 2


class Governor:
    """Turns what frames cost into the time to wait for the next one.

    Args:
        budget: the share of the time that frames may take, 0 to 1.
        fastest: shortest wait, in seconds.
        slowest: longest wait, in seconds.
    """

    def __init__(
        self, budget: float = BUDGET, fastest: float = FASTEST, slowest: float = SLOWEST
    ) -> None:
        self._budget = budget
        self._fastest = fastest
        self._slowest = slowest
        self._cost: float | None = None
        self._seen = 0

    @property
    def interval(self) -> float:
        """Seconds to wait for the next frame."""
        wanted = (self._cost or 0.0) / self._budget
        return min(max(wanted, self._fastest), self._slowest)

    def drawn(self, seconds: float) -> None:
        """A frame cost so many seconds of processor time."""
        self._seen += 1
        if self._seen <= _WARM_UP:
            return  # imports and caches being filled say nothing about later frames
        if self._cost is None:
            self._cost = seconds
        else:
            self._cost = _MEMORY * self._cost + (1 - _MEMORY) * seconds
