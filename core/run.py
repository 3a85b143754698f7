"""Driving a trainer: pause, single step, stop, change the learning rate, fail; without a screen.

``Run.drive`` pulls the trainer in whatever thread calls it and appends to the history; the other
methods may be called from any thread and return at once. A ``Run`` is the live ``Source``.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf

import numpy as np

from .experiment import Experiment
from .experiment.going_back import going_on_with, with_changes
from .findings import Facts
from .gate import Gate
from .history import History
from .interventions import Intervention, require_sound
from .kept_checkpoints import MOST_BYTES, KeptCheckpoint, KeptCheckpoints
from .record import Event, RunState
from .settings import HIGHEST_RATE
from .source import Answer, RunStatus
from .trainer import Trainer


class Run:
    """A live source: one trainer, driven by one thread.

    Args:
        trainer: what to drive; nobody else may pull it.
        clock: seconds, monotonic.
        paused: start held before the first step.
        pace: at most this many steps per second; None: as fast as it goes.
        gate: what holds its steps, if several runs share one; None: one of its own, made of
            ``paused`` and ``pace``.
        history: what is recorded already, up to where the trainer stands; None: nothing.
        checkpoints: those that are kept of what came before; None: none.

    Attributes:
        history: what was recorded.
        facts: what the diagnosis must know besides.
        checkpoints: where it can go back to.

    Raises:
        ValueError: a pace that is not above 0.
    """

    def __init__(
        self,
        trainer: Trainer,
        history: History | None = None,
        checkpoints: KeptCheckpoints | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
        paused: bool = False,
        pace: float | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._gate = gate or Gate(paused=paused, pace=pace)
        self.history = history or History(trainer.layout)
        self.checkpoints = checkpoints or KeptCheckpoints()
        self.facts: Facts = trainer.facts
        self._trainer = trainer
        self._steps = trainer.steps(errors_ignored=True)
        self._clock = clock
        self._state = RunState.READY
        self._error = ""
        self._seconds = self.history.snapshot().seconds
        self._asked: deque[Callable[[], None]] = deque()

    @property
    def state(self) -> RunState:
        """Where the run stands, but for pauses: those are the gate's."""
        return self._state

    @property
    def step(self) -> int:
        """Steps done."""
        return self._trainer.step

    @property
    def pace(self) -> float | None:
        """At most this many steps per second; None: as fast as it goes."""
        return self._gate.pace

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now, changes made by hand included: it reproduces the run."""
        trainer = self._trainer
        return with_changes(
            trainer.experiment,
            rate_changes=trainer.rate_changes,
            interventions=trainer.interventions,
        )

    def status(self) -> RunStatus:
        """Where the run stands."""
        snapshot = self.history.snapshot()
        state = self._state
        if self._gate.paused and state in (RunState.READY, RunState.RUNNING):
            state = RunState.PAUSED
        return RunStatus(
            state=state,
            step=snapshot.last_step if snapshot.count else 0,
            planned=self._trainer.steps_planned,
            epoch=float(snapshot.latest("epoch")) if snapshot.count else 0.0,
            learning_rate=self._trainer.learning_rate,
            seconds=self._seconds,
            steps_per_second=snapshot.steps_per_second,
            pace=self._gate.pace,
            error=self._error,
            clip_norm=self._trainer.clip_norm,
            probe_share=self._trainer.probe_share,
        )

    def pause(self) -> None:
        """Hold training before the next step."""
        self._gate.pause()

    def resume(self) -> None:
        """Go on training."""
        self._gate.resume()

    def step_once(self) -> None:
        """Do one step of a paused run; pause a running one."""
        self._gate.step_once()

    def stop(self) -> None:
        """End the run; ``drive`` returns before the next step."""
        self._gate.close()

    def change_rate(self, factor: float) -> None:
        """Multiply the base learning rate from the next step on; 1e9 is the highest there is.

        Raises:
            ValueError: the factor is not above 0, or infinite.
        """
        if not 0.0 < factor < inf:
            raise ValueError(f"expected a factor above 0, got {factor}")
        self._ask(partial(self._multiply_rate, factor))

    def intervene(self, intervention: Intervention, answer: Answer = lambda outcome: None) -> None:
        """Change something before the next step; a checkpoint from before is kept.

        Args:
            intervention: what.
            answer: told what came of it, in the training thread.

        Raises:
            ValueError: no such intervention, or not with this value.
        """
        require_sound(intervention)
        self._ask(partial(self._intervene, intervention, answer))

    def keep(self, answer: Callable[[KeptCheckpoint], None]) -> None:
        """Take a checkpoint before the next step, held or not; of a run that has ended, at once.

        Args:
            answer: given the checkpoint, in the training thread; not at all where the run has
                failed, as nobody knows what its trainer holds then.
        """
        if not self._state.final:
            self._ask(lambda: answer(self._kept()))
        elif self._state is not RunState.FAILED:
            answer(self._kept())

    def _ask(self, what: Callable[[], None]) -> None:
        self._asked.append(what)
        self._gate.call()

    def set_pace(self, steps_per_second: float | None) -> None:
        """Train at most so many steps per second; None: as fast as it goes.

        Raises:
            ValueError: not above 0.
        """
        self._gate.set_pace(steps_per_second)

    def fork(
        self,
        kept: KeptCheckpoint,
        experiment: Experiment | None = None,
        *,
        paused: bool = False,
        gate: Gate | None = None,
    ) -> Run:
        """A new run that stands where a checkpoint of this one was taken; this one stays as it is.

        It has the history up to there and an event that says where it came from. Any thread may
        ask; nothing is trained yet.

        Args:
            kept: one of ``checkpoints``.
            experiment: as what it goes on; None: as it was. What was changed by hand since then is
                undone either way.
            paused: hold it before its first step.
            gate: what holds its steps, if it shares one; None: one of its own, at the same pace.

        Raises:
            InputError: the experiment has other layers or data.
        """
        checkpoint, trainer = kept.checkpoint, self._trainer
        going_on = with_changes(
            trainer.experiment,
            rate_changes=checkpoint.rate_changes,
            interventions=checkpoint.interventions,
        )
        if experiment is not None:
            going_on = going_on_with(going_on, experiment, kept.step)
            training = going_on.training
            checkpoint = replace(
                checkpoint,
                rate_changes=training.rate_changes,
                interventions=training.interventions,
            )
        run = Run(
            Trainer(going_on, trainer.data_for(going_on), checkpoint=checkpoint),
            self.history.copy(kept.place),
            self.checkpoints.until(kept),
            clock=self._clock,
            paused=paused,
            pace=self._gate.pace,
            gate=gate,
        )
        undone = f": {kept.change} undone" if kept.change else ""
        said = f"from step {self.history.snapshot().last_step:,}{undone}"
        run.history.mark(Event(kept.step + 1, "roll_back", said))
        return run

    def drive(self) -> None:
        """Train until the run is finished, has diverged, is stopped or fails; blocks."""
        gate = self._gate
        self._state = RunState.RUNNING
        try:
            with np.errstate(all="ignore"):
                while not gate.attention or gate.passes(self.apply_changes):
                    if not self._step():
                        return
        except Exception:
            self._fail()
        else:
            self.end()

    def advance(self, steps: int) -> None:
        """Do up to so many steps in the calling thread, whatever is paused."""
        self._state = RunState.RUNNING
        try:
            with np.errstate(all="ignore"):
                for _ in range(steps):
                    self.apply_changes()
                    if not self._step():
                        break
        except Exception:
            self._fail()

    def end(self) -> None:
        """No further step will be done: a run that has not ended by itself was stopped."""
        if not self._state.final:
            self._state = RunState.STOPPED

    def apply_changes(self) -> None:
        """Carry out what was asked for since the last step, in the thread that trains."""
        while self._asked:
            self._asked.popleft()()

    def _fail(self) -> None:
        self._error = traceback.format_exc()
        self._state = RunState.FAILED

    def _step(self) -> bool:
        """Do one step; False when there is none left to do."""
        if self._trainer.step >= self.checkpoints.due:
            self._look()
        started = self._clock()
        record = next(self._steps, None)
        if record is None:
            self._state = self._trainer.state
            return False
        self._seconds += self._clock() - started
        self.history.append(record, self._seconds)
        for event in self._trainer.take_events():
            self.history.mark(event)
        if self._trainer.state.final:
            self._state = self._trainer.state
            return False
        return True

    def _multiply_rate(self, factor: float) -> None:
        rate = min(self._trainer.base_learning_rate * factor, HIGHEST_RATE)
        rate = float(f"{rate:.12g}")  # a tenth of 0.05 is 0.005 to everybody else
        self._intervene(Intervention("rate", rate), lambda outcome: None)

    def _intervene(self, intervention: Intervention, answer: Answer) -> None:
        trainer = self._trainer
        kept = self._kept() if trainer.checkpoint_bytes <= MOST_BYTES else None
        outcome = trainer.intervene(intervention)
        if outcome.done:
            if kept is not None:
                change = f"{outcome.what.replace('_', ' ')} {outcome.text}"
                self.checkpoints.add(replace(kept, change=change))
            self.history.mark(Event(trainer.step + 1, outcome.what, outcome.text))
        answer(outcome)

    def _kept(self) -> KeptCheckpoint:
        trainer = self._trainer
        return KeptCheckpoint(
            trainer.checkpoint(), self.history.place(), trainer.learning_rate, trainer.clip_norm
        )

    def _look(self) -> None:
        """Ask of the losses since the last look whether the checkpoint from there is a good one."""
        snapshot, column = self.history.snapshot(), self.history.layout.columns("loss").start
        since = snapshot.rows(self.checkpoints.looked + 1)
        losses = [loss for _, rows in since for loss in rows[:, column].tolist()]
        trainer = self._trainer
        self.checkpoints.look(trainer.step, trainer.checkpoint_bytes, losses, self._kept)
