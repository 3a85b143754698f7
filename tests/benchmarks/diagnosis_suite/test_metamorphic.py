"""Changes that must change no verdict, made so that they change nothing else either."""

import numpy as np
import pytest
from diagnosis_suite.metamorphic import CHANGES, changed, enter_scaled_losses

from backscope.core.experiment import Experiment
from backscope.core.losses import LOSSES
from backscope.core.trainer import Trainer


@pytest.fixture(autouse=True)
def _scaled_losses():
    """The scaled losses, and the table as it was after that."""
    kept = dict(LOSSES)
    enter_scaled_losses()
    yield
    LOSSES.clear()
    LOSSES.update(kept)


def base(**training):
    return {
        "data": {"source": "circles"},
        "network": {"depth": 2, "width": 64},
        "training": {"batch_size": 32, "steps": 30, "learning_rate": 0.1} | training,
    }


def test_entering_the_scaled_losses_twice_enters_them_once():
    names = list(LOSSES)
    enter_scaled_losses()
    assert list(LOSSES) == names


@pytest.mark.parametrize("scale", [("loss x 1e-4", 1e-4), ("loss x 1e4", 1e4)])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "mse", "half_mse"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_scaled_loss_is_scaled_and_trains_the_same_network(scale, loss, optimizer):
    change, factor = scale
    document = base(loss=loss, optimizer=optimizer)
    trainer = Trainer(Experiment.from_dict(document))
    scaled = Trainer(Experiment.from_dict(changed(document, change)))
    losses = [record.loss for record in trainer.steps()]
    others = [record.loss for record in scaled.steps()]
    np.testing.assert_allclose(others, factor * np.array(losses), rtol=1e-6)
    assert scaled.facts.baseline == pytest.approx(factor * trainer.facts.baseline)
    for mine, other in zip(trainer.parameters, scaled.parameters, strict=True):
        np.testing.assert_allclose(other.W, mine.W, rtol=1e-5, atol=1e-7)


def test_width_and_batch_are_changed_alone_and_the_base_is_left_as_it_was():
    document = base()
    halved, batched = changed(document, CHANGES[2]), changed(document, CHANGES[3])
    assert halved == base() | {"network": {"depth": 2, "width": 32}}
    assert batched == base(batch_size=64)
    assert document == base()
