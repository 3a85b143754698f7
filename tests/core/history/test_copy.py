"""A copy of a history up to a place is the history of a run that went no further."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.history import History
from backscope.core.record import Event, LayerInfo, Layout, Metric, NonFinite, StepRecord

LAYOUT = Layout(
    layers=(LayerInfo(1, 4, 8, "relu", rectifier=True, bounded=False),),
    layer_metrics=(Metric("error_signal", ""), Metric("dead", "", scheduled=True)),
)
SMALL = {"keep_rows": 1, "keep_entries": 1}
"""Two blocks are kept of each level, besides the first."""


def record(step, scale=1.0, nonfinite=None):
    """A loss that is noise of its own for each step, spikes now and then, dead every seventh."""
    row = LAYOUT.empty_row()
    row[:] = scale * np.sin(step * step) + (1e6 if step % 997 == 0 else 0.0)
    if step % 7:
        row[LAYOUT.columns("dead")] = np.nan
    if step % 1501 == 0:
        row[LAYOUT.columns("loss")] = np.nan
    return StepRecord(step, row, LAYOUT, nonfinite)


def went(history, first, last, scale=1.0):
    for step in range(first, last + 1):
        history.append(record(step, scale), step * 0.01)
    return history


def assert_same(one, other):
    """Everything that a reader can ask for, where nothing was forgotten by only one of them."""
    a, b = one.snapshot(), other.snapshot()
    assert (a.count, a.last_step, a.events, a.nonfinite) == (b.count, b.last_step, b.events, None)
    assert a.seconds == b.seconds
    assert a.steps_per_second == b.steps_per_second
    assert a.last_finite_step == b.last_finite_step
    for name in ("loss", "error_signal", "dead"):
        assert a.measured_step(name) == b.measured_step(name)
        np.testing.assert_array_equal(a.last_measured(name), b.last_measured(name))
        np.testing.assert_array_equal(a.first_measured(name), b.first_measured(name))
        for columns in (7, 200):
            if a.count:
                x = a.envelope(name, 1, a.last_step + 1, columns)
                y = b.envelope(name, 1, a.last_step + 1, columns)
                for field in ("edges", "low", "high", "bad"):
                    np.testing.assert_array_equal(getattr(x, field), getattr(y, field))
    for (steps, values), (others, their) in zip(a.rows(), b.rows(), strict=True):
        np.testing.assert_array_equal(steps, others)
        np.testing.assert_array_equal(values, their)


@given(st.integers(0, 6000), st.integers(0, 3000), st.integers(0, 1500))
@settings(deadline=None, max_examples=25)
def test_a_copy_is_a_history_that_went_no_further_and_can_go_on_as_one(steps, beyond, after):
    original = went(History(LAYOUT), 1, steps)
    place = original.place()
    went(original, steps + 1, steps + beyond)
    copy, fresh = original.copy(place), went(History(LAYOUT), 1, steps)
    assert_same(copy, fresh)
    went(copy, steps + 1, steps + after, scale=3.0)
    went(fresh, steps + 1, steps + after, scale=3.0)
    assert_same(copy, fresh)


@pytest.mark.parametrize("steps", [300, 1024, 5000, 20_011])
def test_what_has_been_forgotten_since_leaves_no_gap(steps):
    original = went(History(LAYOUT, **SMALL), 1, steps)
    place = original.place()
    went(original, steps + 1, 40_000)
    copy, fresh = original.copy(place), went(History(LAYOUT, **SMALL), 1, steps)
    went(copy, steps + 1, steps + 700, scale=3.0)
    went(fresh, steps + 1, steps + 700, scale=3.0)
    a, b = copy.snapshot(), fresh.snapshot()
    for columns in (1, 9):
        whole = (1, steps + 701, columns)
        exact, kept = b.envelope("loss", *whole), a.envelope("loss", *whole)
        np.testing.assert_array_equal(kept.low.min(), exact.low.min())
        np.testing.assert_array_equal(kept.high.max(), exact.high.max())
        assert np.isfinite(kept.low).all()
    newest = (steps - 50, steps + 701, 100)
    np.testing.assert_array_equal(
        a.envelope("loss", *newest).high, b.envelope("loss", *newest).high
    )
    for step in (1, steps // 2, steps, steps + 700):
        assert a.resolution(step) >= 1
        assert np.isfinite(a.seconds_at(step))
    assert a.measured_step("dead") == b.measured_step("dead")


def test_going_on_with_either_leaves_the_other_alone():
    original = went(History(LAYOUT), 1, 1500)
    copy = original.copy(original.place())
    went(copy, 1501, 3000, scale=5.0)
    assert_same(original, went(History(LAYOUT), 1, 1500))
    went(original, 1501, 3000)
    assert_same(original, went(History(LAYOUT), 1, 3000))


def test_events_and_a_broken_step_that_came_later_are_left_out():
    history = went(History(LAYOUT), 1, 10)
    history.mark(Event(5, "learning_rate", "0.1 -> 0.2"))
    place = history.place()
    history.mark(Event(11, "revive", "revived 3 units"))
    broken = NonFinite(11, None, "loss", 1, 1, 0.0)
    history.append(record(11, nonfinite=broken), 0.11)
    copy = history.copy(place).snapshot()
    assert [event.step for event in copy.events] == [5]
    assert copy.nonfinite is None
    assert history.copy(history.place()).snapshot().nonfinite == broken


def test_a_history_can_be_copied_while_another_thread_appends():
    history = went(History(LAYOUT, **SMALL), 1, 3000)
    place, done = history.place(), threading.Event()

    def append():
        went(history, 3001, 30_000)
        done.set()

    thread = threading.Thread(target=append, daemon=True)
    thread.start()
    expected = went(History(LAYOUT, **SMALL), 1, 3000).snapshot().latest("loss")
    copies = 0
    while not (done.is_set() and copies):
        assert history.copy(place).snapshot().latest("loss") == expected
        copies += 1
    thread.join(30)
    assert not thread.is_alive()
