"""What a run is to whoever looks at it: where it stands, what it recorded, what it can be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .experiment import Experiment
from .findings import Facts
from .history import Snapshot
from .interventions import Intervention, Outcome
from .kept_checkpoints import KeptCheckpoint, KeptCheckpoints
from .record import RunState


@dataclass(frozen=True, slots=True)
class RunStatus:
    """Where a run stands, at one moment."""

    state: RunState
    step: int
    """Steps done."""
    planned: int
    """Steps to do."""
    epoch: float
    learning_rate: float
    """Of the next step."""
    seconds: float
    """Training time without pauses, in seconds."""
    steps_per_second: float
    """Over the last second or so; 0 when nothing was done."""
    pace: float | None
    """At most this many steps per second; None: as fast as it goes."""
    error: str
    """The traceback of a FAILED run, otherwise empty."""
    clip_norm: float = 0.0
    """What the gradient of the next step is clipped to; 0: it is not."""
    probe_share: float = 0.0
    """Time spent on scheduled measuring of late, as a share of the time of training."""


Answer = Callable[[Outcome], None]


class Past(Protocol):
    """What was recorded, in memory or on a disk."""

    def snapshot(self) -> Snapshot:
        """What there is now; it stays as it is while more is recorded."""


class Commanded(Protocol):
    """What can be told what to do: a live run, or one that is trained elsewhere."""

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now, changes made by hand included: it reproduces the run."""

    def status(self) -> RunStatus:
        """Where the run stands."""

    def pause(self) -> None:
        """Hold training before the next step."""

    def resume(self) -> None:
        """Go on training."""

    def step_once(self) -> None:
        """Do one step of a paused run; pause a running one."""

    def stop(self) -> None:
        """End the run before its next step."""

    def change_rate(self, factor: float) -> None:
        """Multiply the base learning rate from the next step on."""

    def intervene(self, intervention: Intervention, answer: Answer) -> None:
        """Change something before the next step; ``answer`` is told what came of it."""

    def set_pace(self, steps_per_second: float | None) -> None:
        """Train at most so many steps per second; None: as fast as it goes."""


class Source(Commanded, Protocol):
    """What a dashboard shows and commands: a run that lives, or one that was recorded."""

    facts: Facts
    checkpoints: KeptCheckpoints

    @property
    def history(self) -> Past:
        """What was recorded."""

    def fork(
        self, kept: KeptCheckpoint, experiment: Experiment | None = None, *, paused: bool = False
    ) -> Source:
        """A new source that stands where a checkpoint was taken, and goes on from there."""
