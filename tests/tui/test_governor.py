"""The governor: what was spent decides when the next frame may come."""

from __future__ import annotations

import itertools

import pytest

from backscope.tui.governor import Allowance, Governor

COARSE = 1e-6


def frames(costs, seconds=20.0, **settings):
    """When frames are drawn that cost so much, each as soon as the governor lets it."""
    governor, now, drawn = Governor(**settings), 0.0, []
    for cost, written in costs:
        if now > seconds:
            break
        governor.drawn(now)
        drawn.append(now)
        governor.spent(cost, written, now + cost)
        now += cost
        # As the screen does: another look after a while, and there may be something owed still.
        while (wait := governor.wait(now)) > COARSE:
            now += wait
    return drawn


def rate(drawn, since=5.0):
    late = [moment for moment in drawn if moment >= since]
    return (len(late) - 1) / (late[-1] - late[0])


def each(cost, written=0):
    return itertools.repeat((cost, written))


def test_opening_a_run_is_no_debt_in_time_but_in_bytes():
    governor = Governor(bandwidth=1.0)
    governor.spent(0.2, 2_000, now=10.0)
    assert governor.wait(10.0) == pytest.approx(2.0)
    governor.opened()
    assert governor.wait(10.0) == pytest.approx(2.0)
    without = Governor()
    without.spent(0.2, 2_000, now=10.0)
    assert without.wait(10.0) > 0.5
    without.opened()
    assert without.wait(10.0) == 0.0
    without.spent(0.02, 0, now=10.0)
    assert without.wait(10.0) > 0.1


def test_cheap_frames_come_ten_times_a_second():
    assert rate(frames(each(0.001))) == pytest.approx(10.0, rel=1e-3)


def test_dear_frames_take_just_the_budget():
    assert rate(frames(each(0.012), budget=0.05)) * 0.012 == pytest.approx(0.05, rel=0.01)


def test_however_dear_there_is_about_a_frame_a_second():
    assert rate(frames(each(0.2))) == pytest.approx(1 / 1.2, rel=0.01)


def test_one_slow_frame_among_many_changes_nothing():
    costs = [(0.001, 0)] * 20 + [(0.014, 0)] + [(0.001, 0)] * 20
    steps = [b - a for a, b in itertools.pairwise(frames(costs))]
    assert max(steps) == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize(("before", "after"), [(0.001, 0.02), (0.02, 0.001)])
def test_a_second_after_frames_cost_something_else_the_rate_is_another(before, after):
    drawn = frames([(before, 0)] * 30 + [(after, 0)] * 60, budget=0.05, seconds=60)
    changed = drawn[30]
    settled = [moment for moment in drawn if moment >= changed + 1.5]
    assert rate(settled, 0.0) == pytest.approx(min(0.05 / after, 10.0), rel=0.05)


def test_even_frames_come_evenly():
    drawn = [moment for moment in frames(each(0.015), budget=0.05) if moment > 5.0]
    steps = [b - a for a, b in itertools.pairwise(drawn)]
    assert max(steps) - min(steps) < 0.001


def test_what_keys_cost_is_counted_as_well():
    governor = Governor(budget=0.05)
    governor.spent(0.0, 0, 0.0)
    governor.spent(0.05, 0, 1.0)
    assert governor.wait(1.0) == pytest.approx(0.5)


def test_another_share_is_aimed_at_from_then_on():
    governor = Governor(budget=0.1)
    governor.aim(0.05)
    governor.spent(0.01, 0, 1.0)
    assert governor.wait(1.0) == pytest.approx(0.2)
    at_a_rate = Governor(fps=10.0)
    at_a_rate.aim(0.05)
    at_a_rate.spent(1.0, 0, 1.0)
    assert at_a_rate.wait(1.0) == 0.0


def test_a_given_rate_is_kept_whatever_frames_cost():
    assert rate(frames(each(0.03), fps=20.0)) == pytest.approx(20.0, rel=1e-3)


def test_the_bandwidth_is_kept():
    drawn = frames(each(0.001, 1_500), bandwidth=3.0)
    assert rate(drawn) * 1_500 == pytest.approx(3_000, rel=0.01)
    drawn = frames(each(0.001, 4_000), bandwidth=3.0, fps=30.0)
    assert rate(drawn) * 4_000 == pytest.approx(3_000, rel=0.01)


def test_the_first_whole_picture_is_paid_off_like_anything_else():
    drawn = frames([(0.001, 12_000), *[(0.001, 1_000)] * 100], bandwidth=3.0)
    assert drawn[1] == pytest.approx(4.0, abs=0.01)


def test_the_screen_never_stands_still_for_longer_than_five_seconds():
    governor = Governor(bandwidth=1.0)
    governor.spent(0.001, 10**9, 0.0)
    assert governor.wait(0.0) == pytest.approx(5.0)


def test_an_answer_to_a_key_counts_as_a_frame_and_keys_do_not_put_off_the_next_for_ever():
    governor = Governor()
    for key in range(100):
        governor.drawn(key / 100)
    assert governor.wait(0.99) == pytest.approx(0.1)


def test_a_frame_that_comes_a_little_late_does_not_delay_the_one_after_it():
    governor = Governor()
    governor.drawn(0.0)
    governor.drawn(0.13)
    assert governor.wait(0.13) == pytest.approx(0.07)


def test_an_allowance_is_not_saved_up_for_ever():
    allowance = Allowance(100.0, saved=0.5, owed=10.0)
    allowance.spend(0.0, 0.0)
    allowance.spend(150.0, 1000.0)
    assert allowance.wait(1000.0) == pytest.approx(1.0)
