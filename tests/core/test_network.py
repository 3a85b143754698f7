import numpy as np
import pytest

from backscope.core.activations import ACTIVATIONS
from backscope.core.layer_plan import plan_layers
from backscope.core.network import Network
from backscope.core.settings import NetworkSettings


def build(hidden=(5, 5), inputs=5, outputs=3, seed=1, dtype="float64", **settings):
    settings = NetworkSettings(initializer="xavier_normal", **settings)
    return Network(settings, hidden, inputs, outputs, np.random.default_rng(seed), dtype)


def inputs_for(network, rows=7, seed=2):
    return np.random.default_rng(seed).standard_normal((rows, network.plans[0].fan_in))


def slow_forward(network, X):
    """One sample and one unit at a time, with plain Python sums."""
    rows = []
    for sample in X:
        a = list(sample)
        for plan, layer in zip(network.plans, network.parameters, strict=True):
            z = [
                sum(a[i] * layer.W[i, j] for i in range(plan.fan_in)) + layer.b[j]
                for j in range(plan.fan_out)
            ]
            a = [float(plan.activation.value(np.array([v]))[0]) for v in z]
        rows.append(a)
    return np.array(rows)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_forward_equals_one_unit_at_a_time(activation):
    network = build(activation=activation)
    X = inputs_for(network)
    np.testing.assert_allclose(network.forward(X).outputs, slow_forward(network, X), rtol=1e-12)


def test_parameters_are_views_into_one_flat_vector():
    network = build(normalization="batch")
    network.theta[:] = np.arange(network.theta.size)
    seen = np.concatenate([a.ravel() for layer in network.parameters for _, a in layer.named()])
    np.testing.assert_array_equal(seen, network.theta)
    network.parameters[1].W[2, 3] = -1.0
    assert np.count_nonzero(network.theta == -1.0) == 1


def test_a_flat_vector_of_another_length_is_refused():
    with pytest.raises(ValueError, match="expected a flat vector of shape"):
        build().views(np.zeros(3))


def test_inputs_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"expected X of shape \(batch, 5\), got \(4, 6\)"):
        build().forward(np.zeros((4, 6)))


def test_the_gain_multiplies_the_initial_weights_and_nothing_else():
    one, three = build(gain=1.0, bias=0.5), build(gain=3.0, bias=0.5)
    for a, b in zip(one.parameters, three.parameters, strict=True):
        np.testing.assert_allclose(3.0 * a.W, b.W)
        np.testing.assert_array_equal(a.b, b.b)


def test_the_initial_bias_is_that_of_the_hidden_layers_alone():
    layers = build(bias=-2.0).parameters
    assert [set(layer.b) for layer in layers] == [{-2.0}, {-2.0}, {0.0}]


def test_explicit_initial_weights_replace_the_drawn_ones():
    network = build(
        hidden=(1,),
        inputs=2,
        outputs=1,
        initial_W=(((1.0,), (2.0,)), ((3.0,),)),
        initial_b=((4.0,), (5.0,)),
    )
    assert network.theta.tolist() == [1.0, 2.0, 4.0, 3.0, 5.0]


def test_a_float32_network_computes_everything_in_float32():
    network = build(dtype="float32", normalization="layer", dropout=0.5, activation="gelu")
    X = inputs_for(network).astype(np.float32)
    masks = network.draw_masks(len(X), np.random.default_rng(0))
    trace = network.forward(X, training=True, masks=masks)
    deltas = network.backward(trace, np.ones_like(trace.outputs))
    arrays = [a for layer in trace.layers for a in (layer.x, layer.z, layer.n, layer.a)]
    assert {a.dtype for a in [*arrays, *deltas, network.gradient]} == {np.dtype("float32")}


def test_batch_normalized_preactivations_have_mean_zero_and_variance_one():
    network = build(normalization="batch", activation="identity")
    trace = network.forward(inputs_for(network, rows=200), training=True)
    for layer in trace.layers[:-1]:
        np.testing.assert_allclose(layer.n.mean(axis=0), 0.0, atol=1e-12)
        np.testing.assert_allclose(layer.n.var(axis=0), 1.0, rtol=1e-3)


