"""The predicted error signal: integrals by hand, the measured first step, and where theory ends."""

import math
from dataclasses import replace

import numpy as np
import pytest

from backscope.core.activations import ACTIVATIONS
from backscope.core.experiment import Experiment
from backscope.core.findings import InputFacts
from backscope.core.layer_plan import plan_layers
from backscope.core.mean_field import moments, predicted_signal
from backscope.core.network import Network
from backscope.core.probes import layout_of
from backscope.core.settings import NetworkSettings
from backscope.core.theory import compare_with_theory

INPUTS, OUTPUTS, ROWS = 64, 10, 32
DEPTH, WIDTH = 10, 128
STANDARD = InputFacts(offset=0.0, spread=1.0, rms=1.0)


def predicted(settings, hidden=(WIDTH,) * DEPTH, inputs=STANDARD):
    layers = layout_of(plan_layers(settings, hidden, INPUTS, OUTPUTS)).layers
    return predicted_signal(settings, layers, inputs)


def measured(settings, hidden=(WIDTH,) * DEPTH, rows=ROWS, seeds=5):
    """log10 of delta's rms over the last layer's, by the network's own two passes, the median."""
    profiles = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        network = Network(settings, hidden, INPUTS, OUTPUTS, rng)
        X, doutputs = rng.standard_normal((rows, INPUTS)), rng.standard_normal((rows, OUTPUTS))
        masks = network.draw_masks(rows, rng)
        deltas = network.backward(network.forward(X, training=True, masks=masks), doutputs)
        decades = [math.log10(np.sqrt(np.mean(delta**2))) for delta in deltas]
        profiles.append(np.array(decades) - decades[-1])
    return np.median(profiles, axis=0)


# The integrals


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("mean", [0.0, -1.0, 3.0, 1e4])
@pytest.mark.parametrize("variance", [1e-6, 0.3, 1.0, 50.0, 1e6])
def test_the_means_over_z_are_those_of_a_very_fine_sum(activation, mean, variance):
    z = (np.arange(200_000) + 0.5) / 1e4 - 10
    weights = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    f, x = ACTIVATIONS[activation], mean + math.sqrt(variance) * z
    a = f.value(x)
    value, square, slope_square = (weights @ values for values in (a, a * a, f.slope(x, a) ** 2))
    said = moments(activation, mean, variance)
    assert said.square == pytest.approx(square, rel=5e-4)
    assert said.slope_square == pytest.approx(slope_square, rel=5e-4)
    assert said.value == pytest.approx(value, abs=5e-4 * math.sqrt(square))


@pytest.mark.parametrize("variance", [1e-4, 1.0, 1e4])
def test_half_of_what_enters_a_relu_comes_out(variance):
    mean, square, slope_square = moments("relu", 0.0, variance)
    assert mean == pytest.approx(math.sqrt(variance / (2 * math.pi)), rel=1e-4)
    assert square == pytest.approx(variance / 2, rel=1e-4)
    assert slope_square == pytest.approx(0.5, rel=1e-6)


def test_a_preactivation_that_does_not_vary_has_the_value_and_slope_of_its_mean():
    assert moments("tanh", 0.5, 0.0) == pytest.approx(
        (math.tanh(0.5), math.tanh(0.5) ** 2, (1 - math.tanh(0.5) ** 2) ** 2)
    )


# What is known on paper


def test_relu_with_he_weights_hands_on_all_and_with_half_of_them_half():
    he = predicted(NetworkSettings(depth=DEPTH, width=WIDTH))
    np.testing.assert_allclose(he.factors[:-2], 1.0, rtol=1e-5)
    half = predicted(NetworkSettings(depth=DEPTH, width=WIDTH, gain=0.5))
    np.testing.assert_allclose(half.factors[:-2], 0.5, rtol=1e-5)
    assert math.isnan(half.factors[-1])
    # Into the last layer: 10 units send back to 128.
    assert he.factors[-2] == pytest.approx(math.sqrt(2 / WIDTH * OUTPUTS / 2), rel=1e-5)


@pytest.mark.parametrize(
    ("activation", "initializer", "gain", "factor"),
    [
        ("sigmoid", "lecun_normal", 1.0, 0.236),
        ("tanh", "lecun_normal", 3.0, 1.36),
        ("tanh", "lecun_normal", 0.5, 0.50),
        ("selu", "lecun_normal", 1.0, 1.035),
        ("identity", "orthogonal", 1.0, 1.0),
    ],
)
def test_deep_networks_reach_the_factor_of_the_fixed_point(activation, initializer, gain, factor):
    settings = NetworkSettings(activation=activation, initializer=initializer, gain=gain)
    said = predicted(settings, (512,) * 30)
    assert said.factors[25] == pytest.approx(factor, abs=0.006)


def test_batch_normalization_with_relu_grows_by_the_published_factor():
    settings = NetworkSettings(normalization="batch")
    said = predicted(settings)
    expected = math.sqrt(math.pi / (math.pi - 1))
    np.testing.assert_allclose(said.factors[1:-2], expected, rtol=1e-4)
    assert "Yang" in said.assumes


