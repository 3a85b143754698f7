"""Activations: slopes against finite differences, values against slow twins and PyTorch."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.activations import ACTIVATIONS, Activation, normal_tail, signal_gain

DTYPES = [np.float32, np.float64]

TWINS = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * math.expm1(z)),
    "gelu": lambda z: z * 0.5 * (1 + math.erf(z / math.sqrt(2))),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "identity": lambda z: z,
}

TORCH_NAMES = {"identity": "linear"}


@pytest.fixture(params=ACTIVATIONS.values(), ids=ACTIVATIONS.keys())
def activation(request) -> Activation:
    return request.param


@pytest.fixture(params=DTYPES, ids=["float32", "float64"])
def dtype(request) -> type:
    return request.param


def away_from_kinks(dtype) -> np.ndarray:
    magnitudes = np.linspace(0.01, 8, 400)
    return np.concatenate([-magnitudes[::-1], magnitudes]).astype(dtype)


def extremes(dtype) -> np.ndarray:
    limits = np.finfo(dtype)
    sizes = [0.0, limits.smallest_subnormal, limits.tiny, 1e-30, 1e-20, 1e-3, 1.0, 5.0, 17.0]
    sizes += [30.0, 39.0, 41.0, 80.0, 89.0, 104.0, 700.0, 710.0, 746.0, 1e4, 1e19, 1e38]
    sizes += [1e300] if dtype is np.float64 else []
    sizes += [limits.max / 2]
    return np.array([sign * size for size in sizes for sign in (1, -1)], dtype)


def test_every_key_is_the_name_of_its_record():
    assert [record.name for record in ACTIVATIONS.values()] == list(ACTIVATIONS)


def test_slopes_agree_with_central_differences(activation, dtype):
    z = away_from_kinks(dtype)
    slope = activation.slope(z, activation.value(z))
    exact, eps = z.astype(np.float64), 1e-6
    difference = (activation.value(exact + eps) - activation.value(exact - eps)) / (2 * eps)
    # Central differences err by about 1e-16 * |f| / eps; float32 rounds at 6e-8, SiLU
    # multiplies that by z.
    tolerance = 2e-9 if dtype is np.float64 else 1e-6
    np.testing.assert_allclose(slope, difference, rtol=0, atol=tolerance)


def test_types_and_shapes_stay_and_arrays_are_new(activation, dtype):
    z = away_from_kinks(dtype).reshape(8, -1)
    before = z.copy()
    a = activation.value(z)
    kept = a.copy()
    slope = activation.slope(z, a)
    assert a.dtype == slope.dtype == dtype
    assert a.shape == slope.shape == z.shape
    assert not any(np.shares_memory(*pair) for pair in [(a, z), (slope, z), (slope, a)])
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(a, kept)


def test_extreme_preactivations_give_finite_values_and_slopes_without_a_warning(activation, dtype):
    z = extremes(dtype)
    a = activation.value(z)
    slope = activation.slope(z, a)
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()
    assert a.dtype == slope.dtype == dtype


def test_far_from_zero_values_are_flat_or_straight(activation):
    z = np.array([-1e6, -1e5, 1e5, 1e6])
    a = activation.value(z)
    slope = activation.slope(z, a)
    np.testing.assert_allclose((a[1] - a[0]) / (z[1] - z[0]), slope[0], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose((a[3] - a[2]) / (z[3] - z[2]), slope[3], rtol=1e-12, atol=1e-300)


def test_nan_passes_through(activation, dtype):
    z = np.array([1.0, np.nan, -1.0], dtype)
    a = activation.value(z)
    np.testing.assert_array_equal(np.isnan(a), [False, True, False])
    slope = activation.slope(z, a)
    straight = activation.slope(np.ones(1), np.ones(1)) == activation.slope(
        -np.ones(1), -np.ones(1)
    )
    assert np.isnan(slope[1]) or straight or activation.rectifier


@given(z=st.floats(-1e300, 1e300))
def test_any_finite_preactivation_is_fine_in_float64(z):
    for activation in ACTIVATIONS.values():
        array = np.array([z])
        a = activation.value(array)
        slope = activation.slope(array, a)
        assert np.isfinite(a).all()
        assert -0.2 < slope[0] < 1.8
        # No activation of the table grows faster than its input, but for SELU's scale of 1.05.
        assert abs(a[0]) <= 1.06 * abs(z) + 1.8


@given(z=st.floats(-(2.0**127), 2.0**127, width=32))
def test_any_finite_preactivation_in_float32_agrees_with_float64(z):
    for activation in ACTIVATIONS.values():
        single, double = np.array([z], np.float32), np.array([z], np.float64)
        a, exact = activation.value(single), activation.value(double)
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, exact, rtol=1e-6, atol=5e-7)
        slope = activation.slope(single, a)
        np.testing.assert_allclose(slope, activation.slope(double, exact), rtol=1e-6, atol=1e-6)


@given(
    z=st.lists(st.floats(-30, 30), min_size=1, max_size=40),
    columns=st.integers(1, 4),
)
def test_the_layout_of_the_array_does_not_matter(z, columns):
    matrix = np.resize(np.array(z), (3, columns))
    for activation in ACTIVATIONS.values():
        a = activation.value(np.asfortranarray(matrix))
        np.testing.assert_allclose(a, activation.value(matrix), rtol=1e-14, atol=1e-300)
        np.testing.assert_allclose(
            activation.slope(np.asfortranarray(matrix), a),
            activation.slope(matrix, activation.value(matrix)),
            rtol=1e-13,
            atol=1e-15,
        )


@pytest.mark.parametrize("name", TWINS)
def test_values_agree_with_the_textbook_formula(name):
    z = np.linspace(-12, 12, 2001)
    expected = [TWINS[name](float(entry)) for entry in z]
    np.testing.assert_allclose(ACTIVATIONS[name].value(z), expected, rtol=1e-14, atol=2e-15)


@pytest.mark.parametrize("name", ["sigmoid", "softplus"])
def test_what_falls_off_as_an_exponential_keeps_its_digits_far_below_zero(name):
    z = np.array([-40.0, -300.0, -700.0])
    a = ACTIVATIONS[name].value(z)
    expected = [math.exp(entry) for entry in z]
    np.testing.assert_allclose(a, expected, rtol=1e-13)
    np.testing.assert_allclose(ACTIVATIONS[name].slope(z, a), expected, rtol=1e-13)


def test_relu_slope_is_zero_at_zero():
    for zero in (0.0, -0.0):
        z = np.array([zero])
        assert ACTIVATIONS["relu"].slope(z, ACTIVATIONS["relu"].value(z))[0] == 0


def test_a_rectifier_is_exactly_zero_and_flat_below_zero_and_nothing_else_is(activation):
    z = np.array([-1e300, -3.0, -1e-300, -0.0, 0.0])
    a = activation.value(z)
    silent = not a.any() and not activation.slope(z, a).any()
    assert silent == activation.rectifier


def test_exactly_the_bounded_activations_can_saturate(activation):
    bounded = np.abs(activation.value(np.array([-1e6, 1e6]))).max() < 10
    assert (activation.saturated is not None) == bounded


def test_saturated_entries_lie_in_the_flat_part():
    z = np.linspace(-8, 8, 4001)
    for activation in ACTIVATIONS.values():
        if activation.saturated is None:
            continue
        a = activation.value(z)
        slope = activation.slope(z, a)
        saturated = activation.saturated(a)
        assert saturated.dtype == bool
        assert 0 < saturated.mean() < 1
        assert slope[saturated].max() < 0.06 * slope.max()
        assert slope[~saturated].min() > 0.059 * slope.max()


def test_sigmoid_saturates_where_tanh_of_half_its_preactivation_does():
    z = np.linspace(-8, 8, 4000)
    sigmoid, tanh = ACTIVATIONS["sigmoid"], ACTIVATIONS["tanh"]
    np.testing.assert_array_equal(
        sigmoid.saturated(sigmoid.value(z)), tanh.saturated(tanh.value(z / 2))
    )


def test_saturation_bounds_are_those_of_the_glossary():
    a = np.array([-0.971, -0.969, 0.969, 0.971])
    np.testing.assert_array_equal(ACTIVATIONS["tanh"].saturated(a), [True, False, False, True])
    a = np.array([0.0149, 0.0151, 0.9849, 0.9851], np.float32)
    np.testing.assert_array_equal(ACTIVATIONS["sigmoid"].saturated(a), [True, False, False, True])


def test_the_signal_gain_keeps_the_mean_square_at_one(activation):
    rng = np.random.default_rng(1)
    a = signal_gain(activation.value) * activation.value(rng.standard_normal(400_000))
    assert np.mean(a * a) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("name", "gain"),
    [
        ("sigmoid", 1),
        ("tanh", 5 / 3),
        ("relu", math.sqrt(2)),
        ("leaky_relu", math.sqrt(2 / 1.0001)),
        ("selu", 0.75),
        ("identity", 1),
        # E f(z)^2 by adaptive quadrature to 1e-10.
        ("elu", 1.2451983007),
        ("gelu", 1.5335304412),
        ("silu", 1.6765324703),
        ("softplus", 1.0418668355),
    ],
)
def test_gains(name, gain):
    assert ACTIVATIONS[name].gain == pytest.approx(gain, rel=1e-9)


def test_normal_tail_agrees_with_math_erfc():
    x = np.linspace(0, 37, 37_001)
    exact = np.array([math.erfc(entry / math.sqrt(2)) / 2 for entry in x])
    error = np.abs(normal_tail(x) - exact)
    assert error.max() < 1e-15
    relative = error / exact
    assert relative[x <= 3].max() < 2e-14
    assert relative[x <= 8].max() < 1e-8
    assert relative.max() < 4e-6
    assert normal_tail(np.zeros(1))[0] == 0.5


@given(z=st.floats(-40, 40))
def test_gelu_agrees_with_math_erf(z):
    gelu = ACTIVATIONS["gelu"]
    a = gelu.value(np.array([z]))
    assert a[0] == pytest.approx(z * math.erfc(-z / math.sqrt(2)) / 2, rel=1e-14, abs=1e-15)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    slope = (1 + math.erf(z / math.sqrt(2))) / 2 + z * density
    assert gelu.slope(np.array([z]), a)[0] == pytest.approx(slope, abs=1e-15)


def test_values_and_gradients_are_those_of_pytorch(activation, dtype):
    torch = pytest.importorskip("torch")
    functions = {"identity": lambda z: z * 1.0}
    function = functions.get(activation.name) or getattr(torch.nn.functional, activation.name, None)
    if function is None:
        pytest.skip("PyTorch has no such activation")
    z = np.concatenate([away_from_kinks(dtype), np.zeros(1, dtype), np.array([12, -12], dtype)])
    tensor = torch.tensor(z, requires_grad=True)
    value = function(tensor)
    value.sum().backward()
    tolerance = 1e-13 if dtype is np.float64 else 1e-6
    a = activation.value(z)
    np.testing.assert_allclose(a, value.detach().numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(
        activation.slope(z, a), tensor.grad.numpy(), rtol=tolerance, atol=tolerance
    )


def test_gains_are_those_of_pytorch(activation):
    torch = pytest.importorskip("torch")
    try:
        gain = torch.nn.init.calculate_gain(TORCH_NAMES.get(activation.name, activation.name))
    except ValueError:
        gain = signal_gain(activation.value)
    assert activation.gain == pytest.approx(gain, rel=1e-15)
