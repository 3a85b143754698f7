"""When to measure: a budget that is kept, whatever things cost, told by times that are made up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.diagnosis.diagnosis import following
from backscope.core.probe_schedule import COUNTED, FULL_STEPS, ProbeSchedule
from backscope.core.probes import Cadence
from backscope.core.settings import ProbeSettings

COSTS = {
    Cadence.SIGNAL: 1e-5,
    Cadence.ACTIVATIONS: 5e-5,
    Cadence.TRUST: 3e-5,
    Cadence.DEAD: 2e-4,
}
LAST = 100_000


def free(budget=0.05):
    """Nothing set: all as the budget allows."""
    return ProbeSettings(budget=budget, signal_every=0)


def run(schedule, steps, step_seconds=1e-4, costs=COSTS, start=1):
    """Which steps each cadence was measured at."""
    measured = {cadence: [] for cadence in COSTS}
    for step in range(start, start + steps):
        due = schedule.due(step)
        for cadence in due:
            schedule.measured(cadence, step, costs[cadence])
            measured[cadence].append(step)
        schedule.stepped(step_seconds + sum(costs[cadence] for cadence in due))
    return measured


@settings(deadline=None)
@given(
    budget=st.floats(0.005, 0.5),
    costs=st.tuples(*[st.floats(1e-7, 1e-2)] * len(COSTS)),
    step_seconds=st.floats(1e-5, 1e-2),
)
def test_the_budget_is_kept_whatever_things_cost(budget, costs, step_seconds):
    costs = dict(zip(COSTS, costs, strict=True))
    schedule = ProbeSchedule(free(budget), LAST)
    run(schedule, FULL_STEPS, step_seconds, costs)
    measured = run(schedule, 3000, step_seconds, costs, start=FULL_STEPS + 1)
    spent = sum(len(steps) * costs[cadence] for cadence, steps in measured.items())
    once = sum(costs.values())  # each may be due once at the beginning of the interval
    assert spent <= budget * 3000 * step_seconds * 1.001 + once


def test_what_is_cheap_is_measured_at_every_step():
    schedule = ProbeSchedule(free(), LAST)
    costs = {**COSTS, Cadence.SIGNAL: 1e-6}
    assert len(run(schedule, 500, costs=costs)[Cadence.SIGNAL]) == 500


def test_most_of_the_budget_is_used():
    schedule = ProbeSchedule(free(), LAST)
    run(schedule, 10_000)
    assert 0.035 < schedule.share <= 0.0501


def test_the_first_steps_are_measured_in_full():
    measured = run(ProbeSchedule(free(1e-6), LAST), 2000)
    dead = measured.pop(Cadence.DEAD)
    assert dead[: len(COUNTED)] == list(COUNTED)
    assert len(dead) <= len(COUNTED) + 1
    full = list(range(1, FULL_STEPS + 1))
    assert all(steps[:FULL_STEPS] == full for steps in measured.values())
    assert all(len(steps) <= FULL_STEPS + 1 for steps in measured.values())


def test_dead_units_are_counted_at_the_first_steps_that_the_diagnosis_looks_at():
    looked_at = [1]
    while (step := following(looked_at[-1])) <= FULL_STEPS:
        looked_at.append(step)
    assert list(COUNTED) == looked_at


def test_the_last_step_is_measured_in_full():
    schedule = ProbeSchedule(free(1e-6), 50)
    assert all(steps[-1] == 50 for steps in run(schedule, 50).values())


def test_an_interval_that_is_set_holds_whatever_it_costs():
    settings = ProbeSettings(signal_every=1, activations_every=3, trust_every=5, dead_every=4)
    measured = run(ProbeSchedule(settings, LAST), 30, costs=dict.fromkeys(COSTS, 1.0))
    assert measured[Cadence.SIGNAL] == list(range(1, 31))
    assert measured[Cadence.ACTIVATIONS] == list(range(1, 31, 3))
    assert measured[Cadence.TRUST] == [1, 6, 11, 16, 21, 26]
    assert measured[Cadence.DEAD] == list(range(1, 31, 4))


def test_a_slower_machine_is_measured_less():
    schedule = ProbeSchedule(free(), LAST)
    before = len(run(schedule, 4000)[Cadence.ACTIVATIONS])
    dear = {cadence: 8 * cost for cadence, cost in COSTS.items()}
    run(schedule, 4000, costs=dear, start=4001)
    after = len(run(schedule, 4000, costs=dear, start=8001)[Cadence.ACTIVATIONS])
    assert after < before / 4


def test_one_slow_measurement_changes_little():
    schedule = ProbeSchedule(free(), LAST)
    run(schedule, 1000)
    before = schedule.interval(Cadence.ACTIVATIONS)
    schedule.measured(Cadence.ACTIVATIONS, 1000, 10.0)
    assert schedule.interval(Cadence.ACTIVATIONS) <= 1.5 * before


def test_what_is_set_leaves_the_budget_to_the_others():
    by_default = ProbeSchedule(ProbeSettings(), LAST)
    dear = {**COSTS, Cadence.SIGNAL: 1e-4}
    measured = run(by_default, 5000, costs=dear)
    assert len(measured[Cadence.SIGNAL]) == 5000
    assert len(measured[Cadence.ACTIVATIONS]) > 100
    assert by_default.share <= 0.055


def test_only_scheduled_cadences_have_an_interval():
    with pytest.raises(KeyError):
        ProbeSchedule(free(), LAST).interval(Cadence.EVERY_STEP)


def test_a_run_that_goes_on_in_the_middle_is_measured_as_often_as_before():
    begun, going_on = ProbeSchedule(free(), LAST), ProbeSchedule(free(), LAST)
    usual = run(begun, 3000)
    after = run(going_on, 3000, start=5000)
    for cadence in COSTS:
        often = [step for step in usual[cadence] if step > 1000]
        again = [step for step in after[cadence] if step >= 6000]
        assert len(again) == pytest.approx(len(often), rel=0.1, abs=1)


@pytest.mark.parametrize("start", [1, 4, 211])
def test_intervals_that_are_set_are_kept_beside_one_another(start):
    settings = ProbeSettings(signal_every=1, activations_every=7, trust_every=30, dead_every=100)
    measured = run(ProbeSchedule(settings, LAST), 1000, start=start)
    for cadence, every in zip(COSTS, (1, 7, 30, 100), strict=True):
        due = [step for step in range(start, start + 1000) if (step - 1) % every == 0]
        assert measured[cadence] == due


@pytest.mark.parametrize("start", [1, 211])
def test_what_is_set_and_what_is_free_are_due_beside_one_another(start):
    settings = ProbeSettings(signal_every=0, activations_every=10)
    measured = run(ProbeSchedule(settings, LAST), 1000, start=start)
    due = [step for step in range(start, start + 1000) if (step - 1) % 10 == 0]
    assert measured[Cadence.ACTIVATIONS] == due
    assert len(measured[Cadence.SIGNAL]) > 100 > len(measured[Cadence.DEAD]) > 1


@pytest.mark.parametrize("own", [free(1e-6), ProbeSettings(dead_every=1), ProbeSettings()])
def test_what_has_nothing_to_measure_is_never_due(own):
    without = [cadence for cadence in Cadence if cadence in COSTS and cadence is not Cadence.DEAD]
    schedule = ProbeSchedule(own, 300, without)
    measured = run(schedule, 300)
    assert measured.pop(Cadence.DEAD) == []
    assert all(steps[-1] == 300 for steps in measured.values())


def test_what_has_nothing_to_measure_leaves_its_part_of_the_budget_to_the_others():
    with_all = run(ProbeSchedule(free(), LAST), 3000)
    without = ProbeSchedule(free(), LAST, [Cadence.SIGNAL, Cadence.ACTIVATIONS, Cadence.TRUST])
    assert len(run(without, 3000)[Cadence.TRUST]) > 1.4 * len(with_all[Cadence.TRUST])
