"""The governor: what frames cost decides how often they come."""

from __future__ import annotations

import pytest

from backscope.tui.governor import Governor


def after(costs, **settings):
    governor = Governor(**settings)
    for cost in costs:
        governor.drawn(cost)
    return governor.interval


def test_cheap_frames_come_ten_times_a_second():
    assert after([0.001] * 20) == pytest.approx(0.1)


def test_dear_frames_keep_to_the_budget():
    assert after([0.01] * 50, budget=0.05) == pytest.approx(0.2)


def test_however_dear_there_is_a_frame_a_second():
    assert after([10.0] * 50) == pytest.approx(1.0)


def test_the_first_frames_do_not_count():
    assert after([0.5, 0.3, 0.001]) == pytest.approx(0.1)


def test_one_slow_frame_among_many_hardly_counts():
    assert after([0.004] * 20 + [0.02], budget=0.05) == pytest.approx((0.8 * 4 + 0.2 * 20) / 50)


def test_it_speeds_up_again():
    assert after([0.04] * 20 + [0.001] * 40) == pytest.approx(0.1)


def test_the_share_of_the_time_is_the_budget():
    cost = 0.012
    interval = after([cost] * 100, budget=0.05)
    assert cost / interval == pytest.approx(0.05)
