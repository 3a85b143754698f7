import dataclasses
import math
from typing import NamedTuple

import numpy as np
import pytest

from backscope.core.activations import ACTIVATIONS
from backscope.core.layered import mean, rms, std
from backscope.core.network import Network, Trace
from backscope.core.probes import PROBES, Cadence, StepView, layout_of, measuring
from backscope.core.settings import NetworkSettings


class Made(NamedTuple):
    """A step of the reference, and the view of it."""

    network: Network
    trace: Trace
    deltas: list
    update: np.ndarray
    probe_rows: np.ndarray

    def measured(self, name):
        return PROBES[name].measure(StepView.of(*self))


def step_of(activation="relu", rows=9, bias=0.0, seed=0, scale=1.0, normalization="none"):
    settings = NetworkSettings(
        activation=activation, initializer="he_normal", bias=bias, normalization=normalization
    )
    rng = np.random.default_rng(seed)
    network = Network(settings, (6, 4), 5, 3, rng)
    trace = network.forward(scale * rng.standard_normal((rows, 5)), training=True)
    deltas = network.backward(trace, rng.standard_normal((rows, 3)) / rows)
    update = -0.1 * network.gradient
    return Made(network, trace, deltas, update, rng.standard_normal((50, 5)))


def slow_rms(values):
    values = [float(v) for v in np.ravel(values)]
    return math.sqrt(sum(v * v for v in values) / len(values))


def slow_norm(values):
    return math.sqrt(sum(float(v) ** 2 for v in np.ravel(values)))


def slow_silent(plan, layer):
    if plan.activation.name != "relu":
        return math.nan
    columns = layer.a.T.tolist()
    return float(sum(all(v == 0.0 for v in column) for column in columns))


def slow_twins(step):
    """Every probe again, one number at a time."""
    layers = list(zip(step.network.plans, step.trace.layers, strict=True))
    parameters = step.network.parameters
    updates = step.network.views(step.update)
    probe_trace = step.network.forward(step.probe_rows, training=True)
    flat_parts = {
        "tanh": lambda a: abs(a) > 0.97,
        "sigmoid": lambda a: a < 0.015 or a > 0.985,
    }

    def saturated(plan, layer):
        test = flat_parts.get(plan.activation.name)
        return math.nan if test is None else np.mean([test(v) for v in layer.a.ravel()])

    def flat(plan, layer):
        """By central differences, and the largest slope by a walk along z."""
        if plan.activation.name in ("relu", "leaky_relu"):
            return math.nan

        def slope(z):
            ahead, behind = plan.activation.value(np.array([z + 1e-6, z - 1e-6]))
            return abs(ahead - behind) / 2e-6

        steepest = max(slope(0.01 * at + 0.005) for at in range(-1500, 1500))
        return np.mean([slope(z) < 0.05 * steepest for z in layer.n.ravel()])

    return {
        "error_signal": [len(d) * slow_rms(d) for d in step.deltas],
        "weight_gradient_norm": [slow_norm(g.W) for g in step.network.gradients],
        "bias_gradient_norm": [slow_norm(g.b) for g in step.network.gradients],
        "silent": [slow_silent(plan, layer) for plan, layer in layers],
        "update_ratio": [
            math.log10(slow_rms(u.W) / slow_rms(p.W))
            for u, p in zip(updates, parameters, strict=True)
        ],
        "preactivation_mean": [sum(layer.z.ravel()) / layer.z.size for _, layer in layers],
        "preactivation_std": [slow_rms(layer.z - layer.z.mean()) for _, layer in layers],
        "activation_mean": [sum(layer.a.ravel()) / layer.a.size for _, layer in layers],
        "activation_std": [slow_rms(layer.a - layer.a.mean()) for _, layer in layers],
        "activation_rms": [slow_rms(layer.a) for _, layer in layers],
        "flat": [flat(plan, layer) for plan, layer in layers],
        "saturated": [saturated(plan, layer) for plan, layer in layers],
        "dead": [
            slow_silent(plan, layer)
            for plan, layer in zip(step.network.plans, probe_trace.layers, strict=True)
        ],
    }


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("name", PROBES)
def test_every_probe_equals_its_slow_twin(name, activation):
    step = step_of(activation, bias=-0.8)
    np.testing.assert_allclose(step.measured(name), slow_twins(step)[name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_flat_entries_are_found_for_every_activation(activation):
    step = step_of(activation, rows=40, scale=3.0, bias=0.1)  # at no kink
    measured = step.measured("flat")
    np.testing.assert_allclose(measured, slow_twins(step)["flat"], atol=1e-12)
    assert activation == "identity" or not measured[0] <= 0.02


def test_what_a_normalized_layer_is_flat_of_is_what_its_activation_sees():
    step = step_of("tanh", scale=100.0, normalization="layer")
    np.testing.assert_allclose(step.measured("flat"), slow_twins(step)["flat"], atol=1e-12)
    assert step.measured("flat")[0] < 0.1


def test_only_activations_that_are_flat_by_design_are_called_half_flat():
    by_design = {name for name, activation in ACTIVATIONS.items() if activation.half_flat}
    assert by_design == {"relu", "leaky_relu"}


def test_the_error_signal_does_not_depend_on_the_batch_size():
    one = step_of(rows=9)
    X = np.concatenate([one.trace.layers[0].x] * 4)
    doutputs = np.concatenate([one.deltas[-1]] * 4) / 4
    network = one.network
    trace = network.forward(X, training=True)
    signal = one.measured("error_signal")
    four = Made(network, trace, network.backward(trace, doutputs), one.update, one.probe_rows)
    np.testing.assert_allclose(signal, four.measured("error_signal"), rtol=1e-12)


def test_a_silent_unit_need_not_be_dead_but_a_dead_one_fires_nowhere():
    step = step_of(rows=2, bias=-1.0)
    silent, dead = step.measured("silent"), step.measured("dead")
    assert (silent[:2] > dead[:2]).any()


def test_units_born_with_a_very_negative_bias_are_dead():
    assert step_of(bias=-1e3).measured("dead")[:2].tolist() == [6.0, 4.0]


def test_an_update_of_nothing_has_ratio_minus_infinity():
    step = step_of()
    step.update[:] = 0.0
    with np.errstate(divide="ignore"):
        assert (step.measured("update_ratio") == -np.inf).all()


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e19, 1e200])
def test_rms_and_std_do_not_lie_near_the_ends_of_the_range(scale):
    values = np.random.default_rng(0).standard_normal((30, 4))
    assert rms(scale * values) == pytest.approx(scale * slow_rms(values), rel=1e-12, abs=0)
    assert mean(scale * values) == pytest.approx(scale * values.mean(), rel=1e-12, abs=0)
    assert std(scale * values) == pytest.approx(scale * values.std(), rel=1e-12, abs=0)


