"""The app as far as runs are beside each other: compared, or a cure beside its patient."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import work

from .dashboard import Dashboard
from .training import Record, RunsFactory, Training, TreatmentFactory
from .training_app import TrainingApp

if TYPE_CHECKING:
    from ..core.experiment import Experiment
    from ..core.run import Run
    from .compare.observers import Naming
    from .compare.screen import CompareScreen
    from .patient import Patient


class ConsultingApp(TrainingApp):
    """Trains several runs in lockstep as well, and has a patient wait while a cure is tried.

    Args:
        runs_factory: makes the sources of several experiments, in the worker thread.
        treatment_factory: makes a sick and a treated one of a patient.
        options: as for ``TrainingApp``.
    """

    def __init__(
        self, *, runs_factory: RunsFactory, treatment_factory: TreatmentFactory, **options: Any
    ) -> None:
        super().__init__(**options)
        self._runs_factory = runs_factory
        self._treatment_factory = treatment_factory
        self._comparison: CompareScreen | None = None
        self._waiting_room: Dashboard = self._dashboard
        """The screen of the patient."""

    def _the_comparison(self) -> CompareScreen:
        from .compare.screen import CompareScreen

        if self._comparison is None:
            self._comparison = CompareScreen(self.captured, self.look, self.link, self._governor)
            self.install_screen(self._comparison, "comparison")
        return self._comparison

    def open_comparison(
        self, experiments: Sequence[Experiment], naming: Naming, *, paused: bool = False
    ) -> None:
        """Train these experiments in lockstep, in place of what is trained now."""
        screen = self._the_comparison()
        screen.prepare_all(experiments, naming)
        self._bring(screen)
        build = partial(self._runs_factory, tuple(experiments), paused=paused)
        self._replace_run(build, lambda driven: screen.attach_all(driven.runs))

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
        training, driven = self._training, self._training.source
        driven.keep(message.source)
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
