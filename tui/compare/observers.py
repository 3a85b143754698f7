"""Looking at several sources at once: one comparison, and only when something has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...core import losses
from ...core.differences import differences
from ...core.experiment import Experiment
from ...core.record import RunState
from ...core.source import RunStatus, Source
from ..meter import Readout
from ..observer import Display, Look, Observer, is_spread
from ..time_range import Extent, shown
from ..view import View
from .comparison import Comparison


@dataclass(frozen=True, slots=True)
class Naming:
    """What several runs are called, and whether one of them is another one, treated."""

    names: tuple[str, ...]
    cure: str = ""
    """What the first is treated with in the second; empty where no cure is tried."""
    judged_by: str = "loss"
    """The metric that a cure is accepted on."""


class Observers:
    """What is known of several sources, and what of them was shown last."""

    def __init__(self, sources: Sequence[Source], naming: Naming) -> None:
        self.each = tuple(Observer(source) for source in sources)
        self._naming = naming
        self._views: list[View | None] = [None] * len(self.each)
        self._experiments: tuple[Experiment, ...] = ()
        self._changes: tuple[tuple[str, ...], ...] = ()
        self._last: object = None
        self.logarithmic = False
        """Whether the losses were shown on a log axis last."""
        self.relative = units_differ(sources)

    @property
    def source(self) -> Source:
        """The first one: what holds, paces and stops it does so to all."""
        return self.each[0].source

    @property
    def status(self) -> RunStatus:
        """Of one that still goes on, if any does; else of the first that failed, or the first."""
        statuses = [each.status for each in self.each]
        going = [status for status in statuses if not status.state.final]
        failed = [status for status in statuses if status.state is RunState.FAILED]
        return (going + failed + statuses)[0]

    @property
    def extent(self) -> Extent:
        """All steps that any of them has or plans."""
        extents = [each.extent for each in self.each]
        return Extent(
            first=min(extent.first for extent in extents),
            last=max(extent.last for extent in extents),
            planned=max(extent.planned for extent in extents),
            ended=all(extent.ended for extent in extents),
        )

    def look(
        self, display: Display, look: Look, readout: Readout | None = None
    ) -> Comparison | None:
        """The comparison of this moment; None when it would be the same as the one before."""
        new = False
        for number, observer in enumerate(self.each):
            view = observer.look(display, look, readout)
            if view is not None:
                self._views[number], new = view, True
        if not new:
            return None
        self.logarithmic = self._spread() if display.logarithmic is None else display.logarithmic
        start, stop = shown(display.time, self.extent)
        runs = tuple(
            replace(view, start=start, stop=stop, logarithmic=self.logarithmic)
            for view in self._views
            if view is not None
        )
        return Comparison.of(
            runs,
            names=self._naming.names,
            changes=self._differences(tuple(view.experiment for view in runs)),
            chosen=min(display.chosen, len(runs) - 1),
            overlaid=bool(display.overlaid),
            relative=self.relative,
            cure=self._naming.cure,
            judged_by=self._naming.judged_by,
        )

    def glance(self, display: Display, look: Look, readout: Readout | None = None) -> None:
        """Nothing: what says most of a comparison needs all of it."""

    def _differences(self, experiments: tuple[Experiment, ...]) -> tuple[tuple[str, ...], ...]:
        """In what each differs from the first; told anew when a change by hand adds to it."""
        if experiments != self._experiments:
            first = experiments[0]
            self._experiments = experiments
            self._changes = tuple(differences(first, each) for each in experiments)
        return self._changes

    def _spread(self) -> bool:
        """Whether any of them, or all together, need a log axis; one that broke does not count."""
        sound = [each for each in self.each if each.snapshot.nonfinite is None] or self.each
        if any(each.logarithmic for each in sound):
            return True
        ends = np.array([each.losses for each in sound])
        return is_spread(float(np.fmin.reduce(ends[:, 0])), float(np.fmax.reduce(ends[:, 1])))


def units_differ(sources: Sequence[Source]) -> bool:
    """Whether their losses are of different kinds or of different data."""
    return losses.units_differ(
        [(source.experiment.training.loss, source.facts.baseline) for source in sources]
    )
