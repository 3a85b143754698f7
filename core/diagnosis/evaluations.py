"""What the validation losses have said: how good they were, and whether they get worse for good."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, nan

OVERFIT_RATIO = 1.15
OVERFIT_LOST = 0.08
"""Of what the best validation loss is below that of knowing nothing."""
OVERFIT_FAR = 1.75
OVERFIT_LOSS = 0.1
BY_HEART_TRAINING = 0.3
BY_HEART_VALIDATION = 1.0
"""In units of knowing nothing: less than this of the rows that were learned, more of the others."""


@dataclass(frozen=True, slots=True)
class Evaluations:
    """What the validation losses said so far. All losses in units of knowing nothing."""

    best: float = inf
    best_step: int = 0
    training_at_best: float = nan
    newest: float = nan
    training: float = nan
    """Mean training loss between the evaluation before the newest and the newest."""
    count: int = 0
    worse: int = 0
    """Evaluations in a row that were clearly worse than the best."""
    by_heart: int = 0
    """Evaluations in a row of a network that had learned, worse than knowing nothing."""

    def after(self, step: int, newest: float, training: float) -> Evaluations:
        """With one more.

        Args:
            step: of the evaluation.
            newest: the validation loss.
            training: mean training loss since the evaluation before.
        """
        seen = self
        if newest < seen.best:
            seen = replace(seen, best=newest, best_step=step, training_at_best=training)
        lost = newest - seen.best > OVERFIT_LOST * max(1.0 - seen.best, 0.0)
        far = newest > max(OVERFIT_FAR * seen.best, OVERFIT_LOSS)
        clearly = newest > OVERFIT_RATIO * seen.best and (lost or far)
        by_heart = training < BY_HEART_TRAINING and newest > BY_HEART_VALIDATION
        return replace(
            seen,
            newest=newest,
            training=training,
            count=seen.count + 1,
            worse=seen.worse + 1 if clearly else 0,
            by_heart=seen.by_heart + 1 if by_heart else 0,
        )
