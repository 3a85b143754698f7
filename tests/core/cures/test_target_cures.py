"""Numbers to predict in a unit that no rate suits: found out, and cured by taking the unit out."""

import numpy as np
import pytest

from backscope.core.consultation import consult
from backscope.core.experiment import Experiment
from backscope.core.losses import units_differ


def patient(unit, loss="mse", **data):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((300, 8)).round(4)
    y = (unit * (X[:, :1] + X[:, 1:2] ** 2)).tolist()
    return Experiment.from_dict(
        {
            "data": {"source": "inline", "X": X.tolist(), "y": y} | data,
            "network": {"hidden": [32, 32], "activation": "relu", "initializer": "he_normal"},
            "training": {"steps": 300, "learning_rate": 0.02, "loss": loss},
        }
    )


@pytest.mark.parametrize("loss", ["mse", "half_mse"])
@pytest.mark.parametrize("unit", [1e5, 30.0, 1e-6])
def test_targets_of_any_unit_are_learned_once_the_unit_is_taken_out(unit, loss):
    consultation = consult(patient(unit, loss), 300)
    assert consultation.finding is not None
    cured = consultation.accepted
    assert cured is consultation.trials[0]
    assert cured.cure.title == "standardized targets"
    assert cured.outcome.score(consultation.finding) < 0.3


def test_targets_of_a_usual_size_are_not_blamed():
    sick = patient(1.0)
    sick = Experiment.from_dict(sick.to_dict() | {"training": {"loss": "mse", "learning_rate": 9}})
    consultation = consult(sick, 100)
    assert consultation.finding.kind == "learning_rate_too_large"
    assert "standardized targets" not in [trial.cure.title for trial in consultation.trials]


def test_losses_are_of_one_unit_if_knowing_nothing_costs_about_the_same():
    assert not units_differ([("mse", 1.0), ("mse", 1.05)])
    assert units_differ([("mse", 1.0), ("mse", 1.2)])
    assert units_differ([("mse", 1.0), ("half_mse", 1.0)])
    assert not units_differ([("mse", 1.0), ("half_mse", float("nan"))])
    assert not units_differ([("mse", 1.0), ("mse", 0.0)])
