import numpy as np
import pytest

from backscope.core.history import History
from backscope.core.record import LayerInfo, Layout, StepRecord

LAYOUT = Layout((LayerInfo(1, 2, 2, "relu", rectifier=True, bounded=False),), ())


def history_of(durations, first_step=1, **keep):
    history = History(LAYOUT, **keep)
    for step, seconds in enumerate(np.cumsum(durations), first_step):
        history.append(StepRecord(step, LAYOUT.empty_row(), LAYOUT), float(seconds))
    return history


def first_step_not_ended_before(snapshot, seconds):
    steps = range(snapshot.first_step, snapshot.last_step + 1)
    at_least = (step for step in steps if snapshot.seconds_at(step) >= seconds)
    return next(at_least, snapshot.last_step)


@pytest.mark.parametrize("keep", [{}, {"keep_rows": 0, "keep_entries": 0}])
@pytest.mark.parametrize("steps", [1, 15, 256, 700, 9_000])
@pytest.mark.parametrize("first_step", [1, 40])
def test_the_step_of_a_training_time_is_that_of_looking_at_every_step(steps, keep, first_step):
    rng = np.random.default_rng(steps)
    durations = rng.choice([0.0, 1e-6, 0.01, 1.0], steps)
    snapshot = history_of(durations, first_step, **keep).snapshot()
    ends = np.cumsum(durations)
    times = [-1.0, 0.0, *rng.choice(ends, 5), *rng.uniform(0, ends[-1], 10), ends[-1], 1e9]
    for seconds in times:
        expected = first_step_not_ended_before(snapshot, seconds)
        assert snapshot.step_at(seconds) == expected


def test_an_empty_history_has_its_first_step_at_any_time():
    assert History(LAYOUT).snapshot().step_at(3.0) == 1
