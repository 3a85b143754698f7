"""Weight decay that takes more than the gradients give back: found out, and cured on the loss."""

import numpy as np
import pytest

from backscope.core.cures import cured, cures_for
from backscope.core.cures.decay_cures import share_taken
from backscope.core.diagnosis import Diagnosis
from backscope.core.experiment import Experiment
from backscope.core.history import History
from backscope.core.optimizers import make_optimizer
from backscope.core.settings import TrainingSettings
from backscope.core.trainer import Trainer


def trained(experiment):
    """The run, what was found at its end, and its last loss."""
    trainer = Trainer(experiment)
    history = History(trainer.layout)
    for record in trainer.steps():
        history.append(record, 0.0)
    snapshot = history.snapshot()
    return trainer, Diagnosis(trainer.facts).update(snapshot), float(snapshot.latest("loss"))


def patient(steps=250, depth=3, **training):
    return Experiment.from_dict(
        {
            "network": {"hidden": [32] * depth, "activation": "relu", "initializer": "he_normal"},
            "training": {"steps": steps, "learning_rate": 0.05} | training,
        }
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "training",
    [
        {"weight_decay": 1.0},
        {"weight_decay": 0.3, "optimizer": "momentum"},
        {"weight_decay": 50.0, "optimizer": "adamw", "learning_rate": 0.001},
        {"weight_decay": 1.0, "optimizer": "adam", "learning_rate": 0.002, "steps": 350},
    ],
)
def test_a_gradient_that_vanishes_by_weight_decay_is_cured_by_none(training, seed):
    sick = Experiment.from_dict(patient(**training).to_dict() | {"seed": seed})
    trainer, (finding, *_), loss = trained(sick)
    assert finding.kind == "vanishing_gradient"
    assert finding.since_step > 1
    first = cures_for(finding, sick, trainer.facts)[0]
    assert first.title == "no weight decay"
    assert trained(cured(sick, first))[2] < 0.5 * loss


def test_a_usual_weight_decay_is_not_blamed():
    sick = Experiment.from_dict(
        {
            "network": {"hidden": [32] * 20, "activation": "sigmoid"},
            "training": {"steps": 60, "weight_decay": 1e-4},
        }
    )
    trainer, (finding, *_), _ = trained(sick)
    assert finding.kind == "vanishing_gradient"
    titles = [cure.title for cure in cures_for(finding, sick, trainer.facts)]
    assert "no weight decay" not in titles


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adamw"])
def test_the_share_that_decay_takes_is_what_weights_lose_where_there_is_no_gradient(optimizer):
    settings = TrainingSettings(optimizer=optimizer, learning_rate=0.01, weight_decay=0.05)
    transform, theta = make_optimizer(settings), np.ones(3)
    state, gradient = transform.init(theta), np.zeros(3)
    for step in range(1, 201):
        before = theta.copy()
        factors = {k: np.array(v) for k, v in transform.factors(step, 0.01).items()}
        theta = theta + transform.update(gradient.copy(), state, theta, factors)
    np.testing.assert_allclose(1 - theta / before, share_taken(settings), rtol=0.1)


def test_decay_that_an_adaptive_optimizer_divides_has_no_share():
    assert np.isnan(share_taken(TrainingSettings(optimizer="adam", weight_decay=0.1)))
