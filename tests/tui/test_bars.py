"""Horizontal bars."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.bars import hbar, log_bar
from backscope.tui.glyphs import ASCII, BLOCK, BRAILLE, GLYPHS

ANY_GLYPHS = st.sampled_from(list(GLYPHS.values()))


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [
        (0.0, "    "),
        (1 / 32, "▏   "),
        (0.5, "██  "),
        (0.53, "██▏ "),
        (1.0, "████"),
        (7.0, "████"),
        (-1.0, "    "),
        (math.nan, "    "),
        (math.inf, "████"),
        (1e-9, "▏   "),
    ],
)
def test_a_bar_is_filled_to_an_eighth_of_a_cell(fraction, bar):
    assert hbar(fraction, 4, BRAILLE) == bar


def test_coarser_glyphs_give_coarser_bars():
    assert hbar(0.4, 4, BLOCK) == "█▌  "
    assert hbar(0.4, 4, ASCII) == "##  "


def test_a_log_bar_shows_decades():
    assert log_bar(1e-4, -8, 0, 8, BRAILLE) == "████    "
    assert log_bar(1e-20, -8, 0, 8, BRAILLE) == "▏       "
    assert log_bar(1e20, -8, 0, 8, BRAILLE) == "████████"


def test_a_log_bar_of_zero_is_empty_and_of_a_non_finite_value_marked():
    assert log_bar(0.0, -8, 0, 4, BRAILLE) == "    "
    assert log_bar(math.inf, -8, 0, 4, BRAILLE) == "✗   "
    assert log_bar(math.nan, -8, 0, 4, BRAILLE) == "✗   "
    assert log_bar(-1.0, -8, 0, 4, ASCII) == "X   "


@given(st.floats(), st.floats(), st.floats(), st.integers(-1, 40), ANY_GLYPHS)
def test_bars_are_exactly_as_wide_as_asked(value, lo, hi, width, glyphs):
    assert len(hbar(value, width, glyphs)) == max(width, 0)
    assert len(log_bar(value, lo, hi, width, glyphs)) == max(width, 0)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 20), ANY_GLYPHS)
def test_a_longer_bar_means_a_greater_value(one, other, width, glyphs):
    def filled(bar):
        return [glyphs.bar.index(cell) for cell in bar]

    low, high = sorted((one, other))
    assert filled(hbar(low, width, glyphs)) <= filled(hbar(high, width, glyphs))
