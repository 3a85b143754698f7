"""A run that another process trains: read as it is recorded, commanded through its socket."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..experiment import Experiment
from ..findings import Facts
from ..history import Snapshot
from ..interventions import Intervention, Outcome, require_sound
from ..kept_checkpoints import KeptCheckpoint, KeptCheckpoints
from ..record import RunState
from ..source import Answer, RunStatus
from .control import PATIENCE, UNWRITTEN, UnansweredError, ask, status_of
from .description import experiment_from_meta
from .replayed import ReplayedRun
from .stored_history import StoredHistory
from .stored_run import Life, StoredRun

if TYPE_CHECKING:
    from ..run import Run

HASTE = 0.5
"""Seconds that a person who has pressed a key is kept waiting for an answer."""
_LITTLE_HOPE = 0.05
"""The same where the last command was not answered: keys must not add up to a frozen screen."""
NO_WAY_BACK = "another process trains this run: there it can be rolled back, not from here"


class FollowedRun:
    """A source that shows a run while another process trains it.

    Args:
        stored: the run; used by this object alone from now on, in one thread.
        tell: is told in one line why a command was not carried out, in any thread.

    Attributes:
        history: what is recorded so far.
        facts: what the diagnosis had to know besides.
        checkpoints: none: there is nothing to go back with.
        diagnosis: what was found, by step.
    """

    def __init__(self, stored: StoredRun, tell: Callable[[str], None] = lambda line: None) -> None:
        self.stored = stored
        self.tell = tell
        self.facts: Facts = stored.description.facts
        self.checkpoints = KeptCheckpoints()
        self.diagnosis = stored.diagnosis()
        self._experiment = stored.description.experiment
        self._asked_with = 0
        self._haste = HASTE
        self._answered: tuple[Snapshot, RunStatus] | None = None
        """What there was when a command was answered, and the status in that answer: it is newer
        than what is recorded until something is recorded again."""

    @property
    def history(self) -> StoredHistory:
        """What is recorded so far."""
        return self.stored.history

    @property
    def life(self) -> Life:
        """What the run is doing, its trainer's death included."""
        return self.stored.life

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now, as far as its trainer can be asked."""
        changes = len(self.history.snapshot().events)
        if changes != self._asked_with:
            self._asked_with = changes
            try:
                said = self._ask("experiment")
                self._experiment = experiment_from_meta(said["experiment"])
            except (UnansweredError, InputError, KeyError, ValueError, TypeError):
                pass  # as it was when it could be asked last
        return self._experiment

    @property
    def state(self) -> RunState:
        """Where the run stands; one whose trainer or whose files have gone has stopped."""
        return self.status().state

    @property
    def pace(self) -> float | None:
        """At most this many steps per second; None: as fast as it goes."""
        return self.status().pace

    def status(self) -> RunStatus:
        """Where the run stands."""
        snapshot, life = self.history.snapshot(), self.life
        progress, count = self.history.progress, snapshot.count
        state = RunState.STOPPED if life in (Life.DEAD, Life.GONE) else RunState(life.value)
        if self._answered is not None:
            before, status = self._answered
            if before is snapshot and life.live:
                return status
            self._answered = None
        return RunStatus(
            state=state,
            step=snapshot.last_step if count else 0,
            planned=self.stored.description.planned,
            epoch=float(snapshot.latest("epoch")) if count else 0.0,
            learning_rate=progress.learning_rate,
            seconds=snapshot.seconds,
            steps_per_second=snapshot.steps_per_second,
            pace=progress.pace,
            error=progress.error,
            clip_norm=progress.clip_norm,
            probe_share=progress.probe_share,
        )

    # Commands

    def pause(self) -> None:
        """Hold training before the next step."""
        self._command("pause")

    def resume(self) -> None:
        """Go on training."""
        self._command("resume")

    def step_once(self) -> None:
        """Do one step of a paused run; pause a running one."""
        self._command("step")

    def stop(self) -> None:
        """End the run."""
        self._command("stop")

    def change_rate(self, factor: float) -> None:
        """Multiply the base learning rate from the next step on."""
        self._command("rate", factor=factor)

    def set_pace(self, steps_per_second: float | None) -> None:
        """Train at most so many steps per second; None: as fast as it goes."""
        self._command("pace", steps_per_second=steps_per_second)

    def intervene(self, intervention: Intervention, answer: Answer = lambda outcome: None) -> None:
        """Change something before the next step; ``answer`` is told what came of it.

        Raises:
            ValueError: no such intervention, or not with this value.
        """
        require_sound(intervention)
        values = {"kind": intervention.kind, "value": intervention.value}

        def wait() -> None:
            try:
                said = ask(self.stored.place.socket, "intervene", PATIENCE + HASTE, **values)
                outcome = Outcome(**said["outcome"])
            except (UnansweredError, InputError, KeyError, TypeError) as error:
                self.tell(self._unanswered(error))
            else:
                answer(outcome)

        # A step of a large network may take long, and nobody is to wait for it here.
        threading.Thread(target=wait, name="change", daemon=True).start()

    def _command(self, do: str, **values: Any) -> None:
        try:
            said = self._ask(do, **values)
            # The snapshot from before: what is recorded from now on is newer than the answer.
            self._answered = self.history.snapshot(), status_of(said)
        except (UnansweredError, InputError) as error:
            self.tell(self._unanswered(error))

    def why_silent(self) -> str:
        """Why no step may come at present, asked of the trainer; in any thread."""
        try:
            said = ask(self.stored.place.socket, "status", HASTE)
        except (UnansweredError, InputError):
            writer = self.stored.writer
            return f"its trainer{f', process {writer},' if writer else ''} does not answer"
        if unwritten := str(said.get(UNWRITTEN, "")):
            return f"{unwritten}; training goes on"
        return "its trainer is at work on one"

    def _ask(self, do: str, **values: Any) -> dict[str, Any]:
        patience, self._haste = self._haste, HASTE
        try:
            return ask(self.stored.place.socket, do, patience, **values)
        except UnansweredError:
            self._haste = _LITTLE_HOPE
            raise

    def _unanswered(self, error: Exception) -> str:
        if isinstance(error, UnansweredError):
            return f"The trainer of this run does not answer: {error}"
        return f"This cannot be done with this run: {error}"

    # What only a run of this process can do

    def fork(
        self, kept: KeptCheckpoint, experiment: Experiment | None = None, *, paused: bool = False
    ) -> Run:
        """Refused.

        Raises:
            InputError: always.
        """
        raise InputError(NO_WAY_BACK)

    def drive(self) -> None:
        """Another process trains it."""

    def advance(self, steps: int) -> None:
        """Another process trains it."""


def followed_or_replayed(stored: StoredRun) -> FollowedRun | ReplayedRun:
    """A run on the disk as it can be shown: followed while a process trains it, else replayed."""
    return FollowedRun(stored) if stored.life.live else ReplayedRun(stored)
