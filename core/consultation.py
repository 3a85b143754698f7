"""A consultation: what is wrong with an experiment, and every cure tried on the same seed.

A cure is accepted on the loss, never on the symptom: a network without dead units, or with a level
profile, that learns no better has not been cured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from .cures import Cure, How, cured, cures_for
from .diagnosis import Diagnosis
from .differences import differences
from .errors import InputError
from .experiment import Experiment, command_line
from .findings import Finding
from .history import Snapshot
from .plain import plain
from .record import RunState
from .run import Run
from .trainer import Trainer

BUDGET = 400
"""Steps that each run gets unless told otherwise, if so many are planned."""
LAST_STEPS = 20
"""Steps whose median is the final loss."""
LOOK_EVERY = 10
"""Steps between two looks of whoever watches."""
HALVED = 0.5
"""A loss below this share of the sick run's is a cure ..."""
LEARNED = 0.7
"""... and so is one below this share of the loss of knowing nothing, if it is below the sick one's.
"""

Watch = Callable[[str, Run, int], None]
"""Told ``(what is tried, its run, the steps it gets)`` again and again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run stood at the end of its steps. NaN: not measured, or there is no such thing."""

    state: RunState
    step: int
    loss: float
    """Median training loss of the last ``LAST_STEPS`` steps; infinite if the run diverged."""
    validation_loss: float
    """The newest; infinite if the run diverged."""
    accuracy: float
    """On the validation rows if there are any, else on the last batch measured."""
    decades: float
    """log10 of the error signal in layer 1 over that in the last layer, before a value was not
    finite."""
    dead: float
    """Share of all ReLU units that are dead on the probe set."""
    baseline: float
    """The loss of knowing nothing, of the rows that it trained on."""

    def score(self, finding: Finding) -> float:
        """The loss that a cure of this finding is judged by, in units of knowing nothing.

        The training loss, and the validation loss where overfitting is the finding.
        """
        loss = self.validation_loss if finding.kind == "overfitting" else self.loss
        known = isfinite(self.baseline) and self.baseline > 0.0
        return loss / self.baseline if known else loss


@dataclass(frozen=True, slots=True)
class Trial:
    """One cure, tried on the same seed."""

    cure: Cure
    experiment: Experiment | None
    """What was run; None where the cure does not apply."""
    outcome: Outcome | None
    accepted: bool = False
    refused: str = ""
    """Why it could not be tried."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """What was found, and what came of each cure."""

    experiment: Experiment
    budget: int
    """Steps that each run got."""
    planned: int
    """Steps of the experiment itself."""
    sick: Outcome
    findings: tuple[Finding, ...]
    """At the end of the budget, the cause first."""
    trials: tuple[Trial, ...]
    """In the order of the cures' ranks; empty where nothing was found."""

    @property
    def finding(self) -> Finding | None:
        """What was treated."""
        return self.findings[0] if self.findings else None

    @property
    def accepted(self) -> Trial | None:
        """The first accepted trial in the order of ranks."""
        return next((trial for trial in self.trials if trial.accepted), None)


def is_cured(sick: float, treated: float) -> bool:
    """Whether a loss is that of a cured run. Both are in units of the loss of knowing nothing.

    It is below the sick run's, and below half of it or below 0.7. A run that diverged has an
    infinite loss, and is cured by any that learns.
    """
    if not treated < sick:
        return False
    return treated < LEARNED or treated < HALVED * sick < inf


def consult(
    experiment: Experiment, budget: int | None = None, watch: Watch | None = None
) -> Consultation:
    """Run an experiment, say what is wrong, and try every cure that there is for it.

    Each run has the same seed and gets the same number of steps; what an experiment plans beyond
    them (its schedule, for one) stays as it is.

    Args:
        experiment: the patient.
        budget: steps for each run; None: as many as are planned, at most ``BUDGET``.
        watch: is told how far each run is.

    Raises:
        InputError: the experiment's data cannot be used.
        ValueError: a budget below 1.
    """
    if budget is not None and budget < 1:
        raise ValueError(f"expected a budget of at least 1 step, got {budget}")
    run = Run(Trainer(experiment))
    planned = run.status().planned
    steps = min(planned, BUDGET if budget is None else budget)
    stood = _examine(run, steps, watch or _nobody)
    findings = stood.findings
    trials: tuple[Trial, ...] = ()
    sick = outcome_of(run)
    if findings:
        cures = cures_for(findings[0], experiment, run.facts)
        good = run.checkpoints.last_good
        patient = _Patient(
            experiment,
            findings[0],
            stood.step,
            0 if good is None else good.step,
            sick,
            steps,
            watch or _nobody,
        )
        trials = tuple(patient.tried(cure) for cure in cures)
    return Consultation(experiment, steps, planned, sick, findings, trials)


def outcome_of(run: Run) -> Outcome:
    """How a run stands."""
    snapshot, status = run.history.snapshot(), run.status()
    diverged = status.state is RunState.DIVERGED
    last = snapshot.last_step
    end = last if snapshot.nonfinite is None else max(snapshot.first_step, last - 1)
    losses = [
        rows[:, snapshot.layout.columns("loss").start]
        for _, rows in snapshot.rows(max(snapshot.first_step, last + 1 - LAST_STEPS), last + 1)
    ]
    accuracy = _last(snapshot, "validation_accuracy")
    return Outcome(
        state=status.state,
        step=status.step,
        loss=inf if diverged else float(np.median(np.concatenate(losses))),
        validation_loss=inf if diverged else _last(snapshot, "validation_loss"),
        accuracy=_last(snapshot, "accuracy") if accuracy != accuracy else accuracy,
        decades=_decades(snapshot, end),
        dead=_dead(snapshot, end),
        baseline=run.facts.baseline,
    )


