"""How long nothing has been heard of a run."""

from dataclasses import replace

import pytest

from backscope.core.record import RunState
from backscope.core.source import RunStatus
from backscope.tui.heartbeat import Heartbeat

STATUS = RunStatus(
    state=RunState.RUNNING,
    step=100,
    planned=1_000,
    epoch=1.0,
    learning_rate=0.1,
    seconds=1.0,
    steps_per_second=100.0,
    pace=None,
    error="",
)


def test_silence_is_told_in_fives_of_seconds():
    heartbeat = Heartbeat()
    moments = (100.0, 104.9, 105.0, 109.9, 110.0, 163.0)
    silent = [heartbeat.silent(STATUS, moment) for moment in moments]
    assert silent == [0.0, 0.0, 5.0, 5.0, 10.0, 60.0]


def test_one_step_ends_it():
    heartbeat = Heartbeat()
    heartbeat.silent(STATUS, 0.0)
    stepped = replace(STATUS, step=101)
    assert [heartbeat.silent(stepped, moment) for moment in (50.0, 54.0, 56.0)] == [0.0, 0.0, 5.0]


@pytest.mark.parametrize("slow", [{"pace": 0.1}, {"steps_per_second": 0.1}])
def test_a_slow_run_is_given_the_time_of_some_steps(slow):
    heartbeat, status = Heartbeat(), replace(STATUS, **slow)
    silent = [heartbeat.silent(status, moment) for moment in (0.0, 39.0, 41.0)]
    assert silent == [0.0, 0.0, 40.0]


def test_before_there_is_a_rate_a_few_seconds_are_long():
    heartbeat, status = Heartbeat(), replace(STATUS, steps_per_second=0.0, step=0)
    assert [heartbeat.silent(status, moment) for moment in (0.0, 6.0)] == [0.0, 5.0]


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.FINISHED, RunState.STOPPED])
def test_a_run_that_is_held_or_has_ended_may_be_silent(state):
    heartbeat, status = Heartbeat(), replace(STATUS, state=state)
    assert [heartbeat.silent(status, moment) for moment in (0.0, 1_000.0)] == [0.0, 0.0]
