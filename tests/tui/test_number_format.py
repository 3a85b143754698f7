"""Numbers as people read them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.number_format import (
    count_text,
    factor_text,
    percent_text,
    seconds_text,
    short,
)

ANY_FLOAT = st.floats() | st.sampled_from(
    [5e-324, 1e-320, 2.2e-308, 1e308, -1.7e308, 0.0, -0.0, 9.9995, 99.95, 999.5, 999_999.5, 0.001]
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.0123, "0.0123"),
        (0.00123456, "0.00123"),
        (1.2e-7, "1.2e-07"),
        (-1.2e-7, "-1.2e-07"),
        (1e-320, "1.0e-320"),
        (-1e-320, "-1e-320"),
        (1e308, "1.0e+308"),
        (2.3026, "2.30"),
        (45.678, "45.7"),
        (9.9999, "10.0"),
        (99.99, "100"),
        (999.7, "1,000"),
        (12345.6, "12,346"),
        (-999999.0, "-999,999"),
        (1e6, "1.0e+06"),
        (7, "7"),
        (2345, "2,345"),
        (10**400, "inf"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (np.float32(0.5), "0.500"),
    ],
)
def test_short_numbers(value, text):
    assert short(value) == text


@given(ANY_FLOAT)
def test_short_numbers_have_at_most_8_characters_and_never_hide_what_is_not_zero(value):
    text = short(value)
    assert 1 <= len(text) <= 8
    if math.isfinite(value):
        assert (float(text.replace(",", "")) == 0) == (value == 0)


@given(st.floats(-1e300, 1e300))
def test_short_numbers_are_right_to_the_digits_they_show(value):
    text = short(value)
    one_digit = "e" in text and "." not in text
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.5 if one_digit else 0.06)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (950, "950"),
        (12345, "12,345"),
        (99_999.4, "99,999"),
        (123_456, "123k"),
        (999_499, "999k"),
        (999_600, "1.0M"),
        (1_500_000, "1.5M"),
        (12_345_678, "12M"),
        (2.5e9, "2.5G"),
        (3e12, "3.0T"),
        (2e15, "2e+15"),
        (-0.2, "0"),
        (math.nan, "nan"),
    ],
)
def test_counts(value, text):
    assert count_text(value) == text


@given(st.floats(0) | st.integers(0, 10**400))
def test_counts_have_at_most_6_characters(value):
    assert 1 <= len(count_text(value)) <= 6


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.001, "<0.1 s"),
        (0.34, "0.3 s"),
        (9.97, "10 s"),
        (42.4, "42 s"),
        (59.7, "1:00"),
        (187, "3:07"),
        (3723, "1:02:03"),
        (36_000, "10 h"),
        (200_000, "2 d"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_durations(seconds, text):
    assert seconds_text(seconds) == text


@given(st.floats())
def test_durations_have_at_most_8_characters(seconds):
    assert 1 <= len(seconds_text(seconds)) <= 7 + (seconds < 0)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1e-9, "<0.1 %"),
        (0.004, "0.4 %"),
        (0.12, "12 %"),
        (0.994, "99.4 %"),
        (0.99999, "99.9 %"),
        (1.0, "100 %"),
        (12.0, ">999 %"),
        (math.nan, "nan"),
    ],
)
def test_shares(share, text):
    assert percent_text(share) == text


@given(st.floats())
def test_shares_have_at_most_6_characters_and_only_1_reads_100(share):
    text = percent_text(share)
    assert len(text) <= 6
    if 0 < share < 1:
        assert text not in ("0 %", "100 %")


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (0.21, "x 0.21"),
        (0.0123, "x 0.012"),
        (0.9999, "x 1.0"),
        (3.44, "x 3.4"),
        (9.97, "x 10"),
        (340.4, "x 340"),
        (3.4e6, "x 3.4e+06"),
        (2.1e-5, "x 2.1e-05"),
        (0.0, "x 0"),
        (math.nan, "x nan"),
        (math.inf, "x inf"),
    ],
)
def test_factors(factor, text):
    assert factor_text(factor) == text


@given(ANY_FLOAT)
def test_factors_have_at_most_10_characters(factor):
    assert len(factor_text(factor)) <= 10
