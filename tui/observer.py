"""Looking at a source: one snapshot, one diagnosis, one view; and only when something has changed.

No widget is needed here: what a person wants to see comes in, a ``View`` goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..core.experiment import Experiment, command_line
from ..core.record import RunState
from .glyphs import Glyphs
from .meter import Readout
from .palette import Palette
from .time_range import Extent, TimeRange, shown
from .view import View

if TYPE_CHECKING:
    from ..core.diagnosis import Diagnosing
    from ..core.findings import Finding
    from ..core.history import Snapshot
    from ..core.source import RunStatus, Source

LOG_SPREAD = 1e4
"""A loss whose largest value is so many times its smallest is a flat line with a spike unless its
axis is logarithmic."""


@dataclass(frozen=True, slots=True)
class Display:
    """How a person wants to see a run."""

    time: TimeRange = TimeRange()
    logarithmic: bool | None = None
    """None: as the loss asks for."""
    heatmap: bool = False
    signal: bool = False
    frozen: bool = False
    overlaid: bool | None = None
    """Several runs: in one picture instead of side by side; None: as the screen's size asks for."""
    chosen: int = 0
    """Several runs: which of them keys are meant for, from 0."""


@dataclass(frozen=True, slots=True)
class Look:
    """What colors and characters there are to draw with."""

    palette: Palette
    glyphs: Glyphs


class Watch(Protocol):
    """Looks at one source, or at several, for a screen."""

    logarithmic: bool
    """Whether the loss was shown on a log axis last."""

    @property
    def status(self) -> RunStatus:
        """Where the run stood at the last look."""

    @property
    def source(self) -> Source:
        """What is looked at, and commanded."""

    @property
    def extent(self) -> Extent:
        """The steps there are, of those that are planned."""

    def look(self, display: Display, look: Look, readout: Readout | None = None) -> View | None:
        """The view of this moment; None when it would be the same as the one before."""

    def glance(self, display: Display, look: Look, readout: Readout | None = None) -> View | None:
        """As ``look``, with the findings as they were: the next look judges what is new.

        That may take long, and a key is to be answered at once. None also where no time can be
        gained.
        """


class Observer:
    """What is known of one source, and what of it was shown last.

    Args:
        source: what is looked at.
        diagnosis: says what is wrong with it; None: a new one, that looks at all of it.
    """

    def __init__(self, source: Source, diagnosis: Diagnosing | None = None) -> None:
        self.source = source
        self.status: RunStatus = source.status()
        self.snapshot: Snapshot = source.history.snapshot()
        self._findings: tuple[Finding, ...] = ()
        if diagnosis is None:
            from ..core.diagnosis import Diagnosis  # not before the first screen

            diagnosis = Diagnosis(source.facts)
        self._diagnosis: Diagnosing = diagnosis
        self._last: object = None
        self._judges = True
        self._experiment: Experiment | None = None
        self._command_line = ""
        self.logarithmic = False
        """Whether the loss was shown on a log axis last."""
        self._spread = False
        self._spread_until = 0
        self._least, self._greatest = nan, nan

    def share(self, diagnosis: Diagnosing) -> None:
        """From now on ask this diagnosis of the source, which is made anyway."""
        self._diagnosis = diagnosis

    @property
    def losses(self) -> tuple[float, float]:
        """The least and the greatest loss that was looked at; NaN while there is none."""
        return self._least, self._greatest

    @property
    def extent(self) -> Extent:
        """The steps that the snapshot holds, of those that are planned."""
        snapshot = self.snapshot
        return Extent(
            first=max(snapshot.first_step, 1) if snapshot.count else 1,
            last=snapshot.last_step if snapshot.count else 0,
            planned=self.status.planned,
            ended=self.status.state.final,
        )

    def look(self, display: Display, look: Look, readout: Readout | None = None) -> View | None:
        """The view of this moment; None when it would be the same as the one before.

        While the display is frozen the snapshot and the findings stay as they were; only the status
        goes on. ``readout`` goes along with what is new, but is nothing new in itself.
        """
        self.status = self.source.status()
        if not display.frozen:
            self.snapshot = self.source.history.snapshot()
        now = (self.status, self.snapshot.count, len(self.snapshot.events), display, look)
        if now == self._last:
            return None
        self._last = now
        if not display.frozen and self._judges:
            self._findings = self._diagnosis.update(self.snapshot)
        return self._view(display, look, readout)

    def glance(self, display: Display, look: Look, readout: Readout | None = None) -> View | None:
        """The view of this moment with the findings as they were; the next look judges."""
        self._judges = False
        try:
            view = self.look(display, look, readout)
        finally:
            self._judges = True
        if view is not None:
            self._last = None
        return view

    def _view(self, display: Display, look: Look, readout: Readout | None) -> View:
        experiment = self.source.experiment
        if experiment is not self._experiment:
            self._experiment, self._command_line = experiment, command_line(experiment)
        chosen = display.logarithmic
        self.logarithmic = self._loss_is_spread() if chosen is None else chosen
        start, stop = shown(display.time, self.extent)
        return View(
            snapshot=self._diagnosis.marked(self.snapshot),
            status=self.status,
            experiment=experiment,
            findings=self._findings,
            undecided=self._diagnosis.undecided,
            start=start,
            stop=stop,
            palette=look.palette,
            glyphs=look.glyphs,
            span=display.time.span,
            cursor=display.time.cursor,
            logarithmic=self.logarithmic,
            heatmap=display.heatmap,
            frozen=display.frozen,
            command_line=self._command_line,
            signal=display.signal,
            facts=self.source.facts,
            readout=readout if self.status.state is RunState.RUNNING else None,
        )

    def _loss_is_spread(self) -> bool:
        """Whether the loss has ever needed a log axis; once it has, the axis stays."""
        stop = self.snapshot.last_step + 1
        start = max(self._spread_until, self.snapshot.first_step)
        if not self._spread and start < stop:
            loss = self.snapshot.envelope("loss", start, stop, 1)
            self._spread_until = stop
            self._least = float(np.fmin(self._least, loss.low[0]))
            self._greatest = float(np.fmax(self._greatest, loss.high[0]))
            self._spread = is_spread(self._least, self._greatest)
        return self._spread


def is_spread(least: float, greatest: float) -> bool:
    """Whether losses from the least to the greatest need a log axis."""
    return least > 0.0 and greatest / LOG_SPREAD > least
