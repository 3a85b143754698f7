"""Backscope as a contender: its own trainer, bare or with its instruments on."""

from __future__ import annotations

from collections import deque
from itertools import islice

import numpy as np

from ..record import StepRecord
from ..settings import ProbeSettings
from .workloads import ENDLESS, Exercise

NEVER = 1_000_000
"""The longest interval of a probe: measured at the first step and then not for long."""
FEW = ProbeSettings(
    signal_every=NEVER, activations_every=NEVER, trust_every=NEVER, dead_every=NEVER
)
"""Loss, norms and silent units of each step."""
ALL = ProbeSettings(signal_every=1, activations_every=1, trust_every=NEVER, dead_every=NEVER)
"""All that can be measured of each step's own arrays. Dead units and the trust ratio cannot: they
need a forward pass more, of the fixed probe set and of the batch."""


class BackscopeStep:
    """The trainer, driven as a run drives it.

    Args:
        exercise: what to train.
        probes: what to measure how often; None: nothing, the training alone.
    """

    def __init__(self, exercise: Exercise, probes: ProbeSettings | None = None) -> None:
        self._trainer = exercise.trainer(probes or FEW)
        self._exercise = exercise
        self._bare = probes is None
        self._steps = self._trainer.steps(errors_ignored=True)

    def advance(self, steps: int) -> int:
        """Train so many steps.

        Raises:
            RuntimeError: training has ended, which would make the rest look fast.
        """
        if self._bare:
            self._trainer.advance_bare(steps)
        else:
            with np.errstate(all="ignore"):
                deque(islice(self._steps, steps), maxlen=0)
        if self._trainer.state.final:
            raise RuntimeError(f"the training has {self._trainer.state} at {self._trainer.step}")
        return steps

    @property
    def probe_share(self) -> float:
        """What the budget was spent on of late, as a share of the training time."""
        return self._trainer.probe_share

    def record(self) -> StepRecord:
        """Train one step and give what was measured of it."""
        with np.errstate(all="ignore"):
            return next(self._steps)

    def loss(self) -> float:
        """The loss of all rows."""
        X, targets = self._trainer.training_rows(ENDLESS)
        loss, _ = self._trainer.loss_and_gradients(X, targets)
        return loss
