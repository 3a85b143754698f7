"""The picture to expect of a preset: its first steps, trained while one reads its story."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.errors import InputError
from ..core.experiment import Experiment
from .observer import Display, Look, Observer
from .time_range import TimeRange
from .training import SourceFactory
from .view import Span, View

if TYPE_CHECKING:
    from .training import DrivenSource

STEPS = 300
"""Steps that are trained for the picture."""
PATIENCE = 3.0
"""Seconds after which a slow network's picture is left as it is."""
_AT_ONCE = 10


class Preview:
    """The picture of one experiment, made in whatever thread calls ``train``.

    Args:
        experiment: what to train.
        factory: makes its source.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        experiment: Experiment,
        factory: SourceFactory,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._experiment = experiment
        self._factory = factory
        self._clock = clock
        self._source: DrivenSource | None = None
        self._observer: Observer | None = None
        self.problems: tuple[str, ...] = ()
        """Why there is no picture."""
        self.complete = False
        """Nothing more will be added."""

    def train(self, cancelled: Callable[[], bool]) -> None:
        """Train the first steps; ``cancelled`` is asked between them. May be called again."""
        end = self._clock() + PATIENCE
        try:
            if self._source is None:
                self._source = self._factory(self._experiment, paused=False, pace=None)
            while not cancelled():
                status = self._source.status()
                left = min(STEPS, status.planned) - status.step
                if left <= 0 or status.state.final or self._clock() > end:
                    self.complete = True
                    return
                self._source.advance(min(left, _AT_ONCE))
        except InputError as error:
            self.problems = error.problems
            self.complete = True

    def view(self, display: Display, look: Look) -> View | None:
        """What there is so far; None when it looks as before, or there is nothing yet."""
        source = self._source
        if source is None:
            return None
        if self._observer is None:
            self._observer = Observer(source)
        status = source.status()
        if not status.state.final:
            planned = max(min(STEPS, status.planned), 1)
            display = replace(display, time=TimeRange(Span.ZOOM, 1, planned + 1))
        return self._observer.look(display, look)

    def forget_what_was_shown(self) -> None:
        """Have the next ``view`` be one, because the panels have shown another picture since."""
        self._observer = None
