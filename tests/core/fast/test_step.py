"""The fast path against the reference: same loss, same gradients, same trace."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backscope.core.activations import ACTIVATIONS
from backscope.core.fast.step import FastStep, with_ones
from backscope.core.losses import LOSSES, TargetForm
from backscope.core.network import Network
from backscope.core.settings import NetworkSettings

ROWS, BATCH, INPUTS = 20, 7, 5


class Pair:
    """One network, its next batch by the reference and by the fast path."""

    def __init__(self, settings, hidden=(6, 6, 4), loss="cross_entropy", dtype="float64", seed=0):
        rng = np.random.default_rng(seed)
        self.loss = LOSSES[loss]
        width = 1 if self.loss.targets is TargetForm.BINARY else 3
        self.network = Network(settings, hidden, INPUTS, width, rng, dtype)
        self.X = rng.standard_normal((ROWS, INPUTS)).astype(dtype)
        if self.loss.targets is TargetForm.LABELS:
            self.targets = rng.integers(0, width, ROWS)
        else:
            self.targets = rng.integers(0, 2, (ROWS, width)).astype(dtype)
        self.fast = FastStep(self.network, self.loss, with_ones(self.X), self.targets, BATCH)
        self.rng = rng

    def assert_equal(self, tolerance):
        network = self.network
        for _ in range(2):  # the second batch finds the first one's arrays
            rows = self.rng.permutation(ROWS)[:BATCH]
            masks = network.draw_masks(BATCH, self.rng)
            trace = network.forward(self.X[rows], training=True, masks=masks)
            loss, doutputs = self.loss.evaluate(trace.outputs, self.targets[rows])
            deltas = network.backward(trace, doutputs)
            gradient = network.gradient.copy()
            network.gradient[:] = np.nan
            with np.errstate(over="ignore"):  # as every step of a trainer does
                fast_loss = self.fast.run(rows, masks)
            assert fast_loss == pytest.approx(loss, rel=tolerance)
            largest = np.abs(gradient).max()
            np.testing.assert_allclose(network.gradient, gradient, atol=tolerance * largest)
            for delta, other in zip(self.fast.deltas, deltas, strict=True):
                np.testing.assert_allclose(delta, other, atol=tolerance)
            for ours, theirs in zip(self.fast.trace.layers, trace.layers, strict=True):
                for name in ("x", "z", "n", "a"):
                    one, other = getattr(ours, name), getattr(theirs, name)
                    np.testing.assert_allclose(one, other, rtol=tolerance, atol=10 * tolerance)
            np.testing.assert_allclose(self.fast.trace.outputs, trace.outputs, rtol=1e-3)


TOLERANCE = {"float64": 1e-11, "float32": 1e-3}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_normalization_gives_the_references_gradients(
    activation, normalization, dtype
):
    settings = NetworkSettings(activation=activation, normalization=normalization)
    Pair(settings, dtype=dtype).assert_equal(TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_gives_the_references_gradients(loss, dtype):
    output = "identity" if LOSSES[loss].from_logits else "sigmoid"
    settings = NetworkSettings(activation="tanh", output_activation=output)
    Pair(settings, loss=loss, dtype=dtype).assert_equal(TOLERANCE[dtype])


@hypothesis_settings(deadline=None)
@given(
    hidden=st.lists(st.integers(1, 9), max_size=7),
    repeated=st.integers(1, 4),
    activation=st.sampled_from(list(ACTIVATIONS)),
    normalization=st.sampled_from(["none", "batch", "layer"]),
    residual_block=st.integers(0, 3),
    dropout=st.sampled_from([0.0, 0.4]),
    loss=st.sampled_from(list(LOSSES)),
    seed=st.integers(0, 99),
)
def test_a_network_of_any_shape_gives_the_references_gradients(
    hidden, repeated, activation, normalization, residual_block, dropout, loss, seed
):
    settings = NetworkSettings(
        activation=activation,
        normalization=normalization,
        residual=residual_block > 0,
        residual_block=max(residual_block, 1),
        dropout=dropout,
    )
    # Batch normalization of one unit after the other amplifies rounding without bound.
    narrowest = 4 if normalization == "batch" else 1
    widths = tuple(max(width, narrowest) for width in hidden for _ in range(repeated))
    Pair(settings, widths, loss=loss, seed=seed).assert_equal(1e-8)


def test_layers_wide_enough_to_be_multiplied_by_copies_give_the_references_gradients():
    settings = NetworkSettings(activation="tanh")
    rng = np.random.default_rng(0)
    network = Network(settings, (64,) * 5, INPUTS, 3, rng)
    X, y = rng.standard_normal((100, INPUTS)), rng.integers(0, 3, 100)
    fast = FastStep(network, LOSSES["cross_entropy"], with_ones(X), y, 64)
    rows = np.arange(64)
    trace = network.forward(X[rows], training=True)
    network.backward(trace, LOSSES["cross_entropy"].evaluate(trace.outputs, y[rows])[1])
    gradient = network.gradient.copy()
    fast.run(rows, [None] * 6)
    np.testing.assert_allclose(network.gradient, gradient, atol=1e-14)


def test_only_infinite_preactivations_are_called_so():
    pair = Pair(NetworkSettings(activation="sigmoid"))
    rows, masks = np.arange(BATCH), [None] * 4
    pair.fast.run(rows, masks)
    assert pair.fast.preactivations_are_finite()
    pair.network.parameters[0].W[...] = 1.7e308
    with np.errstate(all="ignore"):
        pair.fast.run(rows, masks)
    assert not pair.fast.preactivations_are_finite()
