from dataclasses import replace

import numpy as np
import pytest

from backscope.core.activations import ACTIVATIONS
from backscope.core.experiment import Experiment
from backscope.core.gradcheck import Verdict, check_gradients
from backscope.core.losses import LOSSES


def experiment(loss="cross_entropy", source="digits", **network):
    return Experiment.from_dict(
        {
            "seed": 3,
            "data": {"source": source, "rows": 120},
            "network": {"hidden": [7, 7, 7], "initializer": "xavier_normal", **network},
            "training": {"loss": loss, "steps": 10},
        }
    )


def assert_all_pass(checks):
    assert checks, "nothing was checked"
    assert [c for c in checks if c.verdict is not Verdict.OK] == []
    assert all(c.relative_error < 1e-6 for c in checks)


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_passes_under_every_normalization(activation, normalization):
    checks = check_gradients(experiment(activation=activation, normalization=normalization))
    names = {check.parameter for check in checks}
    assert names == ({"W", "b"} if normalization == "none" else {"W", "b", "gamma", "beta"})
    assert_all_pass([c for c in checks if not vanishes_by_construction(c, normalization)])


def vanishes_by_construction(check, normalization):
    """What a batch normalization takes out again has no gradient but rounding: b, or beta below."""
    shift = check.parameter in ("b", "beta")
    return normalization == "batch" and shift and check.backpropagation < 1e-12


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_passes(loss):
    source = "moons" if loss == "binary_cross_entropy" else "digits"
    assert_all_pass(check_gradients(experiment(loss=loss, source=source, activation="tanh")))


@pytest.mark.parametrize("loss", ["mse", "half_mse"])
def test_regression_through_a_sigmoid_output_passes(loss):
    network = {"activation": "tanh", "output_activation": "sigmoid"}
    assert_all_pass(check_gradients(experiment(loss=loss, source="sine", **network)))


def test_residual_blocks_with_dropout_pass():
    network = {"activation": "relu", "residual": True, "residual_block": 2, "dropout": 0.4}
    assert_all_pass(check_gradients(experiment(**network)))


def test_a_float32_experiment_is_checked_in_float64():
    assert_all_pass(check_gradients(replace(experiment(activation="tanh"), dtype="float32")))


@pytest.mark.parametrize("factor", [0.0, 0.999, -1.0, 2.0])
def test_a_wrong_slope_is_caught(monkeypatch, factor):
    right = ACTIVATIONS["tanh"]
    wrong = replace(right, slope=lambda z, a: factor * right.slope(z, a))
    monkeypatch.setitem(ACTIVATIONS, "tanh", wrong)
    checks = check_gradients(experiment(activation="tanh"))
    assert Verdict.FAIL in {check.verdict for check in checks if check.layer < 4}


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_a_slightly_wrong_slope_is_caught_among_kinks(monkeypatch, normalization):
    right = ACTIVATIONS["leaky_relu"]
    wrong = replace(right, slope=lambda z, a: 1.00003 * right.slope(z, a))
    monkeypatch.setitem(ACTIVATIONS, "leaky_relu", wrong)
    checks = check_gradients(experiment(activation="leaky_relu", normalization=normalization))
    assert all(c.verdict is Verdict.FAIL for c in checks if c.parameter == "W" and c.layer < 4)


def test_a_gradient_that_misses_a_part_is_caught(monkeypatch):
    """Orthogonal to the part it has, so that the slope along that part is right all the same."""
    from backscope.core import network

    whole = network.Network.backward

    def backward(self, trace, doutputs):
        deltas = whole(self, trace, doutputs)
        self.gradients[1].W[0] = 0.0
        return deltas

    monkeypatch.setattr(network.Network, "backward", backward)
    checks = check_gradients(experiment(activation="tanh"))
    failed = [(c.layer, c.parameter) for c in checks if c.verdict is Verdict.FAIL]
    assert failed == [(2, "W")]


def test_finite_differences_measure_the_norm():
    checks = check_gradients(experiment(activation="tanh"))
    for check in checks:
        assert check.finite_differences == pytest.approx(check.backpropagation, rel=1e-6)


def test_a_gradient_below_the_rounding_of_the_loss_is_unresolved_not_failed():
    checks = check_gradients(experiment(activation="sigmoid", hidden=[7] * 30))
    assert checks[0].verdict is Verdict.UNRESOLVED
    assert checks[-1].verdict is Verdict.OK
    assert not any(check.verdict is Verdict.FAIL for check in checks)


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_digits_that_a_normalization_loses_are_no_failure(normalization):
    """A z near 1e6 keeps nine digits behind the point: so many its normalized value has right."""
    network = {"activation": "gelu", "normalization": normalization, "bias": -1e6}
    checks = check_gradients(experiment(**network))
    assert Verdict.FAIL not in {check.verdict for check in checks}


@pytest.mark.parametrize("normalization", ["none", "layer"])
def test_a_loss_that_leaps_within_less_than_a_step_is_no_failure(normalization):
    network = {"activation": "silu", "gain": 1e6, "normalization": normalization, "dropout": 0.9}
    checks = check_gradients(experiment(**network))
    assert Verdict.FAIL not in {check.verdict for check in checks}


def test_where_every_step_meets_a_kink_the_check_is_unresolved(monkeypatch):
    from backscope.core import gradcheck

    monkeypatch.setattr(gradcheck, "_step_off_kinks", lambda *_: None)
    inputs = {"source": "inline", "X": [[1.0], [2.0]], "y": [[0.0], [1.0]], "validation": 0.0}
    network = {"hidden": [2], "activation": "relu", "initializer": "zeros"}
    on_kink = Experiment.from_dict(
        {"data": inputs, "network": network, "training": {"loss": "mse", "steps": 1}}
    )
    first = check_gradients(on_kink)[0]
    assert (first.layer, first.parameter) == (1, "W")
    assert first.verdict is Verdict.UNRESOLVED
    assert np.isnan(first.relative_error)


def test_dead_layers_have_a_gradient_of_exactly_zero_and_pass():
    checks = check_gradients(experiment(activation="relu", bias=-1e3))
    assert checks[0].backpropagation == 0.0
    assert_all_pass(checks)


def test_units_that_sit_on_a_kink_are_moved_off_it_first():
    assert_all_pass(check_gradients(experiment(activation="relu", initializer="zeros"))[-2:])
    checks = check_gradients(experiment(activation="relu", initializer="zeros"))
    assert not any(check.verdict is Verdict.FAIL for check in checks)


def test_the_weights_are_put_back():
    from backscope.core.gradcheck import _check
    from backscope.core.trainer import Trainer

    trainer = Trainer(experiment(activation="relu"))
    before = trainer.network.theta.copy()
    list(_check(trainer, 8))
    np.testing.assert_array_equal(trainer.network.theta, before)
