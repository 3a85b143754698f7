"""When to measure what costs much: as often as a budget of measured time allows.

Each cadence has its interval in steps. It follows from three running figures: how long a step takes
without what the budget pays for, how long the cadence takes, and what the ones before it leave of
the budget. A cadence whose interval an experiment has set is measured by that alone, whatever it
costs, and counts as a part of the step.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from .probes import SCHEDULED, Cadence
from .settings import ProbeSettings

FULL_STEPS = 20
"""Steps that are measured in full at first: the beginning is where runs go wrong, and the figures
need some steps to mean anything."""
COUNTED = (1, 2, 5, 10, 15, 20)
"""Those of them at which dead units are counted: the ones that the diagnosis looks at, as a count
takes as long as several steps."""
WARM_UP = 4
"""Times that count for nothing once the next has come: caches are being filled."""
MEMORY = 0.9
"""Weight of the past in a running figure."""
OUTLIER = 3.0
"""A time counts at most so many times the running figure: the processor was elsewhere."""
PART = 0.6
"""Of what is left of the budget, for each cadence but the last."""
LONGEST = 1_000_000
WINDOW = 500
"""Steps that ``share`` is taken over."""


class RunningTime:
    """The usual time of something done again and again, in seconds."""

    def __init__(self) -> None:
        self._seen = 0
        self.seconds = 0.0

    def took(self, seconds: float) -> None:
        """It was done once more."""
        self._seen += 1
        if self._seen <= WARM_UP:
            self.seconds = seconds
        else:
            bounded = min(seconds, OUTLIER * self.seconds)
            self.seconds = MEMORY * self.seconds + (1 - MEMORY) * bounded


class ProbeSchedule:
    """Says which cadences are due, and is told what they cost.

    Args:
        settings: the budget, and intervals that are set.
        last: number of the last step planned.
        cadences: those that have anything to measure, in the order of their cost.

    Attributes:
        cadences: as they were given.
        share: time spent on the scheduled cadences, as a share of the time of training; of the
            newest ``WINDOW`` steps that are over.
    """

    def __init__(
        self, settings: ProbeSettings, last: int, cadences: Sequence[Cadence] = SCHEDULED
    ) -> None:
        self.cadences = list(cadences)
        self._budget = settings.budget
        self._set = {cadence: int(getattr(settings, cadence.value)) for cadence in cadences}
        self._free = [cadence for cadence, every in self._set.items() if not every]
        self._last = last
        self._step = RunningTime()
        self._costs = {cadence: RunningTime() for cadence in cadences}
        self._next = dict.fromkeys(cadences, 1)
        self._always = [cadence for cadence, every in self._set.items() if every == 1]
        self._seldom = [cadence for cadence in cadences if cadence not in self._always]
        self._soonest = 0
        """Up to here nothing else is due; 0: that is not known."""
        self._count = 0
        self._now = 0.0  # spent in this step
        self._spent = 0.0
        self._training = 0.0
        self.share = 0.0

    def due(self, step: int) -> list[Cadence]:
        """The cadences to be measured at a step (from 1), in the order of their cost."""
        if FULL_STEPS < step < self._soonest and step != self._last:
            return self._always
        if step == self._last:
            return self.cadences
        return [
            cadence
            for cadence, every in self._set.items()
            if ((step - 1) % every == 0 if every else self._free_is_due(cadence, step))
        ]

    def _free_is_due(self, cadence: Cadence, step: int) -> bool:
        if step <= FULL_STEPS:
            return cadence is not Cadence.DEAD or step in COUNTED
        return step >= self._next[cadence]

    def measured(self, cadence: Cadence, step: int, seconds: float) -> None:
        """A cadence was measured at a step and took so long."""
        if cadence in self._always:
            return
        if not self._set[cadence]:
            self._costs[cadence].took(seconds)
            self._now += seconds
            self._next[cadence] = step + self.interval(cadence)
        self._soonest = min(
            step + every - (step - 1) % every if (every := self._set[each]) else self._next[each]
            for each in self._seldom
        )

    def stepped(self, seconds: float) -> None:
        """A step has taken so long, measuring included."""
        if self._now:
            seconds -= self._now
            self._spent, self._now = self._spent + self._now, 0.0
        self._step.took(seconds)
        self._count += 1
        self._training += seconds
        if self._count in (FULL_STEPS, FULL_STEPS + WINDOW):
            if self._count > FULL_STEPS and self._training > 0:
                self.share = self._spent / self._training
            self._count, self._spent, self._training = FULL_STEPS, 0.0, 0.0

    def interval(self, cadence: Cadence) -> int:
        """Steps from one measurement to the next, as things are now."""
        if self._set[cadence]:
            return self._set[cadence]
        if not self._step.seconds:
            return 1  # the first step of a run that goes on: what it takes is told after it
        step = self._step.seconds
        left = self._budget
        for each in self._free[: self._free.index(cadence)]:
            cost = self._costs[each].seconds / step
            left = max(left - cost / self._affordable(cost, left, each), 0.0)
        return self._affordable(self._costs[cadence].seconds / step, left, cadence)

    def _affordable(self, cost: float, left: float, cadence: Cadence) -> int:
        share = left if cadence is self._free[-1] else left * PART
        return min(max(ceil(cost / max(share, 1e-12)), 1), LONGEST)
