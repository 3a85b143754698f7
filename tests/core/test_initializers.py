"""Initializers: shapes, moments against the papers' formulas and PyTorch, orthogonality."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.initializers import INITIALIZERS

FAN_IN, FAN_OUT, STD = 300, 200, 0.07

STANDARD_DEVIATIONS = {
    "xavier_normal": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "xavier_uniform": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "glorot_normal": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "glorot_uniform": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "he_normal": math.sqrt(2 / FAN_IN),
    "he_uniform": math.sqrt(2 / FAN_IN),
    "kaiming_normal": math.sqrt(2 / FAN_IN),
    "kaiming_uniform": math.sqrt(2 / FAN_IN),
    "lecun_normal": math.sqrt(1 / FAN_IN),
    "lecun_uniform": math.sqrt(1 / FAN_IN),
    "normal": STD,
    "uniform": STD,
}

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@pytest.fixture(params=INITIALIZERS)
def name(request) -> str:
    return request.param


def draw(name, fan_in=FAN_IN, fan_out=FAN_OUT, std=STD, seed=0):
    return INITIALIZERS[name](np.random.default_rng(seed), fan_in, fan_out, std)


def kurtosis(weights):
    return np.mean(weights**4) / np.mean(weights**2) ** 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (5, 5), (3, 8), (8, 3)])
def test_weights_are_a_new_float64_matrix_of_fan_in_rows(name, shape):
    weights = draw(name, *shape)
    assert weights.shape == shape
    assert weights.dtype == np.float64
    assert weights.flags.c_contiguous
    assert weights.flags.writeable
    assert np.isfinite(weights).all()


def test_the_generator_alone_decides(name):
    np.testing.assert_array_equal(draw(name, seed=3), draw(name, seed=3))
    same = np.array_equal(draw(name, seed=3), draw(name, seed=4))
    assert same == (name in ("constant", "zeros"))


def test_only_the_plain_initializers_look_at_std(name):
    same = np.array_equal(draw(name, std=0.1), draw(name, std=0.2))
    assert same == (name not in ("normal", "uniform", "constant"))


@pytest.mark.parametrize("name", STANDARD_DEVIATIONS)
def test_mean_and_standard_deviation_are_as_stated(name):
    expected = STANDARD_DEVIATIONS[name]
    for seed in range(3):
        weights = draw(name, seed=seed)
        # Five standard errors of each.
        assert abs(weights.mean()) < 5 * expected / math.sqrt(weights.size)
        assert weights.std() == pytest.approx(expected, rel=5 / math.sqrt(2 * weights.size))


@pytest.mark.parametrize("shape", [(40, 40), (90, 30), (30, 90)])
def test_the_variance_that_an_initializer_declares_is_that_of_its_weights(name, shape):
    if (variance := INITIALIZERS[name].variance) is None:
        assert np.array_equal(draw(name, seed=3), draw(name, seed=4))
        return
    squares = [np.mean(draw(name, *shape, seed=seed) ** 2) for seed in range(20)]
    standard_errors = 5 * math.sqrt(2 / (20 * shape[0] * shape[1]))
    assert np.mean(squares) == pytest.approx(variance(*shape, STD), rel=standard_errors)


@pytest.mark.parametrize("name", [name for name in STANDARD_DEVIATIONS if "uniform" in name])
def test_uniform_weights_fill_their_range_evenly(name):
    weights, bound = draw(name), math.sqrt(3) * STANDARD_DEVIATIONS[name]
    assert 0.999 * bound < np.abs(weights).max() <= bound
    assert kurtosis(weights) == pytest.approx(9 / 5, abs=0.03)


@pytest.mark.parametrize("name", [name for name in STANDARD_DEVIATIONS if "normal" in name])
def test_normal_weights_are_normal_and_not_truncated(name):
    weights = draw(name)
    assert np.abs(weights).max() > 3.5 * STANDARD_DEVIATIONS[name]
    assert kurtosis(weights) == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(("one", "other"), [("xavier", "glorot"), ("he", "kaiming")])
def test_two_names_of_one_initializer_draw_the_same(one, other):
    for distribution in ("normal", "uniform"):
        np.testing.assert_array_equal(
            draw(f"{one}_{distribution}"), draw(f"{other}_{distribution}")
        )


@pytest.mark.parametrize("value", [0.0, 0.05, -2.0])
def test_constant_weights_all_have_the_value(value):
    np.testing.assert_array_equal(draw("constant", std=value), np.full((FAN_IN, FAN_OUT), value))


def test_zeros_are_zeros():
    assert not draw("zeros").any()


@pytest.mark.parametrize("name", ["normal", "uniform"])
def test_a_standard_deviation_of_zero_or_below_is_taken_as_a_factor(name):
    assert not draw(name, std=0.0).any()
    np.testing.assert_array_equal(draw(name, std=-0.3), -draw(name, std=0.3))


@given(shape=SHAPES, seed=st.integers(0, 10_000))
def test_orthogonal_weights_are_orthonormal_on_their_shorter_side(shape, seed):
    weights = draw("orthogonal", *shape, seed=seed)
    product = weights.T @ weights if shape[0] >= shape[1] else weights @ weights.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-13)


def test_large_orthogonal_weights_keep_the_length_of_a_vector():
    weights = draw("orthogonal", 200, 200)
    x = np.random.default_rng(1).standard_normal(200)
    assert np.linalg.norm(x @ weights) == pytest.approx(np.linalg.norm(x), rel=1e-13)


@pytest.mark.parametrize("shape", [(3, 3), (3, 2), (2, 3)])
def test_orthogonal_weights_prefer_no_direction(shape):
    # Under the Haar measure every column (or row) is uniform on the sphere: mean 0, second moments
    # identity / 3. QR whose signs are not corrected has a first entry that is always negative.
    draws = 6000
    rng = np.random.default_rng(5)
    sample = np.stack([INITIALIZERS["orthogonal"](rng, *shape, 1.0) for _ in range(draws)])
    assert np.abs(sample.mean(axis=0)).max() < 5 * math.sqrt(1 / 3 / draws)
    vectors = sample[:, :, 0] if shape[0] == 3 else sample[:, 0, :]
    moments = vectors.T @ vectors / draws
    # The variance of a product of two entries is at most E x^4 - 1/9 = 1/5 - 1/9.
    assert np.abs(moments - np.eye(3) / 3).max() < 5 * math.sqrt((1 / 5 - 1 / 9) / draws)


def test_square_orthogonal_weights_are_haar_distributed():
    # E tr(RQ) = 0 and E tr(RQ)^2 = 1 for every orthogonal R, and half of all Q are reflections.
    draws = 6000
    rng = np.random.default_rng(6)
    sample = np.stack([INITIALIZERS["orthogonal"](rng, 4, 4, 1.0) for _ in range(draws)])
    fixed = draw("orthogonal", 4, 4, seed=99)
    for rotation in (np.eye(4), fixed):
        traces = np.einsum("ij,nji->n", rotation, sample)
        assert abs(traces.mean()) < 5 / math.sqrt(draws)
        assert np.mean(traces**2) == pytest.approx(1, abs=5 * math.sqrt(2 / draws))
    reflections = np.mean(np.linalg.det(sample) < 0)
    assert reflections == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(draws))


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("scheme", ["xavier", "kaiming", "lecun"])
def test_moments_are_those_of_pytorch(scheme, distribution):
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(0)
    weight = torch.empty(FAN_OUT, FAN_IN, dtype=torch.float64)  # PyTorch stores W transposed
    gain = torch.nn.init.calculate_gain("relu")
    if scheme == "xavier":
        fill = getattr(torch.nn.init, f"xavier_{distribution}_")
        fill(weight, generator=generator)
    else:
        fill = getattr(torch.nn.init, f"kaiming_{distribution}_")
        nonlinearity = "relu" if scheme == "kaiming" else "linear"
        fill(weight, nonlinearity=nonlinearity, generator=generator)
    ours, theirs = draw(f"{scheme}_{distribution}"), weight.numpy()
    tolerance = 5 / math.sqrt(ours.size)
    assert ours.std() == pytest.approx(theirs.std(), rel=tolerance)
    stated = {
        "xavier": math.sqrt(2 / (FAN_IN + FAN_OUT)),
        "kaiming": gain / math.sqrt(FAN_IN),
        "lecun": 1 / math.sqrt(FAN_IN),
    }[scheme]
    assert ours.std() == pytest.approx(stated, rel=tolerance)
    if distribution == "uniform":
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-3)
    assert kurtosis(ours) == pytest.approx(kurtosis(theirs), abs=0.15)


def test_orthogonal_moments_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    weight = torch.empty(FAN_OUT, FAN_IN, dtype=torch.float64)
    torch.nn.init.orthogonal_(weight, generator=torch.Generator().manual_seed(0))
    assert draw("orthogonal").std() == pytest.approx(weight.numpy().std(), rel=0.01)
