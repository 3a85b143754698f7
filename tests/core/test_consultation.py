"""A consultation: diagnose, try every cure on the same seed, accept on the loss alone."""

import json
from dataclasses import replace
from math import inf, nan

import pytest

from backscope.core.consultation import (
    BUDGET,
    Outcome,
    consult,
    consultation_report,
    is_cured,
    outcome_of,
)
from backscope.core.cures import How, cured, cures_for
from backscope.core.experiment import Experiment, command_line, load_experiment
from backscope.core.findings import Finding, Severity
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer

SMALL = {"data.rows": 200, "training.steps": 120}


def consulted(name, **changes):
    return consult(load_experiment(name, {**SMALL, **changes}))


@pytest.mark.parametrize(
    ("sick", "treated", "accepted"),
    [
        (1.0, 0.69, True),
        (1.0, 0.71, False),  # better, and neither half of it nor below 0.7
        (8.0, 3.9, True),
        (8.0, 4.1, False),
        (0.6, 0.5, True),
        (0.5, 0.6, False),  # below 0.7, and worse than the sick run
        (0.5, 0.5, False),
        (inf, 0.6, True),
        (inf, 5.0, False),  # it no longer diverges, and learns nothing
        (inf, inf, False),
        (1.0, nan, False),
        (nan, 0.1, False),
    ],
)
def test_a_cure_is_accepted_on_the_loss_alone(sick, treated, accepted):
    assert is_cured(sick, treated) is accepted


def test_a_healthy_experiment_is_left_alone():
    consultation = consulted("healthy")
    assert (consultation.finding, consultation.trials, consultation.accepted) == (None, (), None)
    assert consultation.sick.state is RunState.FINISHED


def test_every_cure_is_tried_on_the_same_seed_for_the_same_steps():
    consultation = consulted("vanishing")
    assert consultation.finding.kind == "vanishing_gradient"
    experiment = consultation.experiment
    facts = Run(Trainer(experiment)).facts
    offered = cures_for(consultation.finding, experiment, facts)
    assert tuple(trial.cure for trial in consultation.trials) == offered
    for trial in consultation.trials:
        assert trial.experiment.seed == experiment.seed
        assert trial.outcome.step == 120
    assert consultation.accepted is consultation.trials[0]
    assert consultation.accepted.outcome.loss < 0.5 * consultation.sick.loss


def test_a_trial_says_what_a_run_of_its_own_says():
    trial = consulted("vanishing").trials[0]
    run = Run(Trainer(trial.experiment))
    run.drive()
    snapshot = run.history.snapshot()
    losses = sorted(record for _, rows in snapshot.rows(101, 121) for record in rows[:, 1])
    assert trial.outcome.loss == pytest.approx((losses[9] + losses[10]) / 2)
    signal = snapshot.latest("error_signal")
    assert 10**trial.outcome.decades == pytest.approx(signal[0] / signal[-1])
    assert trial.outcome.accuracy == snapshot.last_measured("validation_accuracy")


def test_what_is_done_in_place_waits_until_the_finding_stands():
    consultation = consulted("vanishing")
    (trial,) = (each for each in consultation.trials if each.cure.title == "rescaled layers")
    (plan,) = trial.experiment.training.interventions
    step, kind = plan.split()
    assert kind == "rescale"
    assert int(step) > consultation.finding.since_step


def test_a_roll_back_changes_what_comes_after_the_last_good_checkpoint():
    consultation = consulted("divergence", **{"training.steps": 30})
    (trial,) = (each for each in consultation.trials if each.cure.how is How.ROLL_BACK)
    assert trial.accepted
    run = Run(Trainer(consultation.experiment))
    run.drive()
    good = run.checkpoints.last_good
    assert trial.experiment.training.rate_changes == ((good.step + 1.0, 0.1),)
    fork = run.fork(good, cured(consultation.experiment, trial.cure))
    fork.drive()
    assert outcome_of(fork) == trial.outcome


