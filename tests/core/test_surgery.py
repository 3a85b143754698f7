"""Operations on a network that is being trained, against slow twins that look unit by unit."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backscope.core.network import Network
from backscope.core.settings import NetworkSettings
from backscope.core.surgery import rescale, revive

ROWS = np.random.default_rng(1).standard_normal((40, 6))


def network_of(hidden=(12, 12, 12), seed=0, **keys):
    given_settings = NetworkSettings(hidden=hidden, **keys)
    network = Network(given_settings, hidden, 6, 3, np.random.default_rng(seed))
    return network, given_settings


def killed(network, layer, units):
    """Give units of a layer (from 1) a bias that no input overcomes."""
    network.parameters[layer - 1].b[units] = -1e3
    if network.parameters[layer - 1].beta is not None:
        network.parameters[layer - 1].beta[units] = -1e3


def dead_units(network, rows=ROWS):
    """Layer by layer, row by row: units that are never above zero."""
    found = []
    trace = network.forward(rows, training=True)
    for plan, layer in zip(network.plans, trace.layers, strict=True):
        never = [
            unit
            for unit in range(plan.fan_out)
            if all(layer.a[row, unit] == 0 for row in range(len(rows)))
        ]
        found.append(never if plan.activation.rectifier else [])
    return found


def alive_network(**keys):
    """One whose units are all alive, whichever of their inputs die."""
    network, given_settings = network_of(**keys)
    for at, layer in enumerate(network.parameters):
        z = network.forward(ROWS).layers[at].z
        layer.b[...] = 3 * np.abs(z).max(axis=0)
    return network, given_settings


def operate(network, given_settings, memory=None):
    return revive(network, given_settings, ROWS, memory or {}, np.random.default_rng(5))


@given(
    st.integers(0, 100),
    st.sampled_from([0.0, -1.0, -3.0, -100.0]),
    st.sampled_from(["none", "batch", "layer"]),
    st.booleans(),
    st.sampled_from(["he_normal", "orthogonal", "zeros", "constant", "normal"]),
)
@settings(deadline=None, max_examples=60)
def test_no_unit_that_has_an_input_is_dead_afterwards(seed, bias, kind, residual, initializer):
    # Units that are all equal have no signal that layer normalization could make one of.
    assume(kind != "layer" or initializer not in ("zeros", "constant"))
    network, given_settings = network_of(
        seed=seed, bias=bias, normalization=kind, residual=residual, initializer=initializer
    )
    if kind != "none":
        killed(network, 2, [0, 5])
    dead = dead_units(network)
    revived = operate(network, given_settings)
    assert dead_units(network) == [[], [], [], []]
    if not residual and kind != "layer":
        # Until a layer is reached, nothing before it has changed what it sees.
        assert all(count >= len(units) for count, units in zip(revived, dead, strict=True))


def test_the_network_computes_what_it_did():
    network, given_settings = network_of()
    killed(network, 1, [0, 3])
    killed(network, 2, [7])
    dead = dead_units(network)
    before = network.forward(ROWS).outputs
    assert operate(network, given_settings) == [len(units) for units in dead]
    np.testing.assert_allclose(network.forward(ROWS).outputs, before, rtol=1e-12)


def test_living_units_keep_their_weights():
    network, given_settings = network_of()
    killed(network, 2, [7])
    dead = dead_units(network)
    before = [layer.W.copy() for layer in network.parameters]
    operate(network, given_settings)
    for at, layer in enumerate(network.parameters):
        for unit in range(layer.W.shape[1]):
            for source in range(layer.W.shape[0]):
                from_dead = at > 0 and source in dead[at - 1]
                if unit not in dead[at] and not from_dead:
                    assert layer.W[source, unit] == before[at][source, unit]


def test_a_revived_unit_learns_from_the_first_step_on():
    network, given_settings = alive_network()
    killed(network, 2, [7])
    operate(network, given_settings)
    trace = network.forward(ROWS, training=True)
    network.backward(trace, np.ones_like(trace.outputs))
    assert not network.parameters[2].W[7].any()
    assert np.abs(network.gradients[2].W[7]).max() > 0


def test_incoming_weights_have_the_size_that_suits_relu_whatever_killed_the_unit():
    network, given_settings = network_of(hidden=(400, 400), gain=0.01, bias=-50.0)
    assert operate(network, given_settings)[:2] == [400, 400]
    for layer in network.parameters[:2]:
        assert layer.W.std() == pytest.approx(np.sqrt(2 / layer.W.shape[0]), rel=0.05)
        assert not layer.b.any()


def test_units_drawn_anew_differ_even_where_the_initializer_makes_them_equal():
    network, given_settings = network_of(initializer="constant", std=0.1, bias=-100.0)
    operate(network, given_settings)
    W = network.parameters[1].W
    assert len({column.tobytes() for column in W.T}) == W.shape[1]


def test_where_a_residual_connection_carries_the_unit_outgoing_weights_stay():
    network, given_settings = alive_network(residual=True)
    killed(network, 2, [7])
    before = network.parameters[2].W[7].copy()
    operate(network, given_settings)
    np.testing.assert_array_equal(network.parameters[2].W[7], before)
    spanning, spanning_settings = alive_network(hidden=(12,) * 4, residual=True, residual_block=2)
    killed(spanning, 1, [7])
    assert dead_units(spanning)[0] == [7]
    operate(spanning, spanning_settings)
    assert not spanning.parameters[1].W[7].any(), "inside a block nothing is carried past"


def test_what_the_optimizer_remembers_of_a_revived_unit_is_that_of_no_other_network():
    network, given_settings = alive_network()
    killed(network, 2, [7])
    theta = network.theta
    rng = np.random.default_rng(3)
    memory = {"adam_sum": rng.standard_normal(theta.size), "adam_squares": rng.random(theta.size)}
    before = {name: array.copy() for name, array in memory.items()}
    operate(network, given_settings, memory)
    sums, squares = (network.views(memory[name]) for name in ("adam_sum", "adam_squares"))
    assert not sums[1].W[:, 7].any()
    assert sums[1].b[7] == 0
    assert not sums[2].W[7].any()
    old = network.views(before["adam_squares"])
    living = [unit for unit in range(12) if unit != 7]
    assert squares[1].W[:, 7] == pytest.approx(np.mean([old[1].W[:, u] for u in living]))
    assert squares[1].b[7] == pytest.approx(np.mean([old[1].b[u] for u in living]))
    assert squares[2].W[7] == pytest.approx(np.mean([old[2].W[u] for u in living]))
    changed = sum(int((memory[name] != before[name]).sum()) for name in memory)
    assert changed == 2 * (12 + 1 + 12)


def test_batch_normalization_runs_on_what_the_unit_does_now():
    network, given_settings = network_of(normalization="batch")
    killed(network, 2, [7])
    operate(network, given_settings)
    trace = network.forward(ROWS, training=True)
    assert network.running[1].mean[7] == pytest.approx(trace.layers[1].z[:, 7].mean())
    assert network.running[1].variance[7] == pytest.approx(trace.layers[1].z[:, 7].var())


def test_rows_without_any_input_leave_nothing_to_revive():
    network, given_settings = network_of(bias=-1.0)
    rows = np.zeros((9, 6))
    assert revive(network, given_settings, rows, {}, np.random.default_rng(0))[0] == 0


# Layer-sequential unit variance


@given(
    st.integers(0, 100),
    st.sampled_from(["relu", "tanh", "sigmoid", "selu", "gelu", "identity"]),
    st.sampled_from([1e-8, 0.3, 1.0, 20.0, 1e6]),
    st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_every_z_has_mean_0_and_variance_1_afterwards(seed, activation, gain, residual):
    network, _ = network_of(
        seed=seed, activation=activation, gain=gain, residual=residual, hidden=(12,) * 6, bias=0.1
    )
    factors = rescale(network, ROWS)
    trace = network.forward(ROWS)
    for factor, layer in zip(factors, trace.layers, strict=True):
        if np.isfinite(factor):
            assert layer.z.mean() == pytest.approx(0.0, abs=1e-6)
            assert layer.z.std() == pytest.approx(1.0, rel=1e-6)


def test_it_is_the_slow_loop_of_the_paper_with_the_mean_taken_off():
    network, _ = network_of(gain=0.3, bias=0.2)
    twin, _ = network_of(gain=0.3, bias=0.2)
    factors = rescale(network, ROWS)
    for at, layer in enumerate(twin.parameters):
        z = twin.forward(ROWS).layers[at].z
        layer.b -= z.mean()
        for _ in range(3):
            std = twin.forward(ROWS).layers[at].z.std()
            layer.W /= std
            layer.b /= std
        assert factors[at] == pytest.approx(1 / z.std())
    np.testing.assert_allclose(network.theta, twin.theta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_layers_that_normalize_by_themselves_are_left_alone(kind):
    network, _ = network_of(normalization=kind, gain=5.0)
    before = [layer.W.copy() for layer in network.parameters]
    factors = rescale(network, ROWS)
    assert np.isnan(factors[:-1]).all()
    assert np.isfinite(factors[-1])
    for W, layer in zip(before[:-1], network.parameters[:-1], strict=True):
        np.testing.assert_array_equal(layer.W, W)


def test_a_constant_layer_has_no_signal_to_scale():
    network, _ = network_of(initializer="zeros", bias=0.5)
    before = network.theta.copy()
    assert np.isnan(rescale(network, ROWS)).all()
    np.testing.assert_array_equal(network.theta, before)


def test_weights_so_large_that_squares_overflow_are_scaled_all_the_same():
    network, _ = network_of(gain=1e200)
    with np.errstate(all="ignore"):
        factors = rescale(network, ROWS)
        assert np.isfinite(factors).all()
        assert network.forward(ROWS).layers[-1].z.std() == pytest.approx(1.0)


def test_float32_is_scaled_in_float32():
    given_settings = NetworkSettings(hidden=(8, 8), gain=1e-3)
    network = Network(given_settings, (8, 8), 6, 3, np.random.default_rng(0), "float32")
    rescale(network, ROWS.astype(np.float32))
    assert network.forward(ROWS.astype(np.float32)).layers[-1].z.std() == pytest.approx(1, rel=1e-4)