def test_layer_normalization_with_relu_keeps_the_signal():
    settings = NetworkSettings(normalization="layer", gain=7.0)
    np.testing.assert_allclose(predicted(settings).factors[1:-2], 1.0, rtol=1e-4)


def test_a_residual_connection_adds_one_to_chi():
    """Of identity units: delta grows by sqrt(1 + chi) a block."""
    settings = NetworkSettings(
        activation="identity", initializer="lecun_normal", gain=0.3, residual=True
    )
    np.testing.assert_allclose(predicted(settings).factors[1:-2], math.sqrt(1 + 0.09), rtol=1e-9)


def test_the_profile_is_relative_to_the_last_layer_whatever_its_activation():
    for activation in ("identity", "sigmoid"):
        said = predicted(NetworkSettings(output_activation=activation))
        assert said.decades[-1] == 0.0


def test_a_thousand_layers_leave_the_range_of_floats_and_not_the_prediction():
    said = predicted(NetworkSettings(activation="sigmoid", initializer="lecun_normal"), (8,) * 1000)
    assert said.decades[0] == pytest.approx(999 * math.log10(0.236), rel=0.01)


# Against what networks do


@pytest.mark.parametrize("initializer", ["xavier", "he", "lecun"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_theory_is_within_a_third_of_a_decade_of_the_median_network(activation, initializer):
    for distribution in ("normal", "uniform"):
        for gain in (0.5, 1.0, 2.0):
            settings = NetworkSettings(
                activation=activation, initializer=f"{initializer}_{distribution}", gain=gain
            )
            wrong = measured(settings) - predicted(settings).decades
            assert abs(wrong[0]) <= 0.3, (distribution, gain)
            assert np.abs(wrong).max() <= 0.3, (distribution, gain)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_first_step_of_a_training_on_real_rows_is_as_predicted(activation):
    tables = {
        "network": {"depth": DEPTH, "width": WIDTH, "activation": activation},
        "training": {"steps": 1},
    }
    for initializer, gain in (("xavier_normal", 0.5), ("he_uniform", 1.0), ("lecun_normal", 2.0)):
        tables["network"] |= {"initializer": initializer, "gain": gain}
        compared = compare_with_theory(Experiment.from_dict(tables))
        wrong = compared.measured - compared.prediction.decades
        assert np.abs(wrong).max() <= 0.3, (initializer, gain)


CHANGES = {
    "orthogonal": {"initializer": "orthogonal"},
    "plain normal": {"initializer": "normal", "std": 0.08},
    "plain uniform": {"initializer": "uniform", "std": 0.12},
    "bias": {"bias": 0.7},
    "dropout": {"dropout": 0.4},
    "residual": {"residual": True, "gain": 0.7},
    "residual of two": {"residual": True, "residual_block": 2},
    "residual of three, dropout": {"residual": True, "residual_block": 3, "dropout": 0.2},
    "layer normalization": {"normalization": "layer"},
    "batch normalization": {"normalization": "batch"},
    "both": {"normalization": "batch", "residual": True, "dropout": 0.2, "gain": 2.0},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "selu", "softplus"])
def test_everything_else_that_a_network_can_have_is_predicted_too(activation, change):
    given = {"activation": activation, "initializer": "xavier_normal"} | CHANGES[change]
    settings = NetworkSettings(**given)
    wrong = measured(settings, rows=128) - predicted(settings).decades
    assert np.abs(wrong).max() <= 0.3


@pytest.mark.parametrize("change", ["orthogonal", "residual", "layer normalization"])
def test_layers_of_different_widths_are_each_told_apart(change):
    hidden = (64, 256, 256, 100, 400, 400, 64, 128)
    given = {"activation": "tanh", "initializer": "xavier_normal"} | CHANGES[change]
    settings = NetworkSettings(**given)
    wrong = measured(settings, hidden) - predicted(settings, hidden).decades
    assert np.abs(wrong).max() <= 0.1


def test_a_signal_that_nothing_lets_through_is_predicted_as_nothing():
    assert predicted(NetworkSettings(bias=-40.0)).decades[0] == -math.inf
    assert predicted(NetworkSettings(gain=0.0)).decades[0] == -math.inf


# Where theory ends


@pytest.mark.parametrize(
    ("settings", "inputs", "why"),
    [
        (NetworkSettings(initializer="constant"), STANDARD, "constant draws no random weights"),
        (NetworkSettings(initializer="zeros"), STANDARD, "zeros draws no random weights"),
        (NetworkSettings(initial_b=((0.0,),)), STANDARD, "are given, not drawn"),
        (NetworkSettings(), None, "size of the inputs is not known"),
        (NetworkSettings(), replace(STANDARD, rms=0.0), "size of the inputs is not known"),
        (NetworkSettings(), replace(STANDARD, rms=math.nan), "size of the inputs is not known"),
        (NetworkSettings(gain=1e6), replace(STANDARD, rms=1e120), "z of layer 6 overflows"),
    ],
)
def test_where_theory_says_nothing_it_says_why(settings, inputs, why):
    said = predicted(settings, inputs=inputs)
    assert why in said.unknown
    assert np.isnan(said.decades).all()
    assert np.isnan(said.q).all()
