"""The app as far as it trains: one run in a thread, replaced, recorded, handed over, ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import work
from textual.message import Message
from textual.screen import Screen

from ..core.errors import DataError, InputError
from .capture import CapturedText
from .dashboard import Dashboard
from .exit_codes import BAD_INPUT
from .governor import BUDGET, Governor
from .shell import Shell
from .training import Record, SourceFactory, Training, record_fork

if TYPE_CHECKING:
    from ..core.experiment import Experiment
    from ..core.source import Source
    from .patient import Patient

_PATIENCE = 0.01
LOOK = 0.5
"""Seconds between two looks at how recording goes."""


class TrainingApp(Shell):
    """Trains one run, or several in lockstep, in a thread that the screens never wait for.

    Args:
        pace: at most this many steps per second; None: as fast as it goes.
        governor: says when frames are drawn; None: by default.
        theme: the name of one of ``palette.THEMES``; None: the first.
        source_factory: makes the source of an experiment, in the worker thread.
        record: begins to record a run that is shown alone; None: nothing is recorded.
        log: takes what training code prints.

    Attributes:
        problems: why the experiment that the app was opened with cannot be trained.
        last_words: what a person is told on the terminal when the app has ended.
    """

    class Ready(Message):
        """A run was built, or could not be; it is in ``training``."""

        def __init__(self, training: Training[Any], show: Callable[[Any], None]) -> None:
            super().__init__()
            self.training = training
            self.show = show
            """Puts its source on the screen."""

    def __init__(
        self,
        *,
        pace: float | None,
        governor: Governor | None,
        theme: str | None,
        source_factory: SourceFactory,
        record: Record | None,
        log: CapturedText | None,
    ) -> None:
        super().__init__(theme=theme, log=log)
        self.problems: tuple[str, ...] = ()
        self.last_words = ""
        self._pace = pace
        self._factory = source_factory
        self._record = record
        self._notice = ""
        self._training: Training[Any] | None = None
        self._opened = False  # something is shown
        self._handing_over = False
        """A process of its own is about to take what is trained: nothing else may."""
        self._patient: Patient | None = None
        """Held while cures are tried beside it."""
        self._governor = governor or Governor()
        self._governor.begin(time.thread_time(), self.link.written)
        self._dashboard = Dashboard(self.captured, self.look, self.link, self._governor)
        self.install_screen(self._dashboard, "dashboard")
        self._front: Dashboard = self._dashboard
        self._trained: Dashboard = self._dashboard
        """The screen of what is trained, or was last."""

    def on_mount(self) -> None:
        """Look at the recording from now on."""
        if self._record is not None:
            self.set_interval(LOOK, self._look_at_recording)

    @property
    def _onlookers(self) -> tuple[Dashboard | None, ...]:
        """Screens of runs that are not trained here."""
        return ()

    @property
    def _looks_on(self) -> bool:
        """Whether the screen in front shows a run that is not trained here."""
        return self._front in self._onlookers

    def on_unmount(self) -> None:
        """However the app ends, training ends with it."""
        self._stop_training()

    def _stop_training(self) -> None:
        if self._training is not None:
            self._training.stop()
        self._forget_patient()

    def leave(self, code: int) -> None:
        """Tell training to stop, and end with this exit code."""
        if self._handing_over and not code:
            return  # it leaves as soon as it can say where the run goes on
        self._stop_training()
        super().leave(code)

    def open_experiment(self, experiment: Experiment, *, paused: bool = False) -> None:
        """Train this experiment in place of what is trained now."""
        self._forget_patient()
        self._dashboard.prepare(experiment)
        self._bring(self._dashboard)
        build = partial(self._factory, experiment, paused=paused)
        self._replace_run(build, self._dashboard.attach, self._record)

    @work(exclusive=True, group="replace")
    async def _replace_run(
        self,
        build: Callable[..., Any],
        show: Callable[[Any], None],
        record: Record | None = None,
    ) -> None:
        """Tell the old run to stop, await its end, start the new one."""
        while self._handing_over:
            await asyncio.sleep(_PATIENCE)
        old = self._training
        if old is not None and old.source is not None:
            self._pace = old.source.pace
        if old is not None and (self._patient is None or old is not self._patient.training):
            old.stop()
            while not old.finished.is_set():
                await asyncio.sleep(_PATIENCE)
        await self.painted()
        self._governor.aim(BUDGET)
        self._training = Training(partial(build, pace=self._pace), record)
        self._train(self._training, show)

    @work(thread=True, group="training", exit_on_error=False)
    def _train(self, training: Training[Any], show: Callable[[Any], None]) -> None:
        def ready() -> None:
            self.post_message(self.Ready(training, show))

        training.run(ready)

    def on_training_app_ready(self, message: Ready) -> None:
        """Show the new run, or say why there is none."""
        training = message.training
        if training is not self._training:
            return
        if training.source is not None:
            message.show(training.source)
        elif training.problems and not self._opened:
            self.problems = training.problems
            self.exit(return_code=BAD_INPUT)
        else:
            self._refuse(training)
        self._opened = True

    def _refuse(self, training: Training[Any]) -> None:
        """The run that was asked for cannot be trained: say why."""
        if training.failure:
            self.captured.write(training.failure, error=True)
        last = training.failure.rstrip().rpartition("\n")[2]
        for problem in training.problems or (f"This cannot be trained: {last}",):
            self.tell(problem, error=True)

    def _look_at_recording(self) -> None:
        """Show what is wrong with it for as long as it is, and say once what should be known."""
        training = self._training
        if training is None or self._patient is not None or self._handing_over:
            return
        self._dashboard.show_banner(training.banner)
        recording = training.recording
        if recording is not None:
            self._dashboard.share_diagnosis(recording.run, recording.diagnosis)
        notice = recording.notice if recording is not None else ""
        if notice != self._notice:
            self._notice = notice
            if notice:
                self.tell(notice[0].upper() + notice[1:])

    def _forget_patient(self) -> None:
        if self._patient is not None:
            self._patient.training.stop()
            self._patient = None

    # What the dashboard asks for

    def on_dashboard_rerun(self, message: Dashboard.Rerun) -> None:
        """Start again."""
        self.open_experiment(message.experiment)

    def on_dashboard_went_back(self, message: Dashboard.WentBack) -> None:
        """Train on from a checkpoint, in place of the run that is shown."""
        source, training = self._dashboard.source, self._training
        if source is None or training is None:
            return

        def build(pace: float | None) -> Source:
            fork = source.fork(message.kept, paused=message.paused)
            if message.change is not None:
                message.change(fork, self._dashboard.answer)
            return fork

        recording = training.recording
        record = None if recording is None else partial(record_fork, recording.place)
        self._replace_run(build, self._dashboard.show_fork, record)

    def on_dashboard_detached(self) -> None:
        """Leave; another process goes on with the run where it stands."""
        training = self._training
        if self._handing_over:
            return
        if self._looks_on and (training is None or training.finished.is_set()):
            self.leave(0)
        elif training is None or training.recording is None:
            why = training.unrecorded if training is not None else ""
            self.tell(f"Only a recorded run can be detached{': ' + why if why else ''}", error=True)
        elif training.recording.problem:
            self.tell(f"This run cannot be detached now: {training.banner}", error=True)
        else:
            self._handing_over = True
            self._hand_over(training)

    @work(group="hand over")
    async def _hand_over(self, training: Training[Any]) -> None:
        from .detaching import detached_text, going_on, hand_over

        assert training.recording is not None, "only what is recorded is detached"
        place = training.recording.place
        self._dashboard.show_banner("Handing this run over to a process of its own ...")
        try:
            process = await asyncio.to_thread(hand_over, training)
        except (DataError, InputError) as error:
            self._handing_over = False
            build = going_on(training)
            goes_on = "" if build is None else ", and goes on here"
            self.tell(f"This run could not be detached{goes_on}: {error}", error=True)
            if build is not None:
                self._replace_run(build, self._dashboard.show_fork, partial(record_fork, place))
        else:
            name = self._dashboard.experiment.name if self._dashboard.experiment else ""
            self.last_words = detached_text(place, process, name)
            self._handing_over = False
            self.leave(0)

    # Screens

    def _bring(self, screen: Dashboard) -> None:
        """Bring a screen with runs to the front; it is what the gallery goes back to."""
        self._front = screen
        if screen not in self._onlookers:
            self._trained = screen
        self._show(screen)

    def _show(self, screen: Screen[None]) -> None:
        """Bring a screen to the front; the one that was opened first stays at the bottom."""
        if screen in self.screen_stack:
            while self.screen is not screen:
                self.pop_screen()
        else:
            self.push_screen(screen)
