"""How long nothing has been heard of a run that should go on: its trainer may hang."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.record import RunState

if TYPE_CHECKING:
    from ..core.source import RunStatus

LONG = 5.0
"""Seconds without a step that are worth a word, of a run that does many a second."""
STEPS = 4
"""Steps that could have been done meanwhile, of a run that does few."""


class Heartbeat:
    """When a run was heard of last."""

    def __init__(self) -> None:
        self._heard: object = None
        self._since = 0.0

    def silent(self, status: RunStatus, now: float) -> float:
        """Seconds, in fives, that it should have done a step in and has not; 0: all is well.

        Args:
            status: of the run.
            now: seconds, monotonic.
        """
        heard = status.step, status.state
        if heard != self._heard:
            self._heard, self._since = heard, now
        rates = [rate for rate in (status.pace, status.steps_per_second) if rate]
        patience = max(LONG, STEPS / min(rates, default=STEPS))
        silent = now - self._since
        if status.state is not RunState.RUNNING or silent < patience:
            return 0.0
        return silent // LONG * LONG
