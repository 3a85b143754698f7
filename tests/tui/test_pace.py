"""Slow motion goes down and up the same stairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.pace import PACES, faster, slower


def test_slower_goes_down_to_the_slowest_and_stays():
    pace, seen = None, []
    for _ in range(len(PACES) + 2):
        pace = slower(pace)
        seen.append(pace)
    assert seen == [100.0, 30.0, 10.0, 3.0, 1.0, 1.0, 1.0]


def test_faster_goes_up_to_no_limit_and_stays():
    pace, seen = 1.0, []
    for _ in range(len(PACES) + 1):
        pace = faster(pace)
        seen.append(pace)
    assert seen == [3.0, 10.0, 30.0, 100.0, None, None]


@given(st.floats(0.01, 1e6))
def test_any_pace_finds_its_place_on_the_stairs(pace):
    down, up = slower(pace), faster(pace)
    assert down is not None
    assert down < pace or down == pace < PACES[-1] or pace <= PACES[-1]
    assert up is None or up > pace