def test_the_mean_of_entries_whose_sum_overflows_is_right():
    with np.errstate(over="ignore"):
        assert mean(np.full(100, 1.5e308)) == pytest.approx(1.5e308)


def test_a_cadence_fills_its_own_columns_and_no_others():
    step = step_of()
    layout = layout_of(step.network.plans)
    row = layout.empty_row()
    for columns, measured in measuring(StepView.of(*step), layout)[Cadence.SIGNAL]:
        row[columns] = measured()
    assert np.isfinite(row[layout.columns("error_signal")]).all()
    assert np.isnan(row[layout.columns("weight_gradient_norm")]).all()
    assert np.isnan(row[layout.columns("activation_mean")]).all()


def test_what_no_layer_has_is_not_looked_for():
    step = step_of("tanh")
    layout = layout_of(step.network.plans)
    bound = measuring(StepView.of(*step), layout)
    columns = [columns for calls in bound.values() for columns, _ in calls]
    missing = [metric for metric in PROBES if layout.columns(metric) not in columns]
    assert missing == ["silent", "dead"]


def test_the_layout_tells_what_can_die_and_what_can_saturate():
    layers = layout_of(step_of("relu").network.plans).layers
    assert [(layer.index, layer.rectifier, layer.bounded) for layer in layers] == [
        (1, True, False),
        (2, True, False),
        (3, False, False),
    ]
    assert layout_of(step_of("tanh").network.plans).layers[0].bounded


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_dead_units_are_counted_over_all_parts_of_the_probe_set(normalization):
    settings = NetworkSettings(activation="relu", initializer="he_normal", bias=-2.0)
    settings = dataclasses.replace(settings, normalization=normalization)
    rng = np.random.default_rng(3)
    network = Network(settings, (64, 64, 64), 8, 3, rng)
    trace = network.forward(rng.standard_normal((9, 8)), training=True)
    deltas = network.backward(trace, rng.standard_normal((9, 3)))
    step = Made(network, trace, deltas, network.gradient, rng.standard_normal((500, 8)))
    at_once = network.forward(step.probe_rows, training=True).layers[:-1]
    assert len(list(network.parts(500))) > 2
    np.testing.assert_array_equal(
        step.measured("dead")[:-1], [(layer.a == 0).all(axis=0).sum() for layer in at_once]
    )