def _last(snapshot: Snapshot, name: str) -> float:
    return float(snapshot.last_measured(name))


def _decades(snapshot: Snapshot, step: int) -> float:
    with np.errstate(all="ignore"):
        signal = np.log10(np.asarray(snapshot.last_measured("error_signal", step)))
        return float(signal[0] - signal[-1]) if len(signal) > 1 else nan


def _dead(snapshot: Snapshot, step: int) -> float:
    rectifiers = [layer.rectifier for layer in snapshot.layout.layers]
    widths = np.array([layer.width for layer in snapshot.layout.layers])[rectifiers]
    dead = np.asarray(snapshot.last_measured("dead", step))[rectifiers]
    return float(dead.sum() / widths.sum()) if len(widths) else nan


@dataclass(frozen=True, slots=True)
class _Stood:
    findings: tuple[Finding, ...]
    step: int
    """At which the first finding was there, so that something could be done about it."""


def _examine(run: Run, steps: int, watch: Watch) -> _Stood:
    """Train so many steps and diagnose."""
    diagnosis = Diagnosis(run.facts)
    seen: dict[str, int] = {}
    findings: tuple[Finding, ...] = ()
    for step in _advanced(run, steps, "as it is", watch, every=1):
        findings = diagnosis.update(run.history.snapshot())
        for finding in findings:
            seen.setdefault(finding.kind, step)
    return _Stood(findings, seen[findings[0].kind] if findings else 0)


def _advanced(
    run: Run, steps: int, what: str, watch: Watch, every: int = LOOK_EVERY
) -> Iterator[int]:
    """Train up to so many steps; yields the steps done, every so often and at the end."""
    done = run.status().step
    while done < steps and not run.status().state.final:
        run.advance(min(every, steps - done))
        status = run.status()
        done = status.step
        if done % LOOK_EVERY == 0 or done == steps or status.state.final:
            watch(what, run, steps)
        yield done


def _nobody(what: str, run: Run, steps: int) -> None:
    """Watch nothing."""


@dataclass(frozen=True, slots=True)
class _Patient:
    experiment: Experiment
    finding: Finding
    found_at: int
    good_until: int
    """Steps done at the last good checkpoint of the sick run."""
    sick: Outcome
    steps: int
    watch: Watch

    def tried(self, cure: Cure) -> Trial:
        """Try one cure."""
        try:
            experiment = self._treated(cure)
            run = Run(Trainer(experiment))
        except InputError as error:
            return Trial(cure, None, None, refused="; ".join(error.problems))
        for _ in _advanced(run, self.steps, cure.title, self.watch):
            pass
        outcome = outcome_of(run)
        accepted = is_cured(self.sick.score(self.finding), outcome.score(self.finding))
        return Trial(cure, experiment, outcome, accepted)

    def _treated(self, cure: Cure) -> Experiment:
        """The experiment with the cure: what is done in place is done once the finding stood."""
        match cure.how:
            case How.IN_PLACE:
                return cured(self.experiment, cure, self.found_at + 1)
            case How.ROLL_BACK:
                # A fork from that checkpoint and the change planned at its step are the same run.
                return cured(self.experiment, cure, self.good_until + 1)
        return cured(self.experiment, cure)


def consultation_report(consultation: Consultation) -> dict[str, Any]:
    """A consultation as a plain dictionary, in the order in which it is read."""
    experiment, trial = consultation.experiment, consultation.accepted
    finding = consultation.finding
    return {
        "experiment": experiment.name,
        "title": experiment.title,
        "command": command_line(experiment),
        "seed": experiment.seed,
        "steps": consultation.budget,
        "steps_planned": consultation.planned,
        "findings": plain(consultation.findings),
        "baseline": plain(consultation.sick.baseline),
        "sick": _outcome(consultation.sick, finding),
        "cures": [_trial(each, experiment, finding) for each in consultation.trials],
        "cured_by": None if trial is None else trial.cure.title,
        "cured_command": None
        if trial is None or trial.experiment is None
        else command_line(trial.experiment),
    }


def _trial(trial: Trial, patient: Experiment, finding: Finding | None) -> dict[str, Any]:
    treated = trial.experiment
    return {
        "title": trial.cure.title,
        "how": trial.cure.how.value,
        "works": trial.cure.works,
        "reason": trial.cure.reason,
        "differences": None if treated is None else list(differences(patient, treated)),
        "outcome": None if trial.outcome is None else _outcome(trial.outcome, finding),
        "accepted": trial.accepted,
        "refused": trial.refused or None,
    }


def _outcome(outcome: Outcome, finding: Finding | None) -> dict[str, Any]:
    return {
        "state": outcome.state.value,
        "step": outcome.step,
        "loss": plain(outcome.loss),
        "validation_loss": _measured(outcome.validation_loss),
        "loss_in_baselines": None if finding is None else plain(outcome.score(finding)),
        "accuracy": _measured(outcome.accuracy),
        "error_signal_decades": _measured(outcome.decades),
        "dead_share": _measured(outcome.dead),
    }


def _measured(value: float) -> Any:
    return None if value != value else plain(value)
