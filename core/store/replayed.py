"""A recorded run whose present can be moved: a source that shows any of its steps as it was then.

Nothing is trained, and nothing of what lies after the present can be asked for: not of the values,
and not of what the diagnosis made of them.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from ..errors import InputError
from ..experiment import Experiment
from ..findings import Facts
from ..history import Snapshot
from ..interventions import Intervention
from ..kept_checkpoints import KeptCheckpoint, KeptCheckpoints
from ..record import RunState
from ..source import Answer, RunStatus
from .stored_history import StoredHistory
from .stored_run import Life, StoredRun

if TYPE_CHECKING:
    from ..run import Run

SPEEDS = (0.001, 0.01, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""How many times as fast as it was recorded; below 1 for what was over in the blink of an eye."""
NOTHING_TRAINS = "this run is a recording: nothing of it can be changed any more"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a replay stands."""

    step: int
    """What is shown: steps done."""
    last: int
    """The last step there is."""
    speed: float
    """Times as fast as it was recorded."""
    playing: bool
    life: Life
    """How the run has ended, or what it is doing now."""

    @property
    def at_end(self) -> bool:
        """Whether all there is is shown."""
        return self.step >= self.last


class _Present:
    """The history up to where a replay stands.

    Args:
        recorded: all of it.
    """

    def __init__(self, recorded: StoredHistory) -> None:
        self._recorded = recorded
        self.step: int | None = None
        """None: at the end, wherever that is."""

    def snapshot(self) -> Snapshot:
        """What there was at the step that is shown."""
        return self._recorded.snapshot() if self.step is None else self._recorded.until(self.step)


class ReplayedRun:
    """A source that shows a recorded run; at first, its end.

    Args:
        stored: the run; used by this object alone from now on.
        clock: seconds, monotonic.

    Attributes:
        history: up to the step that is shown.
        facts: what the diagnosis had to know besides.
        checkpoints: none: there is nothing to go back with.
        diagnosis: what was found, by step.
        speed: times as fast as it was recorded.
    """

    def __init__(self, stored: StoredRun, clock: Callable[[], float] = time.monotonic) -> None:
        self.stored = stored
        self.history = _Present(stored.history)
        self.facts: Facts = stored.description.facts
        self.checkpoints = KeptCheckpoints()
        self.diagnosis = stored.diagnosis()
        self.speed = 1.0
        self._clock = clock
        self._began: tuple[float, float] | None = None
        """When it began to play, and at which training time; None: it is held."""
        self._marks: tuple[object, tuple[int, ...]] = (None, ())

    @property
    def experiment(self) -> Experiment:
        """The experiment, as it was started."""
        return self.stored.description.experiment

    # Where it stands

    @property
    def first(self) -> int:
        """The first step there is."""
        return self.stored.history.snapshot().first_step

    @property
    def last(self) -> int:
        """The last step there is; the one before the first where there is none."""
        return self.stored.history.snapshot().last_step

    @property
    def position(self) -> Position:
        """Where it stands now."""
        self._go_on()
        last = self.last
        step = last if self.history.step is None else min(self.history.step, last)
        return Position(step, last, self.speed, self._began is not None, self.stored.life)

    def go_to(self, step: int) -> None:
        """Show this step, or the nearest there is; while it plays, it plays on from there."""
        last = self.last
        self.history.step = None if step >= last else max(step, min(self.first, last))
        if self._began is not None:
            self._play()

    def go_by(self, steps: int) -> None:
        """Show a step so many later, or earlier."""
        self.go_to(self.position.step + steps)

    def jump(self, *, forward: bool) -> bool:
        """Show the next step at which something happened or was found, or the one before.

        False where there is none.
        """
        here, marks = self.position.step, self.marks()
        at = bisect_right(marks, here) if forward else bisect_left(marks, here) - 1
        if not 0 <= at < len(marks):
            return False
        self.go_to(marks[at])
        return True

    def marks(self) -> tuple[int, ...]:
        """Every step at which something happened or other findings stood than before, in order."""
        whole = self.stored.history.snapshot()
        if whole is not self._marks[0]:
            steps = {event.step for event in whole.events}
            steps |= {whole.first_step + row for row in self.diagnosis.turns()}
            if whole.nonfinite is not None:
                steps.add(whole.nonfinite.step)
            there = (min(step, whole.last_step) for step in steps)
            self._marks = whole, tuple(sorted({step for step in there if step >= whole.first_step}))
        return self._marks[1]

    # Playing

    @property
    def playing(self) -> bool:
        """Whether the present moves by itself."""
        self._go_on()
        return self._began is not None

    def resume(self) -> None:
        """Play; from the end, from the beginning."""
        if self.position.at_end:
            self.history.step = self.first
        self._play()

    def pause(self) -> None:
        """Hold the step that is shown."""
        self._go_on()
        self._began = None

    def set_speed(self, speed: float) -> None:
        """Play so many times as fast as it was recorded.

        Raises:
            ValueError: not above 0.
        """
        if not speed > 0.0:
            raise ValueError(f"expected a speed above 0, got {speed}")
        if self._began is not None:
            self._began = self._clock(), self._now(*self._began)
        self.speed = speed

    def _play(self) -> None:
        self._began = self._clock(), self.history.snapshot().seconds

    def _now(self, began: float, since: float) -> float:
        """The training time that is shown."""
        return since + max(self._clock() - began, 0.0) * self.speed

    def _go_on(self) -> None:
        """Move the present to where it is by now; hold it at the end."""
        if self._began is None or self.history.step is None:
            self._began = None
            return
        seconds, whole = self._now(*self._began), self.stored.history.snapshot()
        step = whole.step_at(seconds)
        if whole.seconds_at(step) > seconds:
            step -= 1  # it had not ended yet
        step = max(step, self.history.step)
        if step >= whole.last_step:
            self.history.step, self._began = None, None
        else:
            self.history.step = step

    # A source

    @property
    def state(self) -> RunState:
        """It plays, is held, or is at the end: how the run has ended."""
        position = self.position
        if position.playing:
            return RunState.RUNNING
        if not position.at_end:
            return RunState.PAUSED
        over = position.life not in (Life.DEAD, Life.GONE) and not position.life.live
        return RunState(position.life.value) if over else RunState.STOPPED

    def status(self) -> RunStatus:
        """Where the run stood at the step that is shown."""
        state, progress = self.state, self.stored.history.progress
        snapshot = self.history.snapshot()
        count, at_end = snapshot.count, self.history.step is None
        training = self.experiment.training
        return RunStatus(
            state=state,
            step=snapshot.last_step if count else 0,
            planned=self.stored.description.planned,
            epoch=float(snapshot.latest("epoch")) if count else 0.0,
            learning_rate=float(snapshot.latest("learning_rate")) if count else nan,
            seconds=snapshot.seconds,
            steps_per_second=snapshot.steps_per_second,
            pace=None,
            error=progress.error if at_end else "",
            # What was clipped to later is in the events.
            clip_norm=training.clip_norm if not _clipping_changed(snapshot) else 0.0,
        )

    @property
    def pace(self) -> float | None:
        """None: nothing is trained."""
        return None

    def step_once(self) -> None:
        """Show the next step; hold a replay that plays."""
        self.pause()
        self.go_by(1)

    def stop(self) -> None:
        """Hold it."""
        self.pause()

    def drive(self) -> None:
        """Nothing is trained."""

    def advance(self, steps: int) -> None:
        """Nothing is trained."""

    def set_pace(self, steps_per_second: float | None) -> None:
        """Nothing is trained."""

    def change_rate(self, factor: float) -> None:
        """Refused.

        Raises:
            InputError: always.
        """
        raise InputError(NOTHING_TRAINS)

    def intervene(self, intervention: Intervention, answer: Answer) -> None:
        """Refused.

        Raises:
            InputError: always.
        """
        raise InputError(NOTHING_TRAINS)

    def fork(
        self, kept: KeptCheckpoint, experiment: Experiment | None = None, *, paused: bool = False
    ) -> Run:
        """Refused.

        Raises:
            InputError: always.
        """
        raise InputError(NOTHING_TRAINS)


def _clipping_changed(snapshot: Snapshot) -> bool:
    return any(event.kind == "clip_norm" for event in snapshot.events)
