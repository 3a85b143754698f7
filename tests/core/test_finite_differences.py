import math

import numpy as np
import pytest

from backscope.core.finite_differences import is_confirmed, slope_at_zero

NO_KINKS = np.zeros(0, np.bool_)


def line(function):
    """A smooth function as a line without kinks."""
    return lambda offset: (function(offset), NO_KINKS)


@pytest.mark.parametrize(
    ("function", "slope"),
    [(math.sin, 1.0), (math.exp, 1.0), (lambda x: math.tanh(30.0 * x), 30.0), (math.cos, 0.0)],
)
def test_the_slope_of_a_smooth_function_is_right_and_its_error_small(function, slope):
    found = slope_at_zero(line(function), 0.0)
    assert found.value == pytest.approx(slope, rel=1e-9, abs=1e-11)
    assert found.error < 1e-8


def test_steps_are_kept_between_two_kinks():
    def relu(x):
        return max(x + 1e-4, 0.0) ** 2, np.array([x > -1e-4])

    assert slope_at_zero(relu, 0.0).value == pytest.approx(2e-4, rel=1e-8)


def test_no_slope_is_told_on_a_kink():
    found = slope_at_zero(lambda x: (abs(x), np.array([x > 0.0])), 0.0)
    assert math.isnan(found.value)
    assert found.error == math.inf


def test_noise_that_is_foretold_is_part_of_the_error():
    rng = np.random.default_rng(5)
    found = slope_at_zero(line(lambda x: math.sin(x) + 1e-8 * rng.standard_normal()), 1e-8)
    assert abs(found.value - 1.0) < 10.0 * found.error
    assert found.error < 1e-5


@pytest.mark.parametrize("wrong", [0.0, 0.99999, 1.001, -1.0, 5.0])
def test_a_slope_other_than_the_expected_one_is_confirmed_for_a_smooth_function(wrong):
    assert is_confirmed(line(math.sin), 0.0, slope_at_zero(line(math.sin), 0.0), wrong)


def test_a_function_that_leaps_within_less_than_a_step_confirms_nothing():
    def leaping(x):
        return 1.0 + math.tanh(1e12 * x)

    found = slope_at_zero(line(leaping), 0.0)
    assert found.value < 1e10, "it looks flat to every usual step"
    assert not is_confirmed(line(leaping), 0.0, found, 1e12)


def test_a_function_that_looks_like_a_kink_confirms_nothing():
    """Slope 1/2 at 0, but 3/4 on average between any two offsets larger than 1e-8."""

    def bending(x):
        return 1.0 + 0.75 * x + 0.25 * abs(x) - 0.25e-8 * math.tanh(1e8 * x)

    found = slope_at_zero(line(bending), 0.0)
    assert found.value == pytest.approx(0.75, rel=1e-3)
    assert not is_confirmed(line(bending), 0.0, found, 0.5)


def test_noise_that_nobody_foretold_confirms_nothing():
    rng = np.random.default_rng(5)
    noisy = line(lambda x: 1.0 + 0.1 * math.sin(x) + 1e-7 * rng.standard_normal())
    assert not is_confirmed(noisy, 0.0, slope_at_zero(noisy, 0.0), 0.1)
