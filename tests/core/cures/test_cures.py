"""Cures: every one of any patient makes a valid experiment, and those that work come first."""

import random

import pytest

from backscope.core.activations import ACTIVATIONS
from backscope.core.cures import CURES, Cure, How, cured, cures_for
from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, command_line, load_experiment
from backscope.core.findings import FINDING_KINDS, Finding, Severity
from backscope.core.initializers import INITIALIZERS
from backscope.core.losses import LOSSES
from backscope.core.optimizers import OPTIMIZERS
from backscope.core.trainer import Trainer


def found(kind, **evidence):
    return Finding(kind, Severity.ERROR, 1, (), evidence, "")


def drawn(seed):
    """A valid experiment, of usual and of odd values."""
    one_of = random.Random(seed).choice
    loss = one_of(list(LOSSES))
    classes = {"cross_entropy": "digits", "binary_cross_entropy": "moons"}
    layers = one_of(
        [{"hidden": []}, {"hidden": [1]}, {"hidden": [3, 8]}, {"depth": 12, "width": 6}]
    )
    return Experiment.from_dict(
        {
            "seed": seed,
            "data": {
                "source": classes.get(loss, one_of(["sine", "digits"])),
                "rows": one_of([0, 60]),
                "standardize": one_of([True, False]),
                "validation": one_of([0.0, 0.25]),
                "noise": one_of([0.0, 0.4]),
            },
            "network": layers
            | {
                "activation": one_of(list(ACTIVATIONS)),
                "initializer": (initializer := one_of(list(INITIALIZERS))),
                "gain": one_of([1.0, 0.5, 2.0, 1e6, 0.0]),
                "std": -0.3 if initializer == "constant" else 0.3,
                "bias": one_of([0.0, -3.0]),
                "normalization": one_of(["none", "batch", "layer"]),
                "residual": one_of([True, False]),
            },
            "training": {
                "loss": loss,
                "optimizer": one_of(list(OPTIMIZERS)),
                "learning_rate": one_of([0.0, 1e-4, 0.1, 3.0, 1e9]),
                "steps": 20,
                "clip_norm": one_of([0.0, 1e-6, 1.0]),
                "rate_changes": one_of([[], [[5, 3.0]]]),
                "warmup_steps": one_of([0, 10]),
            },
            "expect": {"within_steps": 10},
        }
    )


def test_every_kind_of_finding_has_cures():
    assert tuple(sorted(CURES)) == tuple(sorted(FINDING_KINDS))


