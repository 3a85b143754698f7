"""Ranges and ticks."""

import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.axes import (
    YRange,
    fit_linear,
    fit_log,
    linear_labels,
    linear_ticks,
    log_range,
    log_ticks,
    nice_step,
    power_label,
    step_ticks,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)
HOSTILE = st.floats() | st.sampled_from([1e308, -1e308, sys.float_info.max, 5e-324, 1e-320, 0.0])
ARRAYS = st.lists(HOSTILE, max_size=6).map(np.array)


@pytest.mark.parametrize(
    ("rough", "step"), [(1, 1), (1.1, 2), (3, 5), (6, 10), (0.013, 0.02), (7e-9, 1e-8)]
)
def test_steps_are_1_2_or_5_times_a_power_of_ten(rough, step):
    assert nice_step(rough) == step


def test_there_is_no_step_where_floats_end():
    assert nice_step(0.0) == nice_step(math.inf) == nice_step(math.nan) == nice_step(1.7e308) == 0
    assert nice_step(5e-324) == 5e-324


def test_whole_steps_are_at_least_1():
    assert nice_step(0.3, whole=True) == 1


@pytest.mark.parametrize(
    ("lo", "hi", "labels"),
    [
        (0, 2.5, ["0", "1", "2"]),
        (0, 1, ["0.0", "0.5", "1.0"]),
        (-1, 1, ["-1", "0", "1"]),
        (0, 0.04, ["0.00", "0.02", "0.04"]),
        (0, 3e-7, ["0", "1e-7", "2e-7", "3e-7"]),
        (0, 25_000, ["0", "10000", "20000"]),
        (0, 4e12, ["0", "2e12", "4e12"]),
        (-4e-9, 4e-9, ["-4e-9", "-2e-9", "0", "2e-9", "4e-9"]),
    ],
)
def test_linear_ticks_and_their_labels(lo, hi, labels):
    assert linear_labels(linear_ticks(lo, hi, 5 if len(labels) > 3 else 4)) == labels


@given(FINITE, FINITE, st.integers(-1, 12))
def test_linear_ticks_lie_in_range_and_are_not_too_many(one, other, most):
    lo, hi = sorted((one, other))
    ticks = linear_ticks(lo, hi, most)
    slack = (hi - lo) * 1e-6
    assert len(ticks) <= max(most, 0)
    assert all(lo - slack <= tick <= hi + slack for tick in ticks)
    assert len(linear_labels(ticks)) == len(ticks)


@pytest.mark.parametrize(
    ("lo", "hi", "most", "labels"),
    [
        (-8, 0, 5, ["1e-8", "1e-6", "1e-4", "1e-2", "1"]),
        (-3, 1, 5, ["0.001", "0.01", "0.1", "1", "10"]),
        (-2, 2, 3, ["0.01", "1", "100"]),
        (math.log10(2), math.log10(5), 4, ["2", "5"]),
        (-1, 0, 4, ["0.1", "0.2", "0.5", "1"]),
        (math.log10(2.1), math.log10(2.9), 4, ["2.2", "2.4", "2.6", "2.8"]),
        (-320, 308, 4, ["1e-200", "1", "1e200"]),
    ],
)
def test_log_ticks_and_their_labels(lo, hi, most, labels):
    assert [label for _, label in log_ticks(lo, hi, most)] == labels


@given(st.floats(-330, 310), st.floats(-330, 310), st.integers(-1, 12))
def test_log_ticks_lie_in_range_and_are_not_too_many(one, other, most):
    lo, hi = sorted((one, other))
    ticks = log_ticks(lo, hi, most)
    assert len(ticks) <= max(most, 0)
    assert all(lo - 1e-6 <= at <= hi + 1e-6 for at, _ in ticks)


@given(HOSTILE, HOSTILE, st.integers(-2, 10))
def test_ticks_of_hostile_ranges_do_not_raise(lo, hi, most):
    linear_labels(linear_ticks(lo, hi, most))
    log_ticks(lo, hi, most)
    step_ticks(lo, hi, most)
    power_label(lo)


def test_steps_are_whole_and_within_the_half_open_range():
    assert step_ticks(1, 401, 5) == [100, 200, 300, 400]
    assert step_ticks(1, 4, 5) == [1, 2, 3]
    assert step_ticks(0, 400, 3) == [0, 200]
    assert step_ticks(5, 5, 4) == []


def test_powers_are_labeled_as_short_as_an_axis_has_them():
    labels = [power_label(exponent) for exponent in (-8, -1, 0, 3, 7, -7.5, -323)]
    assert labels == ["1e-8", "0.1", "1", "1000", "1e7", "3.2e-8", "1e-323"]


