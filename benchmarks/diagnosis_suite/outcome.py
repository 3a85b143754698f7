"""How a run ended, without asking any rule: what labels the random set and keeps the others honest.

Losses are in units of knowing nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, nan

import numpy as np

from .case import HEALTHY, Case
from .recording import Recording

LAST_STEPS = 20
"""The loss a run ends with is the median of so many."""
BAD = 0.7
"""A run of the random set is bad if it ends with this loss or more, or with no number."""
LEARNED = 0.5
"""A healthy run ends below this: clearly below ``BAD``."""
HARMLESS = 0.3
"""A fault that ends below this did no harm, and is none."""
WORSE = 1.2
"""Overfitting did harm where the validation loss ends at so many times its best, or more ..."""
WORTH = 0.1
"""... and at this loss or more."""
RUINED = 1.5
"""A run that ends with so many times its best is no healthy one. Between the two it is: validation
losses of few rows rise and fall like that."""
LAST_EVALUATIONS = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    first: float
    end: float
    """Median of the last training losses; infinite where a value was not finite."""
    validation_best: float
    validation_end: float
    """Median of the last evaluations; NaN where there was none."""

    @classmethod
    def of(cls, recording: Recording) -> Outcome:
        """What came of a run."""
        unit = recording.facts.baseline
        losses, validations = recording["loss"] / unit, recording["validation_loss"] / unit
        validations = validations[~np.isnan(validations)]
        finite = recording.nonfinite is None
        return cls(
            first=float(losses[0]),
            end=float(np.median(losses[-LAST_STEPS:])) if finite else inf,
            validation_best=float(validations.min()) if len(validations) else nan,
            validation_end=(
                float(np.median(validations[-LAST_EVALUATIONS:])) if len(validations) else nan
            ),
        )

    @property
    def bad(self) -> bool:
        """It has not learned."""
        return not (isfinite(self.end) and self.end < BAD)

    def overfitted(self, times: float) -> bool:
        """Whether the validation loss ends at so many times its best, and is worth a word."""
        return self.validation_end >= max(times * self.validation_best, WORTH)

    def bears_out(self, case: Case) -> bool:
        """Whether a label by construction holds: a healthy run learns, a fault does harm."""
        if case.label == HEALTHY:
            return self.end < LEARNED and not self.overfitted(RUINED)
        if case.label == "overfitting":
            return self.overfitted(WORSE) and self.end < LEARNED
        return self.end >= HARMLESS
