"""Deltas that vanish: the digits of float64 in float32, and no subnormal number anywhere."""

import numpy as np
import pytest

from backscope.core.fast.rescaling import LOOK_EVERY
from backscope.core.fast.step import FastStep, with_ones
from backscope.core.losses import LOSSES
from backscope.core.network import Network
from backscope.core.settings import NetworkSettings

DEPTH, WIDTH, BATCH = 80, 16, 32


def vanishing(dtype, depth=DEPTH, residual=False):
    """A deep sigmoid network, its data and its fast path; the same numbers in either type."""
    rng = np.random.default_rng(5)
    settings = NetworkSettings(activation="sigmoid", initializer="xavier_normal", residual=residual)
    network = Network(settings, (WIDTH,) * depth, 4, 3, rng, dtype)
    X = rng.standard_normal((BATCH, 4)).astype(dtype)
    y = rng.integers(0, 3, BATCH)
    return network, FastStep(network, LOSSES["cross_entropy"], with_ones(X), y, BATCH)


def run(network, fast, steps=1):
    rows, masks = np.arange(BATCH), [None] * len(network.plans)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            fast.run(rows, masks)


def test_float32_shows_the_norms_of_float64_down_to_1e_50():
    (one, fast), (other, reference) = vanishing("float32"), vanishing("float64")
    other.theta[...] = one.theta
    run(one, fast, 2)
    run(other, reference)
    for ours, theirs in (
        (fast.backward.delta.rms(), reference.backward.delta.rms()),
        (fast.backward.weights.norms(), reference.backward.weights.norms()),
        (fast.backward.biases.norms(), reference.backward.biases.norms()),
    ):
        assert theirs.min() < 1e-45
        np.testing.assert_allclose(ours, theirs, rtol=1e-3)


def test_the_norms_of_float64_are_those_of_the_reference_without_scaling():
    network, fast = vanishing("float64")
    run(network, fast)
    gradients = [np.linalg.norm(gradient.W) for gradient in network.gradients]
    np.testing.assert_allclose(fast.backward.weights.norms(), gradients, rtol=1e-12)
    assert not fast.backward.scaled


def test_gradients_that_matter_are_those_of_float64_and_the_others_are_zero():
    (one, fast), (other, reference) = vanishing("float32"), vanishing("float64")
    other.theta[...] = one.theta
    run(one, fast, 2)
    run(other, reference)
    assert fast.backward.scaled
    for ours, theirs in zip(one.gradients, other.gradients, strict=True):
        size = np.abs(theirs.W).max()
        if size > 1e-25:
            np.testing.assert_allclose(ours.W, theirs.W, atol=1e-3 * size)
        elif size < 1e-30:
            assert not ours.W.any()


def test_no_gradient_of_a_vanishing_network_is_subnormal():
    network, fast = vanishing("float32")
    run(network, fast, 2)
    sizes = np.abs(network.gradient[network.gradient != 0])
    assert np.mean(sizes < np.finfo(np.float32).tiny) < 0.001


def test_a_float64_network_too_deep_for_float64_is_scaled_too():
    network, fast = vanishing("float64", depth=520)
    run(network, fast)
    signal = np.log10(fast.backward.delta.rms()[60:])  # before, float64 has no such numbers
    assert fast.backward.scaled
    # As many decades a layer at the bottom, where plain numbers end, as half way down.
    steps = np.diff(signal)
    assert signal[0] < -280
    assert np.median(steps[:40]) == pytest.approx(np.median(steps[-200:-160]), rel=0.2)


def test_a_signal_that_comes_back_is_not_lost_to_an_old_plan():
    """Between two looks the weights change for good: what was scaled would overflow."""
    network, fast = vanishing("float32")
    run(network, fast, 2)
    assert fast.backward.scaled
    for layer in network.parameters:
        layer.W *= 12
    run(network, fast)
    assert np.isfinite(network.gradient).all()
    with np.errstate(over="ignore"):
        assert np.isfinite(fast.backward.delta.rms()).all()
    once = fast.backward.weights.norms().copy()
    run(network, fast, LOOK_EVERY)
    np.testing.assert_allclose(once, fast.backward.weights.norms(), rtol=1e-3)


def test_a_residual_network_is_never_scaled():
    network, fast = vanishing("float32", residual=True)
    run(network, fast, 2)
    assert not fast.backward.scaled
