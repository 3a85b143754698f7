"""Bars of two parts."""

from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.glyphs import BRAILLE
from backscope.tui.panels.two_part_bar import two_part_bar

share = st.floats() | st.floats(0, 1)


@given(share, share, st.integers(0, 80))
def test_the_parts_never_overrun_their_cells(solid, light, cells):
    first, second = two_part_bar(solid, light, cells, BRAILLE)
    assert len(first) + len(second) <= cells
    assert set(first) <= set(BRAILLE.bar)
    assert set(second) <= {BRAILLE.shades[1]}


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.integers(3, 80))
def test_both_parts_are_as_long_as_their_shares_to_a_cell(solid, light, cells):
    first, second = two_part_bar(solid, light, cells, BRAILLE)
    assert abs(len(first) - solid * cells) <= 1
    # A sliver and the light part behind it take a cell each, however small they are.
    assert abs(len(first) + len(second) - max(solid, light) * cells) < 2
    assert bool(second) == (light > solid)


def test_no_gap_opens_between_the_parts():
    assert two_part_bar(0.26, 0.8, 10, BRAILLE) == ("███", "░░░░░")


def test_a_bar_of_one_part_is_exact_to_an_eighth():
    assert two_part_bar(0.5625, 0.0, 2, BRAILLE) == ("█▏", "")


def test_a_small_solid_part_is_a_sliver_and_no_whole_cell():
    assert two_part_bar(0.01, 0.5, 8, BRAILLE) == ("▏", "░░░")
    assert two_part_bar(0.05, 0.5, 8, BRAILLE) == ("▍", "░░░")


def test_nan_and_zero_are_empty():
    assert two_part_bar(float("nan"), float("nan"), 9, BRAILLE) == ("", "")
    assert two_part_bar(0.0, 0.0, 9, BRAILLE) == ("", "")