@given(FINITE, FINITE)
def test_a_linear_range_holds_both_values_and_is_never_empty(one, other):
    least, greatest = sorted((one, other))
    lo, hi = fit_linear(least, greatest)
    slack = (hi / 4 - lo / 4) * 1e-6
    assert -math.inf < lo < hi < math.inf
    assert lo <= least + slack
    assert hi >= greatest - slack


@pytest.mark.parametrize(
    ("least", "greatest", "fitted"),
    [(0.0, 2.34, (0.0, 3.0)), (2.3, 2.3, (2.0, 2.6)), (0.0, 0.0, (-1.0, 1.0)), (-3, 9, (-5, 10))],
)
def test_linear_ranges_are_round(least, greatest, fitted):
    assert fit_linear(least, greatest) == pytest.approx(fitted)


@given(st.floats(-324, 309), st.floats(-324, 309))
def test_a_log_range_holds_both_values_and_is_never_empty(one, other):
    least, greatest = sorted((one, other))
    lo, hi = fit_log(least, greatest)
    assert lo < hi
    assert lo <= least + 1e-6
    assert hi >= greatest - 1e-6


def test_log_ranges_are_decades_or_1_2_5():
    assert fit_log(-7.3, -0.2) == (-8, 0)
    assert fit_log(math.log10(2.1), math.log10(2.4)) == pytest.approx(
        (math.log10(2), math.log10(5))
    )
    assert fit_log(0, 0) == pytest.approx((0, math.log10(2)))


def test_whole_decades_around_positive_values():
    assert log_range(np.array([3e-7, 0.5, np.nan, -1, 0, np.inf])) == (-7, 0)
    assert log_range(np.array([0.1])) == (-1, 0)
    assert log_range(np.array([0.0, np.nan])) == (-1, 0)
    assert log_range(np.array([])) == (-1, 0)


def test_a_range_holds_still_while_the_values_stay_inside():
    held = YRange()
    first = held.update(np.array([0.2]), np.array([2.4]))
    assert held.update(np.array([0.3]), np.array([2.2])) == first
    assert held.update(np.array([0.1]), np.array([2.5])) == first


def test_a_range_grows_at_once():
    held = YRange()
    held.update(np.array([0.0]), np.array([2.4]))
    lo, hi = held.update(np.array([0.0]), np.array([99.0]))
    assert (lo, hi) == (0, 100)


def test_a_range_is_fitted_again_when_the_values_shrink_much():
    held = YRange()
    held.update(np.array([0.0]), np.array([100.0]))
    assert held.update(np.array([0.0]), np.array([2.4])) == (0, 3)


def test_a_change_to_a_log_axis_and_a_reset_fit_again():
    held = YRange()
    held.update(np.array([1e-7]), np.array([1.0]))
    assert held.update(np.array([1e-7]), np.array([1.0]), log=True) == (-7, 0)
    held.update(np.array([1e-9]), np.array([1.0]), log=True)
    held.reset()
    assert held.update(np.array([1e-7]), np.array([1.0]), log=True) == (-7, 0)


def test_values_to_include_are_always_in_a_linear_range():
    assert YRange(0.0).update(np.array([2.30]), np.array([2.33])) == (0, 3)


def test_a_range_of_nothing_is_the_last_one_or_a_plain_one():
    held = YRange()
    empty = np.array([])
    assert held.update(empty, np.array([np.nan])) == (0, 1)
    held.update(np.array([3.0]), np.array([9.0]))
    assert held.update(empty, empty) == (2, 10)
    assert YRange().update(empty, np.array([0.0, -1.0]), log=True) == (-1, 0)


@given(st.lists(st.tuples(ARRAYS, ARRAYS, st.booleans()), max_size=5))
def test_a_range_of_hostile_values_always_has_a_bottom_below_its_top(updates):
    held = YRange()
    for low, high, log in updates:
        lo, hi = held.update(low, high, log=log)
        assert -math.inf < lo < hi < math.inf


def test_a_single_tick_is_told_exactly():
    assert linear_labels([2.5]) == ["2.5"]
    assert linear_labels([-999_999.999]) == ["-9.99999999e5"]


@given(lo=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), most=st.integers(1, 8))
def test_every_label_reads_back_as_its_tick(lo, width, most):
    ticks = linear_ticks(lo, lo + width, most)
    for tick, label in zip(ticks, linear_labels(ticks), strict=True):
        assert abs(float(label) - tick) <= 0.01 * width
