"""Curves as dots: the rasterizer against a slow obvious twin, and against plotext."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from plotext._figure import _figure_class

from backscope.tui.glyphs import ASCII, BLOCK, BRAILLE, GLYPHS, QUADRANT
from backscope.tui.traces import (
    cells_any,
    composed,
    decoded,
    dot_masks,
    intervals,
    joined,
    pattern_columns,
    run_starts,
    sample,
)

ANY_GLYPHS = st.sampled_from(list(GLYPHS.values()))
HOSTILE = st.sampled_from(
    [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e308, -1e308, 1.7e308, 5e-324, 1e-320, -1.0]
) | st.floats(-20, 20)


def masks_of(low, high, y_range, height, glyphs, *, bad=None, log=False, bridge=True):
    """The dots of series (series, columns) in cells."""
    low, high = np.atleast_2d(np.asarray(low, float)), np.atleast_2d(np.asarray(high, float))
    bad = np.zeros(low.shape, bool) if bad is None else np.atleast_2d(bad)
    dots = height * glyphs.rows
    where = intervals(
        low, high, bad, y_range=y_range, dots=dots, log=log, bridged=None if bridge else 0
    )
    top, bottom = joined(where, dots)
    return dot_masks(top, bottom, where.there, height, glyphs)


def picture(values, y_range, height, glyphs, **options):
    """One curve as text."""
    masks = masks_of(values, values, y_range, height, glyphs, **options)
    return ["".join(glyphs.decode[mask] for mask in row) for row in masks[0].tolist()]


def twin(low, high, y_range, dots):
    """The dots of one series, column by column: a set of (dot row, column)."""
    lo, hi = y_range

    def row(value):
        return math.floor((hi - value) / (hi - lo) * (dots - 1) + 0.5)

    spans = {
        column: [row(high[column]), row(low[column])]
        for column in range(len(low))
        if math.isfinite(low[column])
    }
    measured = sorted(spans)
    for left, right in itertools.pairwise(measured):
        start, stop = (
            ((hi - low[c]) / (hi - lo) + (hi - high[c]) / (hi - lo)) / 2 * (dots - 1) + 0.5
            for c in (left, right)
        )
        for column in range(left + 1, right):
            at = start + (stop - start) * ((column - left) / (right - left))
            spans[column] = [math.floor(at), math.floor(at)]
    clipped = {c: [max(-1, min(dots, end)) for end in span] for c, span in spans.items()}
    joined_spans = {c: list(span) for c, span in clipped.items()}
    for column in clipped:
        if column + 1 in clipped:
            (top, bottom), (next_top, next_bottom) = clipped[column], clipped[column + 1]
            if next_top > bottom + 1:
                half = (bottom + next_top) // 2
                joined_spans[column][1] = max(joined_spans[column][1], half)
                joined_spans[column + 1][0] = min(joined_spans[column + 1][0], half + 1)
            if top > next_bottom + 1:
                half = (top + next_bottom) // 2
                joined_spans[column][0] = min(joined_spans[column][0], half + 1)
                joined_spans[column + 1][1] = max(joined_spans[column + 1][1], half)
    return {
        (dot, column)
        for column, (top, bottom) in joined_spans.items()
        for dot in range(max(top, 0), min(bottom, dots - 1) + 1)
    }


def dots_of(masks, glyphs):
    """The dots of one series' masks: a set of (dot row, column)."""
    return {
        (row * glyphs.rows + bit % glyphs.rows, column * glyphs.columns + bit // glyphs.rows)
        for row, cells in enumerate(masks.tolist())
        for column, mask in enumerate(cells)
        for bit in range(glyphs.rows * glyphs.columns)
        if mask >> bit & 1
    }


@given(st.integers(0, 2**32 - 1), ANY_GLYPHS, st.integers(1, 8), st.integers(1, 20))
def test_dots_are_those_of_the_slow_twin(seed, glyphs, height, width):
    rng = np.random.default_rng(seed)
    columns = width * glyphs.columns
    low = rng.uniform(-1.5, 1.5, columns)
    high = low + rng.exponential(0.3, columns) * (rng.random(columns) < 0.5)
    low[rng.random(columns) < 0.3] = np.nan
    high[np.isnan(low)] = np.nan
    masks = masks_of(low, high, (-1.0, 1.0), height, glyphs)
    assert dots_of(masks[0], glyphs) == twin(low, high, (-1.0, 1.0), height * glyphs.rows)


def test_a_gentle_curve_is_the_one_that_plotext_draws():
    width, height = 40, 10
    steps = np.arange(2 * width)
    values = np.sin(steps / 30 + 0.1) * 0.97  # less than a dot a column: nothing to join
    figure = _figure_class()
    figure._limit_size(False, False)
    figure.plot_size(width, height)
    figure.theme("clear")
    figure.frame(False)
    figure.xticks([])
    figure.yticks([])
    figure.xlim(0, 2 * width - 1)
    figure.ylim(-1, 1)
    figure.scatter(steps.tolist(), values.tolist(), marker="braille")
    rows = [row.ljust(width) for row in re.sub(r"\x1b\[[0-9;]*m", "", figure.build()).split("\n")]
    ours = picture(values, (-1.0, 1.0), height, BRAILLE)
    assert ours == [row.replace("\u2800", " ") for row in rows[:height]]


def test_a_rising_line_in_every_set_of_glyphs():
    def rising(glyphs, width):
        columns = width * glyphs.columns
        return picture(np.linspace(0, 1, columns), (0.0, 1.0), 2, glyphs)

    assert rising(BRAILLE, 4) == ["  ⡠⠊", "⡠⠊  "]
    assert rising(QUADRANT, 4) == ["  ▄▀", "▄▀  "]
    assert rising(BLOCK, 4) == ["  ▄▀", "▄▀  "]
    assert rising(ASCII, 6) == ["   .-'", ".-'   "]


def test_a_jump_is_joined_halfway():
    assert picture([0, 0, 1, 1], (0.0, 1.0), 2, BLOCK) == ["  █▀", "▄█  "]


def test_an_interval_fills_its_column():
    masks = masks_of([[0.0, 0.0]], [[1.0, 1.0]], (0.0, 1.0), 3, BRAILLE)
    assert masks.tolist() == [[[255], [255], [255]]]


def test_a_gap_is_bridged_by_a_straight_line_or_left_open():
    values = [0.0, np.nan, np.nan, np.nan, np.nan, 1.0]
    assert picture(values, (0.0, 1.0), 2, ASCII) == ["   .-'", ".-'   "]
    assert picture(values, (0.0, 1.0), 2, ASCII, bridge=False) == ["     '", ".     "]


def test_a_gap_is_not_bridged_over_a_bad_value():
    values = [0.5, np.nan, np.nan, np.nan, 0.5]
    bad = [False, False, True, False, False]
    assert picture(values, (0.0, 1.0), 1, ASCII, bad=bad) == ["-   -"]
    assert picture(values, (0.0, 1.0), 1, ASCII) == ["-----"]


def test_a_bad_value_beside_a_finite_one_does_not_break_the_curve():
    values = [0.5, np.nan, 0.5, np.nan, 0.5]
    bad = [False, False, True, False, False]
    assert picture(values, (0.0, 1.0), 1, ASCII, bad=bad) == ["-----"]


def test_nothing_is_drawn_before_the_first_or_after_the_last_measurement():
    assert picture([np.nan, 0.5, 0.5, np.nan], (0.0, 1.0), 1, ASCII) == [" -- "]


def test_values_off_the_scale_leave_through_the_edge():
    assert picture([0.4, 9.0, 9.0, 0.4], (0.0, 1.0), 2, BLOCK) == ["▄▀▀▄", "▀  ▀"]


def test_a_log_axis_takes_the_logarithm_and_zero_lies_below_it():
    assert picture([1e-6, 1e-3, 1.0], (-6.0, 0.0), 1, ASCII, log=True) == [".-'"]
    where = intervals(
        np.array([[0.0, -1.0, 5e-324]]),
        np.array([[0.0, -1.0, 5e-324]]),
        np.zeros((1, 3), bool),
        y_range=(-6.0, 0.0),
        dots=8,
        log=True,
    )
    assert where.there.all()
    assert (where.top >= 8).all()


def test_infinite_values_are_bad_and_not_drawn():
    low, high = np.array([[0.5, np.inf, 0.5]]), np.array([[np.inf, np.inf, 0.5]])
    where = intervals(low, high, np.zeros((1, 3), bool), y_range=(0.0, 1.0), dots=4)
    assert where.bad.tolist() == [[True, True, False]]
    assert where.there.tolist() == [[True, False, True]]


@given(
    hnp.arrays(float, st.tuples(st.integers(0, 4), st.integers(0, 12)), elements=HOSTILE),
    HOSTILE,
    HOSTILE,
    st.integers(0, 5),
    ANY_GLYPHS,
    st.booleans(),
)
def test_hostile_values_in_hostile_ranges_give_masks(values, lo, hi, height, glyphs, log):
    values = np.repeat(values, glyphs.columns, axis=1)
    low, high = np.fmin(values, values[:, ::-1]), np.fmax(values, values[:, ::-1])
    masks = masks_of(low, high, (lo, hi), height, glyphs, log=log)
    assert masks.shape == (len(values), height, values.shape[1] // glyphs.columns)
    assert (masks < 2 ** (glyphs.rows * glyphs.columns)).all()


def test_the_largest_and_smallest_floats_span_the_picture():
    for ends in ([-1.7e308, 1.7e308], [0.0, 1e-320]):
        assert picture(ends, (ends[0], ends[1]), 2, ASCII) == [" |", "| "]


def test_later_series_are_over_earlier_ones_and_dots_add_up():
    masks = np.array([[[1, 1, 0]], [[2, 0, 0]]], np.uint8)
    union, owner = composed(masks, np.array([False, False]))
    assert union.tolist() == [[3, 1, 0]]
    assert owner.tolist() == [[1, 0, -1]]


def test_an_exclusive_series_shows_its_own_dots_alone():
    masks = np.array([[[1, 1, 0]], [[2, 0, 0]]], np.uint8)
    union, _ = composed(masks, np.array([False, True]))
    assert union.tolist() == [[2, 1, 0]]


def test_no_series_compose_to_nothing():
    union, owner = composed(np.zeros((0, 2, 3), np.uint8), np.zeros(0, bool))
    assert union.tolist() == [[0] * 3] * 2
    assert owner.tolist() == [[-1] * 3] * 2


@pytest.mark.parametrize(
    ("glyphs", "samples"),
    [
        (BRAILLE, {"solid": "⠤⠤⠤", "dashed": "⠤⠤ ", "dotted": "⠄⠠ "}),
        (BLOCK, {"solid": "▄▄▄", "dashed": "▄▄ ", "dotted": "▄ ▄"}),
        (ASCII, {"solid": "---", "dashed": "-- ", "dotted": "- -"}),
    ],
)
def test_patterns_differ_without_color(glyphs, samples):
    assert {pattern: sample(pattern, glyphs) for pattern in samples} == samples


def test_patterns_leave_out_columns():
    assert pattern_columns("solid", 5, BRAILLE).all()
    assert pattern_columns("dashed", 6, ASCII).tolist() == [True, True, False] * 2


def test_runs_start_where_a_flag_turns_true():
    flags = np.array([[True, True, False, True], [False, True, True, True]])
    assert run_starts(flags).tolist() == [[True, False, False, True], [False, True, False, False]]


def test_a_cell_has_what_either_of_its_columns_has():
    flags = np.array([True, False, False, False, False, True])
    assert cells_any(flags, BRAILLE).tolist() == [True, False, True]
    assert cells_any(flags, ASCII).tolist() == flags.tolist()


def test_every_mask_is_decoded_to_its_character():
    assert "".join(map(chr, decoded(BRAILLE).tolist())) == BRAILLE.decode
