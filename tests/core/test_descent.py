import math

import numpy as np
import pytest

from backscope.core.descent import Descent
from backscope.core.fast import rescaling
from backscope.core.fast.step import with_ones
from backscope.core.losses import LOSSES
from backscope.core.network import Network
from backscope.core.settings import NetworkSettings, TrainingSettings

ROWS = 40
BATCH = np.arange(3, 35)


class Going:
    """A network a few steps on its way down, about to do one more on a batch of 32 rows."""

    def __init__(self, dtype="float64", normalization="none", dropout=0.0, scale=1.0, **training):
        rng = np.random.default_rng(0)
        self.settings = TrainingSettings(loss="cross_entropy", **training)
        network = NetworkSettings(
            activation="tanh", normalization=normalization, dropout=dropout, gain=scale
        )
        self.network = Network(network, (7, 6), 5, 3, rng, dtype)
        self.X = rng.standard_normal((ROWS, 5)).astype(dtype)
        self.targets = rng.integers(0, 3, ROWS)
        self.masks = self.network.draw_masks(len(BATCH), rng) if dropout else []
        self.descent = Descent(
            self.network, self.settings, with_ones(self.X), self.targets, len(BATCH)
        )
        for step in range(1, 4):
            self.prepare(step)
            self.descent.apply(step)
        self.loss = self.prepare(4)

    def prepare(self, step):
        loss, total = self.descent.compute(BATCH, self.masks)
        rate = self.settings.learning_rate
        self.descent.prepare(step, loss, total, rate)
        self.descent.keep()
        return loss

    def slow_loss(self, theta):
        """By the reference, at other parameters, from the same rows and masks."""
        here = self.network.theta.copy()
        self.network.theta[...] = theta
        trace = self.network.forward(self.X[BATCH], training=True, masks=self.masks or None)
        self.network.theta[...] = here
        return LOSSES["cross_entropy"].evaluate(trace.outputs, self.targets[BATCH])[0]

    def step(self):
        """What was promised, the trust ratio, and the parameters before and after."""
        before = self.network.theta.copy()
        promised = self.descent.promised()
        self.descent.apply(4)
        after = self.network.theta.copy()
        return promised, self.descent.trust_ratio(self.loss, promised), before, after


WAYS = [
    {"optimizer": "sgd", "learning_rate": 0.5},
    {"optimizer": "sgd", "learning_rate": 0.5, "clip_norm": 0.01},
    {"optimizer": "momentum", "learning_rate": 0.1, "weight_decay": 0.01},
    {"optimizer": "nesterov", "learning_rate": 0.1},
    {"optimizer": "rmsprop", "learning_rate": 0.01, "clip_value": 0.02},
    {"optimizer": "adam", "learning_rate": 0.05},
    {"optimizer": "adamw", "learning_rate": 0.05, "weight_decay": 0.1},
    {"optimizer": "sgd", "learning_rate": 0.5, "normalization": "batch"},
    {"optimizer": "sgd", "learning_rate": 0.5, "normalization": "layer", "dropout": 0.3},
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(map(str, way.values())))
def test_promised_and_trust_ratio_equal_their_slow_twins(way):
    going = Going(**way)
    gradient = going.network.gradient.copy()
    promised, ratio, before, after = going.step()
    slowly = -math.fsum(
        float(g) * (float(new) - float(old))
        for g, new, old in zip(gradient, after, before, strict=True)
    )
    assert promised == pytest.approx(slowly, rel=1e-9)
    # By finite differences too: the slope of the loss along the update.
    d = after - before
    slope = (going.slow_loss(before + 1e-6 * d) - going.slow_loss(before - 1e-6 * d)) / 2e-6
    assert promised == pytest.approx(-slope, rel=1e-5)
    fallen = going.slow_loss(before) - going.slow_loss(after)
    assert ratio == pytest.approx(fallen / slowly, rel=1e-8)


def test_the_trust_ratio_goes_to_one_as_steps_go_to_zero():
    ratios = [
        Going(optimizer="sgd", learning_rate=rate, scale=2.0).step()[1] for rate in (10.0, 1e-2)
    ]
    assert ratios[1] == pytest.approx(1.0, abs=0.02)
    assert ratios[0] < 0.9


def test_asking_for_the_trust_ratio_leaves_gradients_and_running_statistics_alone():
    going = Going(optimizer="sgd", learning_rate=0.5, normalization="batch")
    promised = going.descent.promised()
    going.descent.apply(4)
    gradient = going.network.gradient.copy()
    running = [r.mean.tobytes() for r in going.network.running if r is not None]
    going.descent.trust_ratio(going.loss, promised)
    np.testing.assert_array_equal(going.network.gradient, gradient)
    now = [r.mean.tobytes() for r in going.network.running if r is not None]
    assert running
    assert running == now


def test_a_loss_that_is_not_finite_after_the_update_is_a_ratio_of_minus_infinity():
    going = Going(optimizer="sgd", learning_rate=1.0)
    promised = going.descent.promised()
    going.network.theta[...] = np.nan
    assert going.descent.trust_ratio(going.loss, promised) == -math.inf


def test_where_nothing_is_promised_there_is_no_ratio():
    going = Going(optimizer="sgd", learning_rate=1.0)
    going.network.gradient[...] = 0.0
    assert going.descent.promised() == 0.0
    assert math.isnan(going.descent.trust_ratio(going.loss, 0.0))


@pytest.mark.parametrize("scale", [1e-30, 1e25])
def test_what_float32_cannot_multiply_is_promised_all_the_same(scale):
    going = Going(dtype="float32", optimizer="sgd", learning_rate=1.0)
    going.network.gradient[...] = np.float32(scale)
    going.descent._update.update[...] = -np.float32(scale)
    size = len(going.network.gradient)
    assert going.descent.promised() == pytest.approx(size * scale**2, rel=1e-5)


def squares_one_by_one(array):
    return math.fsum(float(entry) ** 2 for entry in array.ravel())


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("large", [0, 1 << 30])
def test_the_norm_of_the_gradient_and_those_of_its_layers_equal_their_slow_twins(
    dtype, normalization, large, monkeypatch
):
    monkeypatch.setattr(rescaling, "LARGE", large)
    rounding = 1e-6 if dtype == "float32" else 1e-14
    going = Going(dtype=dtype, normalization=normalization, learning_rate=0.5)
    for rows in (BATCH, BATCH[::-1] + 2):  # twice: nothing is kept of the first batch
        _, total = going.descent.compute(rows, going.masks)
        slow = squares_one_by_one(going.network.gradient) ** 0.5
        assert total == pytest.approx(slow, rel=rounding)
        assert going.descent.fast.backward.weights.norms() == pytest.approx(
            [squares_one_by_one(layer.W) ** 0.5 for layer in going.network.gradients],
            rel=rounding,
        )


def test_a_gradient_whose_squares_leave_the_range_of_float32_has_its_norm_all_the_same(
    monkeypatch,
):
    monkeypatch.setattr(rescaling, "LARGE", 0)
    going = Going(dtype="float32", learning_rate=0.5)
    backward, gradient = going.descent.fast.backward, going.network.gradient
    for scale in (1e-30, 1e25):
        gradient[...] = np.float32(scale)
        with np.errstate(over="ignore"):
            total = backward.norm()
        assert total == pytest.approx(scale * len(gradient) ** 0.5, rel=1e-5)
    gradient[7] = np.nan
    with np.errstate(over="ignore"):
        assert math.isnan(backward.norm())
