"""Looking at a recording: as at any run, with where its present is."""

from __future__ import annotations

from dataclasses import replace

from ..core.store.replayed import Position, ReplayedRun
from .meter import Readout
from .observer import Display, Look, Observer
from .time_range import Extent
from .view import View


class ReplayObserver(Observer):
    """What is known of a recording up to its present.

    Args:
        run: what is looked at.
    """

    def __init__(self, run: ReplayedRun) -> None:
        super().__init__(run, run.diagnosis)
        self.run = run
        self._position: Position | None = None

    @property
    def extent(self) -> Extent:
        """The steps up to the present, of those that were recorded."""
        position = self.run.position
        first, last = max(self.run.first, 1), max(position.step, 0)
        return Extent(first, last, self.status.planned, position.at_end, whole=position.last)

    def look(self, display: Display, look: Look, readout: Readout | None = None) -> View | None:
        """The view of this moment; None when it would be the same as the one before."""
        position = self.run.position
        if position != self._position:
            self._position, self._last = position, None
        view = super().look(display, look, readout)
        return None if view is None else replace(view, replay=self._position)
