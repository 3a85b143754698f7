"""The dashboard of a recorded run: the same panels, and keys that move its present."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from ..core.record import RunState
from ..core.store.replayed import SPEEDS, Position, ReplayedRun
from . import time_range as ranges
from .dashboard import Dashboard
from .keymap import REPLAY, Key, bindings
from .panels import Panel
from .replay_observer import ReplayObserver
from .stored_banner import stored_banner

PAGE = 5
"""Tenths of the range that a page is."""


class ReplayScreen(Dashboard, inherit_bindings=False):
    """What a person sees of a recorded run, and the keys that move through it."""

    KEYS: ClassVar[tuple[Key, ...]] = REPLAY
    BINDINGS: ClassVar[list[BindingType]] = bindings(REPLAY)

    class Left(Message):
        """A person wants to see the list of runs."""

    @property
    def run_shown(self) -> ReplayedRun | None:
        """The recording; None while there is none."""
        source = self.source
        return source if isinstance(source, ReplayedRun) else None

    def replay(self, run: ReplayedRun) -> None:
        """Show this recording."""
        self.prepare(run.experiment)
        self.observe(ReplayObserver(run))

    def _show(self, *, quickly: bool = False) -> bool:
        shown = super()._show(quickly=quickly)
        if self.run_shown is not None:
            # Afterwards: damage is found when it is looked at.
            self.show_banner(banner(self.run_shown))
        return shown

    @property
    def only_looks_on(self) -> bool:
        """Nothing is trained here."""
        return True

    def key_labels(self, state: RunState) -> dict[str, str]:
        """What the key line says of some keys."""
        run = self.run_shown
        return {"space": "hold" if run is not None and run.playing else "play"}

    # Keys: the present

    def action_pause(self) -> None:
        """Play, or hold the step that is shown."""
        run = self.run_shown
        if run is not None:
            if run.playing:
                run.pause()
            else:
                run.resume()
            self.draw()

    def action_step(self) -> None:
        """The next step."""
        self._move(lambda run: run.step_once())

    def action_time(self, move: str) -> None:
        """Move the present, or show another range."""
        run = self.run_shown
        if run is None or self._observer is None:
            return
        if move in _MOVES:
            by = self._steps_of(move)
            self._move(lambda run: run.go_by(by))
        elif move == "first":
            self._move(lambda run: run.go_to(run.first))
        elif move == "newest":
            self._move(lambda run: run.go_to(run.last))
        else:
            super().action_time(move)

    def _steps_of(self, move: str) -> int:
        """How many steps a key moves the present, by what is on the screen."""
        assert self._observer is not None
        start, stop = ranges.shown(self.wanted.time, self._observer.extent)
        sign, tenths = _MOVES[move]
        if tenths:
            return sign * max((stop - start) * tenths // 10, 1)
        columns = max(self.query_one("#loss", Panel).size.width, 1)
        return sign * max((stop - start) // columns, 1)

    def action_jump(self, direction: int) -> None:
        """The next thing that happened or was found, or the one before."""
        run = self.run_shown
        if run is None:
            return
        if run.jump(forward=direction > 0):
            self._move(lambda run: None)
        else:
            where = "later" if direction > 0 else "earlier"
            self.tell(f"Nothing happened and nothing was found {where} in this run.")

    def action_pace(self, change: str) -> None:
        """Play slower or faster."""
        run = self.run_shown
        if run is not None:
            run.set_speed(next_speed(run.speed, faster=change == "faster"))
            self.draw()

    def on_panel_cursor_moved(self, message: Panel.CursorMoved) -> None:
        """A person pointed at a step: it is the present."""
        message.prevent_default()  # the dashboard would put a cursor there
        self._move(lambda run: run.go_to(message.step))

    def _move(self, move: Callable[[ReplayedRun], None]) -> None:
        """Move the present; a zoomed range goes along."""
        run = self.run_shown
        if run is None or self._observer is None:
            return
        move(run)
        self.wanted = replace(
            self.wanted, time=ranges.live(self.wanted.time, self._observer.extent)
        )
        self.draw()

    # Keys: the run

    def action_trains_nothing(self) -> None:
        """A key that changes training."""
        self.tell("Nothing trains here: this is a recording. r trains its experiment anew.")

    def action_back(self) -> None:
        """All panels again; then the list of runs."""
        if self.alone:
            self._show_alone(None)
        elif self.focused is not None:
            self.set_focus(None)
        else:
            self.post_message(self.Left())


_MOVES: dict[str, tuple[int, int]] = {
    "back": (-1, 0),
    "forward": (1, 0),
    "far_back": (-1, 1),
    "far_forward": (1, 1),
    "page_back": (-1, PAGE),
    "page_forward": (1, PAGE),
}
"""Direction, and how many tenths of the range that is shown; 0: a column of it."""


def next_speed(speed: float, *, faster: bool) -> float:
    """The next of the speeds; beyond the last it stays."""
    if faster:
        return next((each for each in SPEEDS if each > speed), SPEEDS[-1])
    return next((each for each in reversed(SPEEDS) if each < speed), SPEEDS[0])


def banner(run: ReplayedRun) -> str:
    """What a person must know of a recording as long as it is shown; empty: nothing."""
    position: Position = run.position
    life = position.life
    grows = "Another process trains it: this is what is recorded so far"
    damaged = run.stored.history.damaged + len(run.diagnosis.damaged)
    return stored_banner(run.stored, life, position.last, damaged, grows if life.live else "")
