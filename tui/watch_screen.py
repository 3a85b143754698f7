"""The dashboard of a run that another process trains: the same panels, the same commands."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import BindingType
from textual.message import Message

from ..core.record import RunState
from ..core.store.followed import NO_WAY_BACK, FollowedRun
from ..core.store.stored_run import Life
from .dashboard import Dashboard
from .heartbeat import Heartbeat
from .keymap import WATCH, Key, bindings
from .meter import Readout
from .observer import Display, Look, Observer
from .stored_banner import stored_banner
from .view import View

if TYPE_CHECKING:
    from ..core.source import Source


class FollowingObserver(Observer):
    """What is known of a run that another process trains.

    Args:
        run: what is looked at.
    """

    def __init__(self, run: FollowedRun) -> None:
        super().__init__(run, run.diagnosis)
        self.run = run

    def look(self, display: Display, look: Look, readout: Readout | None = None) -> View | None:
        """The view of this moment; None when it would be the same as the one before."""
        view = super().look(display, look, readout)
        return None if view is None else replace(view, followed=self.run.life)


class WatchScreen(Dashboard, inherit_bindings=False):
    """What a person sees of a run that another process trains, and the keys that command it."""

    NEWS: ClassVar[float] = 0.02
    """Steps come a handful at a time, as they are written; to look whether any have is cheap."""
    KEYS: ClassVar[tuple[Key, ...]] = WATCH
    BINDINGS: ClassVar[list[BindingType]] = bindings(WATCH)

    class Left(Message):
        """A person wants to see the list of runs."""

    _heartbeat: Heartbeat
    _silent = 0.0
    """Seconds, when the trainer was asked last; 0: it was heard of lately."""
    _silence = ""
    """What came of that."""

    @property
    def run_shown(self) -> FollowedRun | None:
        """The run; None while there is none."""
        source = self.source
        return source if isinstance(source, FollowedRun) else None

    def follow(self, run: FollowedRun) -> None:
        """Show this run."""
        run.tell = self._refused
        self._heartbeat, self._silent, self._silence = Heartbeat(), 0.0, ""
        self.prepare(run.experiment)
        self.observe(FollowingObserver(run))

    def _refused(self, line: str) -> None:
        """A command was not carried out; in any thread."""
        self.app.call_later(self.tell, line, error=True)

    def _show(self, *, quickly: bool = False) -> bool:
        shown = super()._show(quickly=quickly)
        run = self.run_shown
        if run is not None:
            # Afterwards: damage is found when it is looked at.
            last = run.history.snapshot().last_step
            damaged = run.history.damaged + len(run.diagnosis.damaged)
            self._listen(run)
            self.show_banner(stored_banner(run.stored, run.life, last, damaged, self._silence))
        return shown

    def _listen(self, run: FollowedRun) -> None:
        """Ask why, where no step comes."""
        silent = self._heartbeat.silent(run.status(), time.monotonic())
        if not silent:
            self._silence = ""
        elif silent != self._silent:
            self._ask_why(run, silent)
        self._silent = silent

    @work(thread=True, exclusive=True, group="silence", exit_on_error=False)
    def _ask_why(self, run: FollowedRun, silent: float) -> None:
        line = f"No step for {silent:,.0f} s: {run.why_silent()}"
        self.app.call_later(self._take_why, run, line)

    def _take_why(self, run: FollowedRun, line: str) -> None:
        if run is self.run_shown and self._silent:
            self._silence = line

    def _running_source(self) -> Source | None:
        """The source, if it can still be commanded; otherwise it is said why not."""
        run = self.run_shown
        if run is not None and run.life is Life.GONE:
            self.tell("The files of this run were deleted or moved: it cannot be commanded.")
            return None
        if run is not None and run.life is Life.DEAD:
            self.tell(
                f"Its trainer died; backscope resume {run.stored.place.word} goes on with it."
            )
            return None
        return super()._running_source()

    @property
    def only_looks_on(self) -> bool:
        """Nothing is trained here."""
        return True

    def key_labels(self, state: RunState) -> dict[str, str]:
        """What the key line says of some keys; no way back from here, but out."""
        labels = {**super().key_labels(state), "u": ""}
        labels.pop("d", None)
        return labels

    def action_undo(self) -> None:
        """Only where it is trained."""
        self.tell(NO_WAY_BACK[0].upper() + NO_WAY_BACK[1:])

    def action_back(self) -> None:
        """What is in the way of the whole picture, one thing at a time; then the list of runs."""
        if self.alone or self.wanted.time.cursor is not None or self.focused is not None:
            super().action_back()
        else:
            self.post_message(self.Left())
