"""The app: which screen is shown, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from ..core.errors import DataError
from ..core.experiment import Experiment
from .arranged_screen import ArrangedScreen
from .capture import CapturedText
from .consulting_app import ConsultingApp
from .dashboard import Dashboard
from .governor import Governor
from .training import (
    Record,
    RunsFactory,
    SourceFactory,
    Training,
    TreatmentFactory,
    live_run,
    live_runs,
    live_treatment,
)

if TYPE_CHECKING:
    from ..core.store.followed import FollowedRun
    from ..core.store.places import Place
    from ..core.store.replayed import ReplayedRun
    from .compare.observers import Naming
    from .gallery import Gallery
    from .replay_screen import ReplayScreen
    from .runs_screen import RunsScreen
    from .watch_screen import WatchScreen


class BackscopeApp(ConsultingApp):
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
        super().__init__(
            pace=pace,
            governor=governor,
            theme=theme,
            source_factory=source_factory,
            runs_factory=runs_factory,
            treatment_factory=treatment_factory,
            record=record,
            log=log,
        )
        self._first = experiment
        self._beside = beside
        self._first_recorded = recorded
        self._paused = paused
        self._opened = experiment is None and beside is None
        self._gallery: Gallery | None = None
        self._replay: ReplayScreen | None = None
        self._watch: WatchScreen | None = None
        self._runs: RunsScreen | None = None

    def get_default_screen(self) -> Screen[None]:
        """What there is to show, otherwise the gallery."""
        if self._beside is not None:
            return self._the_comparison()
        if self._first_recorded is not None:
            from ..core.store.followed import FollowedRun

            followed = isinstance(self._first_recorded, FollowedRun)
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
        """Show what was asked for."""
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

    # Runs on the disk

    def show_recorded(self, run: ReplayedRun | FollowedRun) -> None:
        """Show a run on the disk; what is trained here goes on meanwhile."""
        from ..core.store.followed import FollowedRun

        if isinstance(run, FollowedRun):
            watch = self._the_watch()
            watch.follow(run)
            self._bring(watch)
        else:
            replay = self._the_replay()
            replay.replay(run)
            self._bring(replay)

    def open_place(self, place: Place) -> None:
        """Show a run on the disk, or say why that cannot be; follow one that is being trained."""
        from ..core.store.followed import followed_or_replayed
        from ..core.store.stored_run import StoredRun

        try:
            self.show_recorded(followed_or_replayed(StoredRun(place)))
        except DataError as error:
            self.tell(str(error), error=True)

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

    # The gallery

    def on_gallery_chosen(self, message: Gallery.Chosen) -> None:
        """Train what was chosen."""
        self.open_experiment(message.experiment)

    def on_gallery_left(self) -> None:
        """Back to the run."""
        self._show(self._front)

    def _refuse(self, training: Training[Any]) -> None:
        """Say why a run cannot be trained, and go where another can be."""
        super()._refuse(training)
        if self._patient is not None:
            self.on_compare_screen_left()
        else:
            self.action_gallery()

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
