import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from backscope.core.data import standardization

LARGEST = float(np.finfo(np.float64).max)


def column(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=np.float64)[:, None]


def standardized(X: NDArray[np.float64]) -> NDArray[np.float64]:
    return standardization.apply(X, *standardization.fit(X))


def test_mean_and_scale_are_those_of_the_statistics_module() -> None:
    X = np.random.default_rng(1).normal([3, -70, 1e-4], [2, 0.1, 1e-6], size=(57, 3))
    mean, scale = standardization.fit(X)
    for j in range(3):
        values = X[:, j].tolist()
        assert mean[j] == pytest.approx(statistics.fmean(values), rel=1e-14)
        assert scale[j] == pytest.approx(statistics.pstdev(values), rel=1e-12)


def test_apply_is_the_plain_formula_bit_for_bit() -> None:
    rng = np.random.default_rng(2)
    X, mean, scale = rng.normal(size=(40, 3)), rng.normal(size=3), rng.uniform(0.1, 9, size=3)
    assert np.array_equal(standardization.apply(X, mean, scale), (X - mean) / scale)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e300, 5e-324, LARGEST, -LARGEST])
@pytest.mark.parametrize("n", [1, 3, 7, 1000])
def test_a_constant_feature_becomes_exactly_zero_with_scale_one(value: float, n: int) -> None:
    X = np.full((n, 1), value)
    mean, scale = standardization.fit(X)
    assert mean[0] == value
    assert scale[0] == 1.0
    assert np.array_equal(standardization.apply(X, mean, scale), np.zeros((n, 1)))


def test_a_feature_that_differs_by_rounding_alone_is_constant() -> None:
    X = column(0.3, 0.1 + 0.2, 0.3, 0.3)
    assert standardization.fit(X)[1][0] == 1.0
    assert np.abs(standardized(X)).max() < 1e-15


def test_a_small_spread_about_a_large_mean_is_kept() -> None:
    X = 1e9 + np.random.default_rng(3).normal(size=(10_000, 1))
    result = standardized(X)
    assert result.mean() == pytest.approx(0, abs=1e-6)
    assert result.std() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "values",
    [
        (1e300, -1e300),
        (1e308, 1.1e308, 1.7e308),
        (LARGEST, -LARGEST),
        (LARGEST, LARGEST, -LARGEST),
        (LARGEST, 0.0),
        (1e-300, 3e-300),
        (4e-308, 9e-308),
    ],
)
def test_numbers_at_the_ends_of_the_range_are_standardized_like_any(
    values: tuple[float, ...],
) -> None:
    result = standardized(column(*values))
    exact = [float(v) for v in _exactly_standardized(values)]
    assert result[:, 0].tolist() == pytest.approx(exact, rel=1e-9, abs=1e-9)


def _exactly_standardized(values: tuple[float, ...]) -> list[float]:
    from decimal import Decimal, getcontext

    getcontext().prec = 700
    exact = [Decimal(value) for value in values]
    mean = sum(exact, Decimal(0)) / len(exact)
    scale = (sum(((v - mean) ** 2 for v in exact), Decimal(0)) / len(exact)).sqrt()
    return [float((v - mean) / scale) for v in exact]


def test_a_spread_among_subnormal_numbers_counts_as_none() -> None:
    X = column(0.0, 1e-310)
    assert standardization.fit(X)[1][0] == 1.0
    assert np.abs(standardized(X)).max() <= 1e-310


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.integers(1, 3)),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_any_finite_inputs_become_finite_ones_of_mean_zero_and_spread_at_most_one(
    X: NDArray[np.float64],
) -> None:
    mean, scale = standardization.fit(X)
    assert np.isfinite(mean).all()
    assert np.isfinite(scale).all()
    assert (scale > 0).all()
    result = standardization.apply(X, mean, scale)
    assert np.abs(result).max() <= np.sqrt(len(X)) * (1 + 1e-9)
    assert np.abs(result.mean(axis=0)).max() < 1e-6


def test_new_numbers_far_outside_overflow_to_infinity_without_a_warning() -> None:
    mean, scale = standardization.fit(column(1e-200, 2e-200))
    assert standardization.apply(column(1e200), mean, scale)[0, 0] == np.inf