def test_layer_normalized_preactivations_have_mean_zero_and_variance_one_in_each_row():
    network = build(hidden=(40,), normalization="layer")
    n = network.forward(inputs_for(network), training=True).layers[0].n
    np.testing.assert_allclose(n.mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(n.var(axis=1), 1.0, rtol=1e-3)


def test_evaluation_uses_the_running_statistics():
    network = build(normalization="batch")
    X = inputs_for(network, rows=300)
    for _ in range(200):
        network.absorb_statistics(network.forward(X, training=True))
    training = network.forward(X, training=True).outputs
    evaluation = network.forward(X).outputs
    np.testing.assert_allclose(training, evaluation, rtol=1e-2, atol=1e-2)
    one_row = network.forward(X[:1]).outputs
    np.testing.assert_allclose(one_row, evaluation[:1])


def test_evaluation_leaves_the_running_statistics_alone():
    network = build(normalization="batch")
    network.forward(inputs_for(network), training=True)
    assert all((r.mean == 0).all() and (r.variance == 1).all() for r in network.running if r)


def test_dropout_keeps_the_expected_activation():
    network = build(hidden=(50,), dropout=0.3)
    masks = network.draw_masks(4000, np.random.default_rng(0))
    assert masks[-1] is None, "the output layer is never dropped"
    assert set(np.unique(masks[0])) == {0.0, 1.0 / 0.7}
    assert masks[0].mean() == pytest.approx(1.0, abs=0.01)


def test_a_residual_connection_adds_the_input_of_its_block():
    network = build(hidden=(5, 5, 4, 4), inputs=5, residual=True, activation="tanh")
    X = inputs_for(network)
    layers = network.forward(X).layers
    np.testing.assert_allclose(layers[1].x, X + layers[0].a)
    np.testing.assert_allclose(layers[2].x, layers[1].x + layers[1].a)
    np.testing.assert_allclose(layers[3].x, layers[2].a)  # 5 -> 4: the widths do not match
    np.testing.assert_allclose(layers[4].x, layers[3].x + layers[3].a)


def test_a_residual_block_spans_as_many_layers_as_asked():
    settings = NetworkSettings(residual=True, residual_block=2)
    plans = plan_layers(settings, (6, 6, 6, 6, 6), 6, 3)
    assert [plan.skip_from for plan in plans] == [None, 0, None, 2, None, None]


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradients_are_pytorchs(activation, residual, normalization):
    torch = pytest.importorskip("torch")
    network = build(
        hidden=(5, 5, 5), activation=activation, residual=residual, normalization=normalization
    )
    rng = np.random.default_rng(3)
    network.theta += 0.1 * rng.standard_normal(network.theta.size)
    X, target = inputs_for(network), rng.standard_normal((7, 3))
    trace = network.forward(X, training=True)
    deltas = network.backward(trace, trace.outputs - target)

    functions = {
        "identity": lambda z: z,
        "leaky_relu": lambda z: torch.nn.functional.leaky_relu(z, 0.01),
    }
    f = functions.get(activation) or getattr(
        torch.nn.functional, activation, getattr(torch, activation, None)
    )
    tensors = [
        {name: torch.tensor(array, requires_grad=True) for name, array in layer.named()}
        for layer in network.parameters
    ]
    x, zs = torch.tensor(X), []
    for i, t in enumerate(tensors):
        z = x @ t["W"] + t["b"]
        z.retain_grad()
        zs.append(z)
        n = z
        if "gamma" in t and normalization == "batch":
            n = torch.nn.functional.batch_norm(z, None, None, t["gamma"], t["beta"], True)
        elif "gamma" in t:
            n = torch.nn.functional.layer_norm(z, (z.shape[1],), t["gamma"], t["beta"])
        a = n if i == len(tensors) - 1 else f(n)
        x = a + x if residual and i < len(tensors) - 1 else a
    (((x - torch.tensor(target)) ** 2).sum() / 2).backward()

    np.testing.assert_allclose(trace.outputs, x.detach().numpy(), rtol=1e-9, atol=1e-12)
    for delta, z in zip(deltas, zs, strict=True):
        np.testing.assert_allclose(delta, z.grad.numpy(), rtol=1e-7, atol=1e-11)
    for gradient, t in zip(network.gradients, tensors, strict=True):
        for name, array in gradient.named():
            np.testing.assert_allclose(array, t[name].grad.numpy(), rtol=1e-7, atol=1e-11)


def test_the_running_statistics_are_pytorchs():
    torch = pytest.importorskip("torch")
    network = build(hidden=(4,), normalization="batch")
    norm = torch.nn.BatchNorm1d(4, dtype=torch.float64)
    for seed in range(5):
        trace = network.forward(inputs_for(network, seed=seed), training=True)
        network.absorb_statistics(trace)
        norm(torch.tensor(trace.layers[0].z))
    running = network.running[0]
    np.testing.assert_allclose(running.mean, norm.running_mean.numpy())
    np.testing.assert_allclose(running.variance, norm.running_var.numpy())


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("residual_block", [0, 1, 3])
@pytest.mark.parametrize("training", [False, True])
def test_a_walk_shows_of_each_layer_what_forward_keeps(normalization, residual_block, training):
    network = build(
        hidden=(5,) * 7,
        normalization=normalization,
        residual=residual_block > 0,
        residual_block=max(residual_block, 1),
    )
    X = inputs_for(network)
    trace = network.forward(X, training=training)
    for expected, (kept, _) in zip(trace.layers, network.walk(X, training=training), strict=True):
        np.testing.assert_array_equal(kept.a, expected.a)
        np.testing.assert_array_equal(kept.z, expected.z)
    if not training:
        np.testing.assert_array_equal(network.outputs(X), trace.outputs)


@pytest.mark.parametrize("rows", [1, 31, 32, 33, 1000])
def test_parts_are_all_rows_once_in_their_order(rows):
    network = build(hidden=(300,))
    numbers = np.arange(rows)
    parts = [numbers[part] for part in network.parts(rows)]
    np.testing.assert_array_equal(np.concatenate(parts), numbers)
    assert max(map(len, parts)) <= 32
