"""Time ranges: they hold still, contain what they must, and moves come back."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.time_range import (
    FEWEST,
    FIRST_AXIS,
    MOVES,
    NARROWEST,
    RECENT,
    Extent,
    TimeRange,
    full,
    live,
    move_cursor,
    next_span,
    place_cursor,
    power_of_two,
    recent,
    shown,
    tenth,
    zoom,
)
from backscope.tui.view import Span

RUN = Extent(first=1, last=1000, planned=3000)

extents = st.builds(
    lambda first, count, more, ended: Extent(first, first + count - 1, first + count + more, ended),
    st.integers(1, 1000),
    st.integers(0, 100_000),
    st.integers(0, 100_000),
    st.booleans(),
)


@given(st.integers(-5, 10**12))
def test_a_power_of_two_is_one_and_is_the_smallest(n):
    power = power_of_two(n)
    assert power & (power - 1) == 0
    assert power >= max(n, 1)
    assert power == 1 or power // 2 < n


def test_a_short_run_is_shown_against_its_plan_from_the_start():
    assert (
        full(Extent(1, 0, 400)) == full(Extent(1, 3, 400)) == full(Extent(1, 400, 400)) == (1, 401)
    )


def test_a_long_run_grows_by_powers_of_two_up_to_its_plan():
    stops = [full(Extent(1, last, 3000))[1] - 1 for last in range(1, 3001)]
    assert sorted(set(stops)) == [FIRST_AXIS, 512, 1024, 2048, 3000]
    assert stops == sorted(stops)


def test_a_run_that_ended_early_fills_the_chart():
    assert full(Extent(1, 3, 400, ended=True)) == (1, 1 + FEWEST)
    assert full(Extent(1, 300, 400, ended=True)) == (1, 301)


def test_a_run_without_a_plan_grows_by_powers_of_two():
    assert full(Extent(1, 5000, 0)) == (1, 8193)


def test_the_recent_range_holds_still_for_a_quarter_of_its_width():
    ranges = [recent(Extent(1, last, 100_000)) for last in range(1, 2000)]
    assert all(stop - start == RECENT for start, stop in ranges)
    changes = sum(a != b for a, b in pairwise(ranges))
    assert changes <= 2000 // (RECENT // 4)
    assert all(start <= last < stop for last, (start, stop) in enumerate(ranges, start=1))


@given(extents, st.sampled_from(list(Span)))
def test_the_shown_range_is_never_empty(extent, span):
    chosen = TimeRange(span, 5, 20)
    start, stop = shown(chosen, extent)
    assert start < stop


@given(extents)
def test_full_contains_every_recorded_step(extent):
    start, stop = full(extent)
    assert start <= extent.first
    assert extent.last < stop


def test_the_kinds_of_range_follow_each_other_and_come_back():
    spans = []
    chosen = TimeRange()
    for _ in range(6):
        chosen = next_span(chosen, RUN)
        spans.append(chosen.span)
    assert spans == [Span.RECENT, Span.ZOOM, Span.FULL] * 2


def test_a_zoomed_window_is_remembered():
    zoomed = zoom(TimeRange(cursor=300), RUN, closer=True)
    again = next_span(next_span(next_span(zoomed, RUN), RUN), RUN)
    assert again == zoomed


@given(extents, st.lists(st.sampled_from(sorted(MOVES)), max_size=30))
def test_whatever_is_pressed_the_cursor_is_recorded_and_on_the_screen(extent, moves):
    chosen = TimeRange()
    for move in moves:
        chosen = MOVES[move](chosen, extent)
        start, stop = shown(chosen, extent)
        assert start < stop
        if chosen.cursor is not None:
            assert extent.first <= chosen.cursor <= extent.last
        if move in ("back", "forward", "far_back", "far_forward", "first") and not extent.empty:
            step = extent.last if chosen.cursor is None else chosen.cursor
            assert start <= step < stop


@given(extents, st.lists(st.sampled_from(["closer", "wider"]), max_size=30))
def test_zooming_stays_inside_everything_and_wide_enough(extent, moves):
    chosen = TimeRange()
    for move in moves:
        chosen = MOVES[move](chosen, extent)
        start, stop = shown(chosen, extent)
        everything = full(extent)
        assert everything[0] <= start
        assert stop <= everything[1]
        assert stop - start >= min(NARROWEST, everything[1] - everything[0])


def test_zooming_in_halves_the_steps_and_keeps_the_cursor_in_its_place():
    chosen = place_cursor(TimeRange(), RUN, 256)
    before = shown(chosen, RUN)
    after = shown(zoom(chosen, RUN, closer=True), RUN)
    assert after[1] - after[0] == (before[1] - before[0]) // 2
    place = (256 - before[0]) / (before[1] - before[0])
    assert (256 - after[0]) / (after[1] - after[0]) == pytest.approx(place, abs=0.01)


def test_zooming_at_a_place_keeps_that_place():
    chosen = zoom(TimeRange(), RUN, closer=True, around=100)
    start, stop = shown(chosen, RUN)
    assert start <= 100 < stop


def test_zooming_out_ends_at_the_full_range():
    chosen = zoom(TimeRange(), RUN, closer=True)
    assert chosen.span is Span.ZOOM
    assert zoom(chosen, RUN, closer=False).span is Span.FULL


def test_the_first_step_back_is_the_one_before_the_newest():
    assert move_cursor(TimeRange(), RUN, -1).cursor == 999


def test_moving_past_the_newest_step_follows_the_run_again():
    assert move_cursor(TimeRange(cursor=999), RUN, 1).cursor == 1000
    assert move_cursor(TimeRange(cursor=1000), RUN, 1).cursor is None


def test_moving_before_the_first_step_stays_there():
    assert move_cursor(TimeRange(cursor=2), RUN, -50).cursor == 1


def test_back_and_forth_is_where_one_was():
    there = move_cursor(TimeRange(cursor=500), RUN, -37)
    assert move_cursor(there, RUN, 37) == TimeRange(cursor=500)


def test_a_zoomed_range_goes_along_with_the_cursor():
    chosen = TimeRange(Span.ZOOM, 100, 200, cursor=100)
    moved = move_cursor(chosen, RUN, -1)
    start, stop = shown(moved, RUN)
    assert start <= 99 < stop
    assert stop - start == 100


def test_letting_go_shows_the_newest_step():
    chosen = live(TimeRange(Span.ZOOM, 100, 200, cursor=150), RUN)
    start, stop = shown(chosen, RUN)
    assert chosen.cursor is None
    assert start <= 1000 < stop


def test_there_is_no_cursor_where_nothing_is_recorded():
    nothing = Extent(1, 0, 100)
    assert place_cursor(TimeRange(), nothing, 5).cursor is None
    assert move_cursor(TimeRange(), nothing, -1).cursor is None


def test_a_tenth_counts_recorded_steps_only():
    assert tenth(TimeRange(), Extent(1, 1000, 3000)) == 100
    assert tenth(TimeRange(), Extent(1, 3, 3000)) == 1
