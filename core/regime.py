"""How a network is trained at present: the settings as changed on the way, and the descent by them.

An experiment says how training begins. Learning rate and clipping may change while it runs, planned
or by hand, and so may the network itself; what holds for the next step is said here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from .checkpoint import Checkpoint
from .descent import Descent, DescentState
from .experiment import Experiment
from .interventions import (
    INTERVENTIONS,
    PLANNED,
    Agenda,
    Intervention,
    Outcome,
    Patient,
    Plan,
    require_sound,
)
from .probes import layout_of, measuring
from .record import Event
from .schedules import base_rate, learning_rate
from .setup import INTERVENTIONS_STREAM, Setup


class Regime:
    """The settings, the optimizer and the interventions of one run.

    Args:
        experiment: how it begins.
        setup: what it trains.

    Attributes:
        settings: ``[training]`` as it is now.
        agenda: the interventions carried out and those to come.
        descent: the passes and the optimizer, by the settings as they are.
        measuring: what measures the last batch.
    """

    def __init__(self, experiment: Experiment, setup: Setup) -> None:
        self._experiment = experiment
        self._setup = setup
        self.settings = experiment.training
        self.agenda = Agenda(self.settings.interventions)
        self._begin_to_descend()

    def base_rate(self, steps: int) -> float:
        """The learning rate after so many steps, before warm-up and schedule."""
        return base_rate(self.settings, steps)

    def learning_rate(self, steps: int) -> float:
        """The learning rate after so many steps."""
        return learning_rate(self.settings, steps, self._setup.steps_planned)

    def intervene(self, intervention: Intervention, steps: int) -> Outcome:
        """Change something by hand after so many steps, and say what came of it.

        Raises:
            ValueError: no such intervention, or not with this value.
        """
        require_sound(intervention)
        outcome = self._carry_out(intervention, steps)
        if outcome.done and intervention.kind in PLANNED:
            self.agenda.insert(Plan(steps + 1, intervention))
        return outcome

    def carry_out_planned(self, steps: int) -> Iterator[Event]:
        """Change what is planned for the next step, after so many; what came of each."""
        while (intervention := self.agenda.due(steps + 1)) is not None:
            outcome = self._carry_out(intervention, steps)
            self.agenda.carried_out()
            yield Event(steps + 1, outcome.what, outcome.text)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on by what was changed until a checkpoint, and what was remembered there."""
        self.agenda = Agenda(checkpoint.interventions, checkpoint.carried_out)
        self.settings = replace(
            self.settings,
            rate_changes=checkpoint.rate_changes,
            clip_norm=self.agenda.clip_norm(self.settings.clip_norm),
        )
        self._begin_to_descend(checkpoint.descent, checkpoint.step)

    def _carry_out(self, intervention: Intervention, steps: int) -> Outcome:
        experiment, kind = self._experiment, INTERVENTIONS[intervention.kind]
        if fault := kind.fault(experiment.network):
            return Outcome(False, fault, kind.event)
        # Another number of interventions done makes other random numbers at the same step.
        place = (INTERVENTIONS_STREAM, steps + 1, self.agenda.done)
        seed = np.random.SeedSequence(experiment.seed, spawn_key=place)
        patient = Patient(
            network=self._setup.network,
            settings=experiment.network,
            training=self.settings,
            memory=self.descent.memory,
            probe_rows=self._setup.probe_rows,
            step=steps + 1,
            rng=np.random.default_rng(seed),
        )
        with np.errstate(all="ignore"):
            outcome = replace(kind.carry_out(patient, intervention.value), what=kind.event)
        if patient.forgets:
            self.descent.restart(steps)
        before, self.settings = self.settings, patient.training
        if self.settings.clip_norm != before.clip_norm:
            self._begin_to_descend(self.descent.state(), steps)
        return outcome

    def _begin_to_descend(self, state: DescentState | None = None, steps: int = 0) -> None:
        """By the settings as they are now; from a state after so many steps, if there is one."""
        setup = self._setup
        self.descent = Descent(
            setup.network, self.settings, setup.X, setup.targets, setup.minibatches.size
        )
        if state is not None:
            self.descent.restore(state, steps)
        view = self.descent.view(setup.probe_rows)
        self.measuring = measuring(view, layout_of(setup.network.plans))
