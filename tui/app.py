"""The app: which screen is shown, which run is trained, and how it all ends.

Training happens in a worker thread that the screens never wait for. The app starts it, tells it to
stop, and puts the next one in its place.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import work
from textual.message import Message
from textual.screen import Screen

from ..core.errors import DataError, InputError
from ..core.experiment import Experiment
from .arranged_screen import ArrangedScreen
from .capture import CapturedText
from .dashboard import Dashboard
from .exit_codes import BAD_INPUT
from .governor import Governor
from .shell import Shell
from .training import (
    Record,
    RunsFactory,
    SourceFactory,
    Training,
    TreatmentFactory,
    live_run,
    live_runs,
    live_treatment,
    record_fork,
)

if TYPE_CHECKING:
    from ..core.run import Run, Source
    from ..core.store.followed import FollowedRun
    from ..core.store.places import Place
    from ..core.store.replayed import ReplayedRun
    from .compare.observers import Naming
    from .compare.screen import CompareScreen
    from .gallery import Gallery
    from .patient import Patient
    from .replay_screen import ReplayScreen
    from .runs_screen import RunsScreen
    from .watch_screen import WatchScreen

_PATIENCE = 0.01
_LOOK = 0.5
"""Seconds between two looks at how recording goes."""


class BackscopeApp(Shell):
    """Backscope on the screen.

    Args:
        experiment: what to train; None opens the gallery.
        beside: several experiments, to be compared, in place of one; and what they are called.
        recorded: a run on the disk, to be shown in place of one that is trained here.
        paused: hold the first run before its first step.
        pace: at most this many steps per second; None: as fast as it goes.
        governor: says when frames are drawn; None: by default.
        theme: the name of one of ``palette.THEMES``; None: the first.
        source_factory: makes the source of an experiment, in the worker thread.
        runs_factory: makes the sources of several.
        treatment_factory: makes a sick and a treated one of a patient.
        record: begins to record a run that is shown alone; None: nothing is recorded.
        log: takes what training code prints.
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
        experiment: Experiment | None = None,
        *,
        beside: tuple[Sequence[Experiment], Naming] | None = None,
        recorded: ReplayedRun | FollowedRun | None = None,
        paused: bool = False,
        pace: float | None = None,
        governor: Governor | None = None,
        theme: str | None = None,
        source_factory: SourceFactory = live_run,
        runs_factory: RunsFactory = live_runs,
        treatment_factory: TreatmentFactory = live_treatment,
        record: Record | None = None,
        log: CapturedText | None = None,
    ) -> None:
        super().__init__(theme=theme, log=log)
        self.problems: tuple[str, ...] = ()
        """Why the experiment that the app was opened with cannot be trained."""
        self._first = experiment
        self._beside = beside
        self._paused = paused
        self._pace = pace
        self._factory = source_factory
        self._runs_factory = runs_factory
        self._treatment_factory = treatment_factory
        self._record = record
        self._notice = ""
        self._training: Training[Any] | None = None
        self._opened = experiment is None and beside is None  # something is shown
        self._first_recorded = recorded
        self.last_words = ""
        """What a person is told on the terminal when the app has ended."""
        self._patient: Patient | None = None
        """Held while cures are tried beside it."""
        self._governor = governor or Governor()
        self._governor.begin(time.thread_time(), self.link.written)
        self._dashboard = Dashboard(self.captured, self.look, self.link, self._governor)
        self.install_screen(self._dashboard, "dashboard")
        self._gallery: Gallery | None = None
        self._comparison: CompareScreen | None = None
        self._replay: ReplayScreen | None = None
        self._watch: WatchScreen | None = None
        self._runs: RunsScreen | None = None
        self._front: Dashboard = self._dashboard
        self._trained: Dashboard = self._dashboard
        """The screen of what is trained, or was last."""
        self._waiting_room: Dashboard = self._dashboard
        """The screen of the patient."""

    def get_default_screen(self) -> Screen[None]:
        """What there is to show, otherwise the gallery."""
        if self._beside is not None:
            return self._the_comparison()
        if self._first_recorded is not None:
            followed = self._first_recorded.another_trains
            return self._the_watch() if followed else self._the_replay()
        if self._first is not None:
            return self._dashboard
        return self._the_gallery()

    def _the_gallery(self) -> Gallery:
        from .gallery import Gallery

        if self._gallery is None:
            self._gallery = Gallery(self._factory, self.look, self.link)
            self.install_screen(self._gallery, "gallery")
        return self._gallery

    def _the_comparison(self) -> CompareScreen:
        from .compare.screen import CompareScreen

        if self._comparison is None:
            self._comparison = CompareScreen(self.captured, self.look, self.link, self._governor)
            self.install_screen(self._comparison, "comparison")
        return self._comparison

    def _the_replay(self) -> ReplayScreen:
        from .replay_screen import ReplayScreen

        if self._replay is None:
            self._replay = ReplayScreen(self.captured, self.look, self.link, self._governor)
            self.install_screen(self._replay, "replay")
        return self._replay

    def _the_watch(self) -> WatchScreen:
        from .watch_screen import WatchScreen

        if self._watch is None:
            self._watch = WatchScreen(self.captured, self.look, self.link, self._governor)
            self.install_screen(self._watch, "watch")
        return self._watch

    def _the_runs(self) -> RunsScreen:
        from .runs_screen import RunsScreen

        if self._runs is None:
            self._runs = RunsScreen(self.look, self.link)
            self.install_screen(self._runs, "runs")
        return self._runs

    def on_mount(self) -> None:
        """Begin to train."""
        if self._record is not None:
            self.set_interval(_LOOK, self._look_at_recording)
        if self._first is not None:
            self.open_experiment(self._first, paused=self._paused)
        elif self._beside is not None:
            self.open_comparison(*self._beside, paused=self._paused)
        elif self._first_recorded is not None:
            self.show_recorded(self._first_recorded)

    @property
    def screens_in_use(self) -> tuple[ArrangedScreen, ...]:
        """Those that have been made."""
        made = (self._dashboard, self._gallery, self._comparison, self._runs)
        return tuple(screen for screen in (*made, *self._onlookers) if screen is not None)

    @property
    def _onlookers(self) -> tuple[Dashboard | None, ...]:
        """Screens of runs that are not trained here."""
        return self._replay, self._watch

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

    # The run

    def open_experiment(self, experiment: Experiment, *, paused: bool = False) -> None:
        """Train this experiment in place of what is trained now."""
        self._forget_patient()
        self._dashboard.prepare(experiment)
        self._bring(self._dashboard)
        build = partial(self._factory, experiment, paused=paused)
        self._replace_run(build, self._dashboard.attach, self._record)

    def open_comparison(
        self, experiments: Sequence[Experiment], naming: Naming, *, paused: bool = False
    ) -> None:
        """Train these experiments in lockstep, in place of what is trained now."""
        screen = self._the_comparison()
        screen.prepare_all(experiments, naming)
        self._bring(screen)
        build = partial(self._runs_factory, tuple(experiments), paused=paused)
        self._replace_run(build, lambda driven: screen.attach_all(driven.runs))

    def show_recorded(self, run: ReplayedRun | FollowedRun) -> None:
        """Show a run on the disk; what is trained here goes on meanwhile."""
        if run.another_trains:
            watch = self._the_watch()
            watch.follow(run)
            self._bring(watch)
        else:
            replay = self._the_replay()
            replay.replay(run)
            self._bring(replay)

    @work(exclusive=True, group="replace")
    async def _replace_run(
        self,
        build: Callable[..., Any],
        show: Callable[[Any], None],
        record: Record | None = None,
    ) -> None:
        """Tell the old run to stop, await its end, start the new one."""
        old = self._training
        if old is not None and old.source is not None:
            self._pace = old.source.pace
        if old is not None and (self._patient is None or old is not self._patient.training):
            old.stop()
            while not old.finished.is_set():
                await asyncio.sleep(_PATIENCE)
        await self.painted()
        self._training = Training(partial(build, pace=self._pace), record)
        self._train(self._training, show)

    @work(thread=True, group="training", exit_on_error=False)
    def _train(self, training: Training[Any], show: Callable[[Any], None]) -> None:
        def ready() -> None:
            self.post_message(self.Ready(training, show))

        training.run(ready)

    def on_backscope_app_ready(self, message: Ready) -> None:
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

    def _look_at_recording(self) -> None:
        """Show what is wrong with it for as long as it is, and say once what should be known."""
        training = self._training
        if training is None or self._patient is not None:
            return
        self._dashboard.show_banner(training.banner)
        notice = training.recording.notice if training.recording is not None else ""
        if notice != self._notice:
            self._notice = notice
            if notice:
                self.tell(notice[0].upper() + notice[1:])

    # Beside the patient

    def on_dashboard_tried(self, message: Dashboard.Tried) -> None:
        """Have a sick run and a treated one in lockstep, while the run that is shown waits."""
        from .compare.observers import Naming
        from .patient import Patient

        training, source = self._training, self._front.source
        judged_by = "validation_loss" if message.finding.kind == "overfitting" else "loss"
        naming = Naming(("sick", "treated"), message.cure.title, judged_by)
        if source is None:
            return
        if self._looks_on:
            self._patient = Patient.leave_alone(source, message.cure, naming)
        elif training is not None:
            self._patient = Patient.hold(training, source, message.cure, naming)
        else:
            return
        self._waiting_room = self._front
        self._treat(self._patient)

    def _treat(self, patient: Patient) -> None:
        screen = self._the_comparison()
        screen.prepare_all([patient.source.experiment] * 2, patient.naming)
        self._bring(screen)
        build = partial(self._treatment_factory, patient.source, patient.cure, paused=False)
        self._replace_run(build, lambda driven: screen.attach_all(driven.runs))

    def on_compare_screen_rerun_all(self, message: CompareScreen.RerunAll) -> None:
        """Start all again; a cure that is tried is tried again from where it was."""
        if message.reseeded or self._patient is None:
            self.open_comparison(message.experiments, message.naming)
        else:
            self._treat(self._patient)

    def on_compare_screen_kept(self, message: CompareScreen.Kept) -> None:
        """Go on with one run alone, its history and all."""
        if self._training is None or self._training.source is None:
            return
        training = self._training
        training.source.keep(message.source)
        self._forget_patient()
        if self._record is not None:
            self._record_from_now(training, message.source, self._record)
        self._dashboard.prepare(message.source.experiment)
        self._dashboard.attach(message.source)
        self._bring(self._dashboard)

    @work(thread=True, group="recording", exit_on_error=False)
    def _record_from_now(self, training: Training[Any], run: Run, record: Record) -> None:
        training.record(run, record)

    def on_compare_screen_left(self) -> None:
        """Back to the run that was held meanwhile, if there is one."""
        patient = self._patient
        if patient is None:
            return
        self.workers.cancel_group(self, "replace")
        if self._training is not None and self._training is not patient.training:
            self._training.stop()
        self._training, self._patient = patient.training, None
        patient.let_go()
        self._bring(self._waiting_room)

    def _forget_patient(self) -> None:
        if self._patient is not None:
            self._patient.training.stop()
            self._patient = None

    # Screens

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
        if self._front is self._watch:
            self.leave(0)
            return
        training = self._training
        if training is None or training.recording is None:
            why = training.unrecorded if training is not None else ""
            self.tell(f"Only a recorded run can be detached{': ' + why if why else ''}", error=True)
        elif training.recording.problem:
            self.tell(f"This run cannot be detached now: {training.banner}", error=True)
        else:
            self._detach(training)

    @work(exclusive=True, group="replace")
    async def _detach(self, training: Training[Any]) -> None:
        from .detaching import detached_text, going_on, hand_over

        assert training.recording is not None, "only what is recorded is detached"
        place = training.recording.place
        self._dashboard.show_banner("Handing this run over to a process of its own ...")
        try:
            process = await asyncio.to_thread(hand_over, training)
        except (DataError, InputError) as error:
            build = going_on(training)
            goes_on = "" if build is None else ", and goes on here"
            self.tell(f"This run could not be detached{goes_on}: {error}", error=True)
            if build is not None:
                self._replace_run(build, self._dashboard.show_fork, partial(record_fork, place))
        else:
            name = self._dashboard.experiment.name if self._dashboard.experiment else ""
            self.last_words = detached_text(place, process, name)
            self.leave(0)

    def on_gallery_chosen(self, message: Gallery.Chosen) -> None:
        """Train what was chosen."""
        self.open_experiment(message.experiment)

    def on_gallery_left(self) -> None:
        """Back to the run."""
        self._show(self._front)

    def on_replay_screen_left(self) -> None:
        """To the list of runs."""
        self.action_runs()

    def on_watch_screen_left(self) -> None:
        """To the list of runs."""
        self.action_runs()

    def on_runs_screen_chosen(self, message: RunsScreen.Chosen) -> None:
        """Show a run: the one trained here, one that another process trains, or a replay."""
        place = message.run.place
        training = self._training
        recording = training.recording if training is not None else None
        if message.run.live and recording is not None and recording.place == place:
            self._bring(self._trained)
        else:
            self.open_place(place)

    def open_place(self, place: Place) -> None:
        """Show a run on the disk, or say why that cannot be; follow one that is being trained."""
        from ..core.store.followed import followed_or_replayed
        from ..core.store.stored_run import StoredRun

        try:
            self.show_recorded(followed_or_replayed(StoredRun(place)))
        except DataError as error:
            self.tell(str(error), error=True)

    def on_runs_screen_left(self) -> None:
        """Back to what is trained, or else to the recording that was shown, or to the gallery."""
        if self._is_training:
            self._show(self._trained)
        elif self._looks_on:
            self._show(self._front)
        else:
            self.action_gallery()

    @property
    def _is_training(self) -> bool:
        """Whether there is a run of this process to be seen."""
        source = self._training.source if self._training is not None else None
        shown = (screen.source for screen in self._onlookers if screen is not None)
        return source is not None and source not in shown

    def _refuse(self, training: Training[Any]) -> None:
        """The run that was asked for cannot be trained: say why, and go where another can be."""
        if training.failure:
            self.captured.write(training.failure, error=True)
        last = training.failure.rstrip().rpartition("\n")[2]
        for problem in training.problems or (f"This cannot be trained: {last}",):
            self.tell(problem, error=True)
        if self._patient is not None:
            self.on_compare_screen_left()
        else:
            self.action_gallery()

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

    # Keys

    def action_gallery(self) -> None:
        """Choose another preset; the run goes on meanwhile."""
        gallery = self._the_gallery()
        running = self._is_training or self._looks_on
        experiment = self._front.experiment
        gallery.running((experiment.name or "the run") if experiment and running else "")
        self._show(gallery)

    def action_runs(self) -> None:
        """Choose a recorded run; what is trained goes on meanwhile."""
        runs = self._the_runs()
        front = self._trained if self._is_training else self._front
        shown = self._is_training or self._looks_on
        name = (front.experiment.name or "the run") if front.experiment else ""
        runs.running(name if shown and name else "the gallery")
        self._show(runs)

    def leave(self, code: int) -> None:
        """Tell training to stop, and end with this exit code."""
        self._stop_training()
        super().leave(code)