def test_a_cure_whose_data_cannot_be_had_is_told_and_not_tried():
    finding_prone = {
        "data.source": "inline",
        "data.X": [[float(i % 7), float(i % 5)] for i in range(30)],
        "data.y": [[float(i % 2)] for i in range(30)],
        "data.validation": 0.0,
        "training.loss": "mse",
        "network.activation": "sigmoid",
        "network.depth": 10,
        "network.width": 8,
        "training.steps": 20,
        "training.batch_size": 4,
    }
    tables = {}
    for key, value in finding_prone.items():
        section, _, name = key.partition(".")
        tables.setdefault(section, {})[name] = value
    consultation = consult(Experiment.from_dict(tables))
    assert all((trial.outcome is None) == bool(trial.refused) for trial in consultation.trials)
    assert not any(trial.accepted for trial in consultation.trials if trial.outcome is None)


def test_overfitting_is_judged_by_the_validation_loss():
    finding = Finding("overfitting", Severity.WARNING, 1, (), {}, "")
    other = replace(finding, kind="vanishing_gradient")
    outcome = Outcome(RunState.FINISHED, 9, 1.0, 3.0, nan, nan, nan, 2.0)
    assert (outcome.score(finding), outcome.score(other)) == (1.5, 0.5)


def test_without_a_loss_of_knowing_nothing_the_loss_itself_is_the_score():
    finding = Finding("vanishing_gradient", Severity.WARNING, 1, (), {}, "")
    for baseline in (0.0, nan, inf):
        outcome = Outcome(RunState.FINISHED, 9, 1.5, 3.0, nan, nan, nan, baseline)
        assert outcome.score(finding) == 1.5


def test_a_run_that_diverged_has_an_infinite_loss_and_its_last_finite_profile():
    sick = consulted("exploding").sick
    assert sick.state is RunState.DIVERGED
    assert (sick.loss, sick.validation_loss) == (inf, inf)
    assert sick.decades == sick.decades


def test_the_budget_is_what_is_planned_but_at_most_so_many_steps():
    seen = set()
    consult(load_experiment("healthy"), 7, lambda what, run, steps: seen.add((what, steps)))
    assert seen == {("as it is", 7)}
    assert consulted("healthy", **{"training.steps": 9}).budget == 9
    assert BUDGET == 400
    with pytest.raises(ValueError, match="at least 1 step, got 0"):
        consult(Experiment(), 0)


def test_whoever_watches_is_told_of_every_run_to_its_end():
    told = {}
    experiment = load_experiment("exploding", SMALL)

    def watch(what, run, steps):
        told[what] = run.status()

    consultation = consult(experiment, watch=watch)
    assert list(told) == ["as it is", *(trial.cure.title for trial in consultation.trials)]
    assert all(status.step == 120 or status.state.final for status in told.values())


def test_a_consultation_can_be_told_as_json():
    consultation = consulted("exploding")
    told = consultation_report(consultation)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["sick"]["loss"] == "Infinity"
    assert told["cured_by"] == consultation.accepted.cure.title
    assert told["cured_command"] == command_line(consultation.accepted.experiment)
    assert told["cures"][0]["differences"] == ["gain 2 -> 1"]
    assert [cure["accepted"] for cure in told["cures"]] == [
        trial.accepted for trial in consultation.trials
    ]


def test_a_healthy_consultation_can_be_told_as_json():
    told = consultation_report(consulted("healthy"))
    assert json.dumps(told, allow_nan=False)
    assert (told["findings"], told["cures"], told["cured_by"]) == ([], [], None)


def test_a_cured_experiment_is_found_healthy_by_the_next_consultation():
    consultation = consulted("symmetry")
    again = consult(consultation.accepted.experiment)
    assert again.finding is None
    assert cured(consultation.experiment, consultation.accepted.cure) == again.experiment
