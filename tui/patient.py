"""The run that waits while a cure is tried beside it, and what that cure is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.record import RunState
from .training import Training

if TYPE_CHECKING:
    from ..core.cures import Cure
    from .compare.observers import Naming


@dataclass(frozen=True, slots=True)
class Patient:
    """A run that is held."""

    training: Training[Any]
    """The thread that it lives in."""
    source: Any
    ran: bool
    """Whether it is to go on when it is let go."""
    cure: Cure
    naming: Naming
    """What the sick run and the treated one are called."""

    @classmethod
    def hold(cls, training: Training[Any], source: Any, cure: Cure, naming: Naming) -> Patient:
        """Hold a run."""
        ran = source.status().state is RunState.RUNNING
        source.pause()
        return cls(training, source, ran, cure, naming)

    @classmethod
    def leave_alone(cls, source: Any, cure: Cure, naming: Naming) -> Patient:
        """A run that is none of ours: it does what it does."""
        return cls(Training.of_nothing(source), source, False, cure, naming)

    def let_go(self) -> None:
        """Have it go on, if it did."""
        if self.ran:
            self.source.resume()
