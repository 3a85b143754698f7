"""One run in its thread: built there, driven there, told to stop from outside.

Building reads data and draws weights, which may take long, so it belongs in the thread as well:
the screen is there before it.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Protocol

from ..core.errors import InputError
from ..core.experiment import Experiment
from ..core.run import Source


class DrivenSource(Source, Protocol):
    """A source that needs a thread to live in."""

    def drive(self) -> None:
        """Train until the run ends or is stopped; blocks."""

    def advance(self, steps: int) -> None:
        """Do up to so many steps in the calling thread."""


class SourceFactory(Protocol):
    """Makes the source of an experiment; may raise ``InputError`` and may take its time."""

    def __call__(self, experiment: Experiment, *, paused: bool, pace: float | None) -> DrivenSource:
        """Make it."""


def live_run(experiment: Experiment, *, paused: bool, pace: float | None) -> DrivenSource:
    """A trainer in this process.

    Raises:
        InputError: the experiment's data cannot be used.
    """
    from ..core.run import Run
    from ..core.trainer import Trainer

    return Run(Trainer(experiment), paused=paused, pace=pace)


class Training:
    """The life of one run in a thread.

    Args:
        build: makes the source; called in the thread.
    """

    def __init__(self, build: Callable[[], DrivenSource]) -> None:
        self._build = build
        self._stopping = False
        self.source: DrivenSource | None = None
        self.problems: tuple[str, ...] = ()
        """Why the source could not be made."""
        self.failure = ""
        """The traceback, where making it went wrong in an unforeseen way."""
        self.finished = threading.Event()
        """Set when the thread has nothing more to do."""

    def run(self, ready: Callable[[], None]) -> None:
        """Build and drive; ``ready`` is called in between, or when it cannot be built."""
        try:
            try:
                self.source = self._build()
            except InputError as error:
                self.problems = error.problems
            except Exception:
                self.failure = traceback.format_exc()
            if self._stopping:
                return
            ready()
            if self.source is not None:
                self.source.drive()
        finally:
            self.finished.set()

    def stop(self) -> None:
        """Have it end before the next step, or right after it was built; returns at once."""
        self._stopping = True
        if self.source is not None:
            self.source.stop()
