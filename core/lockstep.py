"""Several runs, step by step together: step k of every one before step k + 1 of any.

They share one gate, so what holds, paces or stops one of them does it to all, in the same round;
the learning rate is each one's own. A run that has ended stands where it is while the others go on.
One that begins later than step 1 (a fork) waits until the others have come as far.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .errors import InputError
from .experiment import Experiment
from .gate import Gate
from .run import Run
from .trainer import Trainer

FEWEST, MOST = 2, 4
"""Runs that a person can compare at a glance."""


class Lockstep:
    """Drives two to four runs in one thread.

    Args:
        runs: what to drive, all made with ``gate``; nobody else may drive them.
        gate: what holds them: pause, resume, single steps (a round of each), pace and the end.

    Raises:
        ValueError: too few runs or too many.
    """

    def __init__(self, runs: Sequence[Run], gate: Gate) -> None:
        if not FEWEST <= len(runs) <= MOST:
            raise ValueError(f"expected {FEWEST} to {MOST} runs, got {len(runs)}")
        self.runs = tuple(runs)
        self._gate = gate
        self._kept: Run | None = None

    @classmethod
    def of(
        cls, experiments: Sequence[Experiment], *, paused: bool = False, pace: float | None = None
    ) -> Lockstep:
        """Runs of these experiments from their first step on.

        Raises:
            InputError: an experiment's data cannot be used, or they cannot be compared: some
                choose classes and some predict numbers.
        """
        gate = Gate(paused=paused, pace=pace)
        trainers = [Trainer(each) for each in experiments]
        _require_one_task(trainers)
        return cls([Run(trainer, gate=gate) for trainer in trainers], gate)

    @property
    def pace(self) -> float | None:
        """At most this many rounds per second; None: as fast as they go."""
        return self._gate.pace

    def stop(self) -> None:
        """End all runs; ``drive`` returns before the next round."""
        self._gate.close()

    def keep(self, run: Run) -> None:
        """Go on with this run alone; the others are stopped before the next round.

        Raises:
            ValueError: it is none of these runs.
        """
        if run not in self.runs:
            raise ValueError("expected one of the runs that are driven")
        self._kept = run
        self._gate.call()

    def drive(self) -> None:
        """Train until every run has ended or all are stopped; blocks."""
        gate, going = self._gate, list(self.runs)
        while going and (not gate.attention or gate.passes(self._look)):
            self._round(going)
            going = [run for run in going if not run.state.final]
        for run in going:
            run.end()

    def _round(self, going: Sequence[Run]) -> None:
        """A step of those that are furthest behind: of all, once they are level."""
        behind = min(run.step for run in going)
        for run in going:
            if run.step == behind and not run.state.final:
                run.advance(1)

    def _look(self) -> None:
        """Do what was asked since the last round."""
        for run in self.runs:
            if self._kept is not None and run is not self._kept:
                run.end()
            elif not run.state.final:
                run.apply_changes()


def _require_one_task(trainers: Sequence[Trainer]) -> None:
    """Losses of one task compare, if need be in units of knowing nothing; those of two do not."""
    for first, other in pairwise(trainers):
        if other.data.task is not first.data.task:
            raise InputError(
                f"{_told(first)} and {_told(other)} cannot share a window: no loss of the one "
                "compares with one of the other"
            )


def _told(trainer: Trainer) -> str:
    return f"{trainer.experiment.name or 'one experiment'} ({trainer.data.task})"