@pytest.mark.parametrize("kind", FINDING_KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_any_cure_of_any_patient_makes_another_valid_experiment(kind, seed):
    patient = drawn(seed)
    for cure in cures_for(found(kind, rms=3.0, best_step=7.0), patient):
        well = cured(patient, cure)
        assert well != patient
        assert Experiment.from_dict(well.to_dict(), folder=well.folder) == well
        assert (well.seed, well.expect) == (patient.seed, None)


@pytest.mark.parametrize("kind", FINDING_KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_cures_that_work_come_first_and_each_is_offered_once(kind, seed):
    cures = cures_for(found(kind), drawn(seed))
    works = [cure.works for cure in cures]
    assert works == sorted(works, reverse=True)
    assert len({(cure.how, cure.intervention, cure.changes) for cure in cures}) == len(cures)
    assert all(cure.title and cure.reason.endswith(".") for cure in cures)


def test_the_command_line_of_a_cured_experiment_trains_the_same():
    patient = load_experiment("vanishing", {"network.depth": 4, "training.steps": 3, "seed": 5})
    cure = cures_for(found("vanishing_gradient"), patient)[0]
    well = cured(patient, cure)
    assert well.name == "vanishing"
    assert "--seed 5" in command_line(well)
    assert load_experiment("vanishing", dict(well.overrides) | {"seed": 5}) == well
    assert list(Trainer(well).steps()) == list(
        Trainer(load_experiment("vanishing", dict(well.overrides) | {"seed": 5})).steps()
    )


def test_a_cure_that_changes_nothing_is_refused_in_one_line():
    cure = Cure("ReLU", "Because.", How.RESTART, (("network.activation", "relu"),))
    with pytest.raises(InputError, match="'ReLU' changes nothing in this experiment"):
        cured(Experiment(), cure)


def test_what_is_done_to_the_network_is_planned_before_the_step_that_is_asked_for():
    cure = Cure("revive", "Because.", How.IN_PLACE, intervention="revive")
    patient = load_experiment("dying-relu", {"training.interventions": ["9 clip_norm 1.0"]})
    assert cured(patient, cure).training.interventions == ("1 revive", "9 clip_norm 1.0")
    at_12 = cured(patient, cure, at=12)
    assert at_12.training.interventions == ("9 clip_norm 1.0", "12 revive")
    assert "--set 'training.interventions=[" in command_line(at_12)


def test_a_rate_and_a_norm_can_be_changed_on_a_running_network():
    changes = (("training.learning_rate", 0.5), ("training.clip_norm", 2.0))
    cure = Cure("both", "Because.", How.IN_PLACE, changes)
    patient = Experiment.from_dict(
        {"training": {"steps": 40, "rate_changes": [[3, 1.0], [9, 2.0]]}}
    )
    training = cured(patient, cure, at=5).training
    assert training.rate_changes == ((3.0, 1.0), (5.0, 0.5))
    assert training.interventions == ("5 clip_norm 2.0",)
    assert training.learning_rate == patient.training.learning_rate


def test_what_holds_from_the_start_cannot_be_changed_on_a_running_network():
    cure = Cure("tanh", "Because.", How.RESTART, (("network.activation", "tanh"),))
    with pytest.raises(InputError, match="'tanh' cannot be made on a running network"):
        cured(Experiment(), cure, at=5)


def test_a_cure_that_makes_no_valid_experiment_is_refused_in_one_line():
    cure = Cure("stop", "Because.", How.RESTART, (("training.early_stopping", 3),))
    patient = Experiment.from_dict({"data": {"validation": 0.0}})
    with pytest.raises(InputError) as refused:
        cured(patient, cure)
    (line,) = refused.value.problems
    assert "'stop' does not apply" in line
    assert "validation" in line


def first_cure(kind, experiment, **evidence):
    return cures_for(found(kind, **evidence), experiment)[0]


@pytest.mark.parametrize("evidence", [{"dead_share_at_start": 0.9}, {"silent_share_at_start": 0.9}])
def test_units_dead_at_birth_start_anew_and_units_that_steps_kill_get_smaller_steps(evidence):
    killed = load_experiment("dying-relu")
    born = load_experiment("dead-on-arrival")
    assert dict(first_cure("dying_relu", born, **evidence).changes) == {"network.bias": 0.0}
    assert dict(first_cure("dying_relu", born).changes) == {"network.bias": 0.0}
    assert first_cure("dying_relu", killed).changes == (("training.learning_rate", 0.003),)


@pytest.mark.parametrize("rate", [1e-6, 0.04, 0.1, 5.0])
def test_a_rate_that_promises_too_little_is_at_least_doubled(rate):
    patient = load_experiment("healthy", {"training.learning_rate": rate})
    raised = dict(first_cure("learning_rate_too_small", patient).changes)
    assert raised["training.learning_rate"] >= 2.0 * rate


def test_an_activation_that_lets_no_signal_through_is_replaced_and_another_one_stays():
    deep = load_experiment("vanishing")
    shallow = load_experiment("vanishing", {"network.depth": 2})
    hidden = load_experiment("vanishing-hidden")
    assert first_cure("vanishing_gradient", deep).title == "tanh + Xavier"
    assert first_cure("saturation", shallow).title.startswith(("sigmoid", "tanh"))
    assert dict(first_cure("vanishing_gradient", hidden).changes) == {"network.gain": 1.0}


def test_reasons_hold_the_measured_factor_and_that_of_theory():
    cure = first_cure(
        "vanishing_gradient",
        load_experiment("vanishing-hidden"),
        ratio_log10_at_start=-4.8,
        first_layer=1.0,
        last_layer=17.0,
    )
    assert "the factor per layer goes from 0.5 to 1." in cure.reason


def test_a_start_that_theory_blames_is_cured_first_whatever_the_finding():
    wild = load_experiment("exploding")
    assert dict(first_cure("overfitting", wild).changes)["network.gain"] == 1.0
    assert first_cure("overfitting", load_experiment("overfitting")).title.startswith("more data")
