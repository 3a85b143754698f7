"""How the loss has come to where it is, and what all steps so far together have promised."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

CHECKS = 128
"""Checks that are remembered: enough for the newer half of any run, however long."""


@dataclass(frozen=True, slots=True)
class Course:
    """The loss at one check after the other. All losses in units of knowing nothing."""

    promised: float = 0.0
    """What the steps so far have promised to take away, all together."""
    promised_until: int = 0
    """How many steps that is."""
    checks: tuple[tuple[int, float], ...] = ()
    """Step (from 1) and loss, oldest first; the newest ``CHECKS`` of them."""

    def after(self, count: int, loss: float, promise: float | None) -> Course:
        """With one more check.

        Args:
            count: steps so far.
            loss: the median of the newest ones.
            promise: of a step as they are now; None: not known yet.
        """
        checks = (*self.checks, (count, loss))[-CHECKS:]
        if promise is None:
            return Course(self.promised, self.promised_until, checks)
        promised = self.promised + promise * (count - self.promised_until)
        return Course(promised, count, checks)

    @property
    def loss(self) -> float:
        """The newest; infinite where there is none."""
        return self.checks[-1][1] if self.checks else inf

    @property
    def best_before(self) -> float:
        """The lowest there was up to half of the steps ago; infinite where nothing is known."""
        half = self.checks[-1][0] / 2 if self.checks else 0
        return min((loss for count, loss in self.checks if count <= half), default=inf)
