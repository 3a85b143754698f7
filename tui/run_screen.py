"""A screen that shows a source: it takes one look at a time and hands it to all panels.

The screen pulls. A timer asks for the next view, and when there is a new one all panels get it in
one update. A governor says when, by what the screen has cost, and the link, by what has arrived. A
key is answered at once, whatever they say.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ..core.record import RunState
from .alarm import Alarm
from .arranged_screen import ArrangedScreen
from .capture import CapturedText
from .direct_update import Painter
from .governor import Governor
from .interpreter import ONE_FRAME, switch_interval
from .key_line import KeyLine
from .link import ANSWERS, Link
from .log_pane import LogPane
from .meter import Meter
from .observer import Display, Look, Observer, Watch
from .panels import Panel
from .time_range import TimeRange

if TYPE_CHECKING:
    from ..core.experiment import Experiment
    from ..core.source import Source

QUIET = 1.0
"""Seconds between two looks at a run that stands still: only a key changes it, and a key draws."""
SOON = 0.005
"""Seconds that are worth a timer."""


class RunScreen(ArrangedScreen):
    """Shows one source after another; what is composed and which keys there are is not its concern.

    Args:
        captured: what training code prints.
        look: the colors and characters to draw with.
        link: the way to the terminal.
        governor: says when a frame may be drawn; screens that take turns share one.
    """

    NEWS: ClassVar[float] = math.inf
    """Seconds between two looks at most, where a frame may be drawn and there is nothing new."""

    def __init__(self, captured: CapturedText, look: Look, link: Link, governor: Governor) -> None:
        super().__init__(look, link)
        self.captured = captured
        self.wanted = Display()
        """What the person wants to see."""
        self._observer: Watch | None = None
        self._experiment: Experiment | None = None
        self._governor = governor
        self._meter = Meter()
        self._painter = Painter(self)
        self._in_front = False
        self._next_look = Alarm(self, self._tick)
        self._answer = Alarm(self, self.draw)
        self._owed = False  # an answer to a key waits for the link
        self._failure_told = False
        self._preparing = ""
        self._panels: list[Panel] = []  # once there are any
        self._opening = False  # what is shown first of a run is still to be drawn

    def on_screen_resume(self) -> None:
        """In front: show the present at once, and go on looking."""
        self._in_front = True
        self._meter.forget()
        self._look_again(drawn=self._show())

    def on_screen_suspend(self) -> None:
        """Another screen is in front: a screen behind it that stirs would have it repainted."""
        self._stop_looking()

    def on_unmount(self) -> None:
        """The app ends."""
        self._stop_looking()

    def _stop_looking(self) -> None:
        self._in_front = False
        self._next_look.stop()
        self._answer.stop()

    @property
    def experiment(self) -> Experiment | None:
        """The experiment that is shown or being prepared, as it was opened."""
        return self._experiment

    @property
    def source(self) -> Source | None:
        """What is shown; None while it is being prepared."""
        return self._observer.source if self._observer else None

    def prepare(self, experiment: Experiment) -> None:
        """Say that this experiment is on its way."""
        self._experiment = experiment
        self._observer = None
        self.wanted = replace(self.wanted, time=TimeRange(), frozen=False)
        self._failure_told = False
        self._say_preparing(experiment.title or experiment.name or "the experiment")

    def _say_preparing(self, what: str) -> None:
        """Panels without a run, and in the first of them what is on its way."""
        self._preparing = f"Preparing {what}"
        for number, panel in enumerate(self._panels):
            panel.wait("" if number else self._preparing)

    def on_mount(self) -> None:
        """Say it to panels that were not there when it was prepared."""
        self._panels = list(self.query(Panel))
        if self._observer is None:
            self._panels[0].wait(self._preparing)

    def attach(self, source: Source) -> None:
        """Show this source."""
        self._experiment = source.experiment
        self.observe(Observer(source))

    def observe(self, observer: Watch) -> None:
        """Show what this one looks at."""
        self._observer = observer
        self._opening = True
        self.draw()

    def arrived(self) -> None:
        """The terminal has shown what was sent: the next frame may come."""
        super().arrived()
        if self._owed:
            self.draw()
        elif self._in_front:
            self._tick()

    def _tick(self) -> None:
        """Draw if it is time to, and say when to look again."""
        # Looking costs a little too: counted before, it would put every frame off by some more.
        self._look_again(drawn=self._wait < SOON and self._show())

    def _look_again(self, *, drawn: bool) -> None:
        self._account()
        if drawn and self._opening:
            self._opening = False
            self._governor.opened()
        wait = max(self._wait or min(self._governor.interval, self.NEWS), SOON)
        still = self._observer is not None and _is_still(self._observer.status.state)
        self._next_look.set(QUIET if still and not drawn else wait)

    @property
    def _wait(self) -> float:
        """Seconds until a frame may be drawn that nobody has asked for."""
        return max(self._governor.wait(time.monotonic()), self.link.wait())

    def _account(self) -> None:
        """Tell what this thread has done since the last time: frames, keys, and all else."""
        now = time.monotonic()
        spent = self._governor.account(time.thread_time(), self.link.written, now)
        self._meter.spent(*spent, now, self.link.round_trip)

    def draw(self) -> None:
        """Show the present now, as a person has asked for something.

        Not while the link is full: then as soon as something has arrived.
        """
        if not self._in_front:
            return
        wait = self.link.wait(ANSWERS)
        self._owed = wait > 0.0
        if self._owed:
            self._next_look.stop()
            self._answer.set(wait)
        else:
            self._answer.stop()
            self._look_again(drawn=self._show(quickly=True))

    def _show(self, *, quickly: bool = False) -> bool:
        """Show the present; False when it looks as before.

        ``quickly``: what says most in fewest cells is painted before the rest is even drawn.
        """
        if self._observer is None or not (self.is_whole and self.is_current):
            return False
        log = self.query_one(LogPane)
        log.follow()
        asked, panels = (self.asked, self.look, self._meter.readout), self._panels
        with switch_interval(ONE_FRAME), self.link.one_frame():
            seen = self._observer.glance(*asked) if quickly else None
            if seen is not None:
                self._show_keys(log)
                self._painter.paint(panels[:1], seen)
                self.paint()
            view = self._observer.look(*asked)
            self._show_keys(log)
            if view is not None:
                self._painter.paint(panels if seen is None else panels[1:], view)
                self.paint()
        if view is None:
            return False
        state = self._observer.status.state
        self.link.ask(self.app._driver)
        self._governor.drawn(time.monotonic())
        self._meter.drawn()
        if state is not RunState.RUNNING:
            self._meter.forget()
        self._tell_failure()
        return True

    def _show_keys(self, log: LogPane) -> None:
        assert self._observer is not None, "keys are shown with a run"
        labels = self.key_labels(self._observer.status.state)
        self.query_one(KeyLine).show(labels, {"o"} if log.unread else ())

    def restyle(self, look: Look) -> None:
        """Draw with other colors from now on."""
        super().restyle(look)
        self.draw()

    @property
    def asked(self) -> Display:
        """What the observer is asked for: what is wanted, with what is left to the screen."""
        return self.wanted

    def key_labels(self, state: RunState) -> dict[str, str]:
        """What the key line says of some keys (by ``Key.keys``)."""
        return key_labels(state, frozen=self.wanted.frozen)

    def _tell_failure(self) -> None:
        status = self._observer.status if self._observer else None
        if status is None or not status.error or self._failure_told:
            return
        self._failure_told = True
        self.captured.write(status.error.rstrip() + "\n", error=True)
        last = status.error.rstrip().rpartition("\n")[2]
        self.tell(f"Training failed: {last}; o shows where", error=True)


def _is_still(state: RunState) -> bool:
    return state.final or state is RunState.PAUSED


def key_labels(state: RunState, *, frozen: bool) -> dict[str, str]:
    """What the key line says of some keys (by ``Key.keys``); nothing of those that can do nothing.

    ``frozen``: the display is held.
    """
    labels = {
        "space": "resume" if state is RunState.PAUSED else "pause",
        "f": "unfreeze" if frozen else "freeze",
    }
    if state.final:
        labels |= dict.fromkeys(("space", "s", "plus,equals_sign", "comma"), "")
    return labels
