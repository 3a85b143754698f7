import numpy as np
import pytest

from backscope.core.experiment import Experiment
from backscope.core.trainer import Trainer

LABELS = [0, 2, 1, 2]
ONE_HOT = [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]]
WAYS_TO_GIVE_LABELS = [
    LABELS,
    tuple(LABELS),
    np.array(LABELS, np.uint8),
    np.array(LABELS, np.float32),
    [[label] for label in LABELS],
    ONE_HOT,
    np.array(ONE_HOT, np.float64),
    np.array(ONE_HOT, bool),
]
WAYS_TO_GIVE_TWO_CLASSES = [
    [0, 1, 1, 0],
    [0.0, 1.0, 1.0, 0.0],
    [False, True, True, False],
    [[0], [1], [1], [0]],
    [[0.0], [1.0], [1.0], [0.0]],
    [[1, 0], [0, 1], [0, 1], [1, 0]],
]


def with_classes(classes, loss):
    """A trainer of rows of two inputs in so many classes."""
    X = np.linspace(-1.0, 1.0, 24).reshape(12, 2)
    y = [[i % classes] for i in range(12)]
    data = {"source": "inline", "X": X, "y": y, "validation": 0.0}
    if loss in ("mse", "half_mse"):
        data = {"source": "digits", "rows": 40} if classes > 2 else {"source": "moons"}
    network = {"hidden": [4], "activation": "tanh"}
    return Trainer(
        Experiment.from_dict({"data": data, "network": network, "training": {"loss": loss}})
    )


@pytest.mark.parametrize("y", WAYS_TO_GIVE_LABELS, ids=str)
def test_labels_may_be_given_in_any_usual_shape_and_type(y):
    trainer = with_classes(3, "cross_entropy")
    X = trainer.data.X_train[:4]
    loss, gradients = trainer.loss_and_gradients(X, y)
    p = trainer.predict(X)
    assert loss == pytest.approx(-np.log(p[np.arange(4), LABELS]).mean(), rel=1e-12)
    np.testing.assert_allclose(gradients[-1][1], (p - ONE_HOT).mean(axis=0), atol=1e-15)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mse", "half_mse"])
@pytest.mark.parametrize("y", WAYS_TO_GIVE_TWO_CLASSES, ids=str)
def test_two_classes_may_be_given_in_any_usual_shape_and_type(y, loss):
    trainer = with_classes(2, loss)
    X = trainer.data.X_train[:4]
    expected = trainer.loss_and_gradients(X, [[0.0], [1.0], [1.0], [0.0]])
    given = trainer.loss_and_gradients(X, y)
    assert given[0] == expected[0]
    np.testing.assert_array_equal(given[1][0][0], expected[1][0][0])


def test_probabilities_are_targets_of_the_binary_cross_entropy_and_are_not_rounded():
    trainer = with_classes(2, "binary_cross_entropy")
    X, t = trainer.data.X_train[:3], np.array([0.25, 0.5, 0.9])
    p = trainer.predict(X)[:, 0]
    expected = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    assert trainer.loss_and_gradients(X, t)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("y", [[0.5, 1.0, 2.0, 0.0], [0.0, np.nan, 1.0, 2.0], [0, 1, 3, 0]])
def test_labels_that_are_no_classes_are_refused(y):
    trainer = with_classes(3, "cross_entropy")
    with pytest.raises(ValueError, match="labels: expected"):
        trainer.loss_and_gradients(trainer.data.X_train[:4], y)


@pytest.mark.parametrize("y", [1, [[0, 1]] * 4, [[[0]]] * 4])
def test_targets_of_another_shape_are_refused_with_the_shapes_that_fit(y):
    trainer = with_classes(3, "cross_entropy")
    with pytest.raises(ValueError, match=r"expected y of shape \(4,\) or \(4, 3\), got"):
        trainer.loss_and_gradients(trainer.data.X_train[:4], y)


def test_targets_of_a_regression_may_be_given_without_their_column():
    trainer = Trainer(
        Experiment.from_dict({"data": {"source": "sine"}, "training": {"loss": "mse"}})
    )
    X, y = trainer.data.X_train[:5], trainer.data.y_train[:5]
    one, other = trainer.loss_and_gradients(X, y), trainer.loss_and_gradients(X, y[:, 0].tolist())
    assert one[0] == other[0]


def test_two_targets_of_a_regression_need_their_columns():
    data = {"source": "inline", "X": [[1.0], [2.0]], "y": [[1.0, 2.0], [3.0, 4.0]]}
    trainer = Trainer(
        Experiment.from_dict({"data": {**data, "validation": 0.0}, "training": {"loss": "mse"}})
    )
    with pytest.raises(ValueError, match=r"expected y of shape \(2, 2\), got \(2,\)"):
        trainer.loss_and_gradients([[1.0], [2.0]], [1.0, 2.0])


@pytest.mark.parametrize("y", [[0, 1, 2, 0], [0.0, 0.5, -0.1, 1.0], [0.0, np.nan, 1.0, 1.0]])
def test_the_binary_cross_entropy_takes_nothing_but_probabilities(y):
    trainer = with_classes(2, "binary_cross_entropy")
    with pytest.raises(ValueError, match=r"expected labels or probabilities 0 \.\. 1"):
        trainer.loss_and_gradients(trainer.data.X_train[:4], y)
