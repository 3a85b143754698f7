import threading

import numpy as np
import pytest

from backscope.core.history import History, Snapshot
from backscope.core.record import Event, LayerInfo, Layout, Metric, NonFinite, StepRecord

LAYOUT = Layout(
    layers=(
        LayerInfo(1, 4, 8, "relu", rectifier=True, bounded=False),
        LayerInfo(2, 8, 8, "tanh", rectifier=False, bounded=True),
        LayerInfo(3, 8, 3, "identity", rectifier=False, bounded=False),
    ),
    layer_metrics=(
        Metric("error_signal", ""),
        Metric("silent", ""),
        Metric("activation_std", "", scheduled=True),
        Metric("update_ratio", "", scheduled=True),
        Metric("dead", "", scheduled=True),
    ),
)


def record(step: int, nonfinite: NonFinite | None = None, **metrics: object) -> StepRecord:
    """A healthy record with nothing scheduled, apart from ``metrics``."""
    row = LAYOUT.empty_row()
    usual = {
        "epoch": 0.1 * step,
        "loss": 1.0,
        "learning_rate": 0.1,
        "gradient_norm": 1.0,
        "clipped_gradient_norm": 1.0,
        "error_signal": 0.5,
        "silent": (1.0, np.nan, np.nan),
    }
    for name, value in (usual | metrics).items():
        row[LAYOUT.columns(name)] = value
    return StepRecord(step, row, LAYOUT, nonfinite)


def history_of(*records: StepRecord, seconds_a_step: float = 0.01) -> History:
    history = History(LAYOUT)
    for each in records:
        history.append(each, each.step * seconds_a_step)
    return history


def scheduled_run(steps: int, every: int = 5, **keep: int) -> Snapshot:
    """``dead`` of layer 1 is the step at which it was measured; so is the loss, at every step."""
    history = History(LAYOUT, **keep)
    for step in range(1, steps + 1):
        due = {"dead": (step, np.nan, np.nan)} if (step - 1) % every == 0 else {}
        history.append(record(step, loss=step, **due), step * 0.01)
    return history.snapshot()


def test_an_empty_history_has_values_that_are_not_there_and_no_steps():
    snapshot = History(LAYOUT).snapshot()
    assert (snapshot.count, snapshot.first_step, snapshot.last_step) == (0, 1, 0)
    assert np.isnan(snapshot.latest("loss"))
    assert np.isnan(snapshot.last_measured("dead")).all()
    assert np.isnan(snapshot.first_measured("error_signal")).all()
    assert np.isnan(snapshot.first_measured("dead")).all()
    assert snapshot.last_finite_step is None
    assert snapshot.seconds == snapshot.steps_per_second == snapshot.seconds_at(7) == 0.0
    assert list(snapshot.rows()) == []
    assert snapshot.resolution(3) == 1


def test_a_global_value_is_a_float_and_a_layer_value_an_array_of_its_own():
    snapshot = history_of(record(1, loss=2.5)).snapshot()
    assert snapshot.latest("loss") == 2.5
    assert isinstance(snapshot.latest("loss"), float)
    signal = snapshot.latest("error_signal")
    signal[:] = 0.0
    assert list(snapshot.latest("error_signal")) == [0.5, 0.5, 0.5]


def test_an_unknown_metric_is_a_key_error():
    with pytest.raises(KeyError):
        history_of(record(1)).snapshot().latest("temperature")


def test_a_record_of_another_step_or_layout_is_refused():
    history = history_of(record(1), record(2))
    with pytest.raises(ValueError, match="expected step 3, got 5"):
        history.append(record(5), 1.0)
    other = Layout(LAYOUT.layers, LAYOUT.layer_metrics[:1])
    with pytest.raises(ValueError, match="layout"):
        history.append(StepRecord(3, other.empty_row(), other), 1.0)
    assert history.snapshot().count == 2


def test_a_history_may_begin_at_any_step():
    snapshot = history_of(record(101, loss=7.0), record(102)).snapshot()
    assert (snapshot.first_step, snapshot.last_step) == (101, 102)
    assert snapshot.last_measured("loss", 101) == 7.0
    assert np.isnan(snapshot.last_measured("loss", 100))
    assert [list(steps) for steps, _ in snapshot.rows()] == [[101, 102]]


def test_a_snapshot_does_not_change_when_the_run_goes_on():
    history = history_of(*(record(step, loss=step) for step in range(1, 300)))
    before = history.snapshot()
    history.mark(Event(299, "learning_rate", "0.1 -> 0.2"))
    for step in range(300, 3000):
        history.append(record(step, loss=step), step * 0.01)
    assert before.last_step == before.latest("loss") == before.last_measured("loss") == 299
    assert before.events == ()
    assert np.nanmax(before.envelope("loss", 1, 3000, 10).high) == 299
    assert before.last_finite_step == 299


def test_events_are_kept_in_order():
    history = history_of(record(1))
    events = (Event(1, "learning_rate", "up"), Event(2, "early_stopping", "stalled"))
    for event in events:
        history.mark(event)
    assert history.snapshot().events == events


def test_the_first_nonfinite_value_is_kept_and_later_ones_are_not():
    first = NonFinite(2, 1, "z", 3, 8, 1e37)
    later = NonFinite(3, None, "loss", 1, 1, 0.0)
    history = history_of(record(1), record(2, first, loss=np.nan), record(3, later, loss=np.nan))
    assert history.snapshot().nonfinite is first


@pytest.mark.parametrize("steps", [1, 7, 16, 256, 300, 1024, 2000])
@pytest.mark.parametrize("every", [1, 5, 25, 700])
def test_last_measured_looks_back_to_the_step_that_measured(steps: int, every: int):
    snapshot = scheduled_run(steps, every)
    for step in {1, steps // 3 + 1, steps // 2 + 1, steps}:
        expected = (step - 1) // every * every + 1
        assert snapshot.last_measured("dead", step)[0] == expected
        assert snapshot.last_measured("loss", step) == step
    assert snapshot.last_measured("dead")[0] == (steps - 1) // every * every + 1
    assert snapshot.last_measured("dead", steps + 50)[0] == snapshot.last_measured("dead")[0]


def test_a_scheduled_value_that_is_not_measured_at_the_last_step_is_nan_there():
    snapshot = scheduled_run(3)
    assert np.isnan(snapshot.latest("dead")).all()
    assert snapshot.last_measured("dead")[0] == 1


def test_the_step_of_a_measurement_is_known_and_none_where_there_is_none():
    snapshot = scheduled_run(40, every=25)
    assert [snapshot.measured_step("dead", step) for step in (0, 1, 25, 26, 40, 90)] == [
        None,
        1,
        1,
        26,
        26,
        26,
    ]
    assert snapshot.measured_step("loss", 30) == 30
    assert snapshot.measured_step("validation_loss") is None
    assert History(LAYOUT).snapshot().measured_step("dead") is None


def test_where_rows_are_kept_measurements_are_exact_however_few_entries_are():
    snapshot = scheduled_run(15_000, every=700, keep_rows=10_000, keep_entries=1)
    for step in range(5_100, 15_001, 99):
        assert snapshot.resolution(step) == 1
        assert snapshot.last_measured("dead", step)[0] == (step - 1) // 700 * 700 + 1


def test_an_infinite_value_of_a_scheduled_metric_was_measured():
    snapshot = history_of(
        record(1, activation_std=1.0), record(2, activation_std=np.inf)
    ).snapshot()
    assert np.isinf(snapshot.last_measured("activation_std")).all()


def test_first_measured_is_the_first_one_also_when_its_row_is_gone():
    history = History(LAYOUT, keep_rows=1, keep_entries=1)
    for step in range(1, 6001):
        late = {"validation_loss": 7.0} if step in (1500, 1600) else {}
        history.append(record(step, **late), step * 0.01)
        if step == 1400:
            assert np.isnan(history.snapshot().first_measured("validation_loss"))
        if step == 1500:
            assert history.snapshot().first_measured("validation_loss") == 7.0
    snapshot = history.snapshot()
    assert snapshot.resolution(1500) > 1
    assert snapshot.first_measured("validation_loss") == 7.0
    assert snapshot.first_measured("loss") == 1.0


def test_of_steps_whose_rows_are_gone_the_largest_value_of_their_entry_is_left():
    snapshot = scheduled_run(30_000, keep_rows=1, keep_entries=1)
    assert snapshot.resolution(1) == snapshot.resolution(1024) == snapshot.resolution(30_000) == 1
    assert snapshot.resolution(2000) == 16
    assert snapshot.last_measured("loss", 2000) == 2000  # the last of its sixteen
    assert snapshot.last_measured("loss", 2001) == 2016
    step = 15_000
    unit = snapshot.resolution(step)
    assert unit == 256
    last = -(-step // unit) * unit
    assert snapshot.last_measured("loss", step) == last
    assert last - unit < snapshot.last_measured("dead", step)[0] <= last
    assert snapshot.seconds_at(step) == pytest.approx(last * 0.01)


def test_the_last_finite_step_is_found_in_rows_and_in_entries():
    for bad_from in (2, 20, 300, 301, 1500):
        records = (
            record(step, loss=np.inf if step >= bad_from else 1.0)
            for step in range(1, bad_from + 700)
        )
        assert history_of(*records).snapshot().last_finite_step == bad_from - 1


def test_a_value_that_does_not_apply_or_was_not_measured_does_not_make_a_step_bad():
    quiet = {"update_ratio": (-np.inf, -3.0, -3.0), "activation_std": np.nan}
    snapshot = history_of(*(record(step, **quiet) for step in range(1, 400))).snapshot()
    assert snapshot.last_finite_step == 399
    assert not snapshot.envelope("update_ratio", 1, 400, 3).bad.any()
    assert not snapshot.envelope("silent", 1, 400, 3).bad.any()


def test_no_finite_step_at_all_is_none():
    for steps in (1, 5, 600):
        records = [record(step, loss=np.nan) for step in range(1, steps + 1)]
        assert history_of(*records).snapshot().last_finite_step is None


def test_steps_per_second_are_those_of_the_last_second_of_training():
    history = History(LAYOUT)
    now = 0.0
    for step in range(1, 501):
        now += 0.1 if step <= 100 else 0.01
        history.append(record(step), now)
    assert history.snapshot().steps_per_second == pytest.approx(100.0, rel=0.02)


def test_slow_steps_have_a_rate_too():
    assert history_of(record(1), record(2), seconds_a_step=4.0).snapshot().steps_per_second == 0.25


@pytest.mark.parametrize("seconds", [0.0, np.nan])
def test_a_clock_that_stands_still_gives_no_rate(seconds: float):
    history = history_of(record(1), record(2), record(3), seconds_a_step=seconds)
    assert history.snapshot().steps_per_second == 0.0


def test_seconds_at_a_step_are_those_at_its_end():
    snapshot = history_of(*(record(step) for step in range(1, 2000))).snapshot()
    assert snapshot.seconds_at(1500) == pytest.approx(15.0)
    assert snapshot.seconds_at(5000) == snapshot.seconds == pytest.approx(19.99)


def test_rows_come_in_blocks_in_order_and_cannot_be_written_to():
    snapshot = scheduled_run(2500)
    blocks = list(snapshot.rows(10, 2490))
    steps = np.concatenate([steps for steps, _ in blocks])
    assert list(steps) == list(range(10, 2490))
    assert max(len(steps) for steps, _ in blocks) <= 1024
    losses = np.concatenate([values[:, LAYOUT.columns("loss").start] for _, values in blocks])
    np.testing.assert_array_equal(losses, steps)
    with pytest.raises(ValueError, match="read-only"):
        blocks[0][1][0, 0] = 1.0


def test_rows_of_a_long_run_are_the_first_block_and_the_newest():
    snapshot = scheduled_run(10_000, keep_rows=2048)
    steps = np.concatenate([steps for steps, _ in snapshot.rows()])
    assert list(steps[:1024]) == list(range(1, 1025))
    newest = steps[1024:]
    assert newest[-1] == 10_000
    assert 2048 <= len(newest) <= 2 * 2048
    assert (np.diff(newest) == 1).all()
    assert list(snapshot.rows(2000, 3000)) == []


def test_memory_stays_bounded_at_a_hundred_and_thirty_columns():
    layers = tuple(LayerInfo(i, 8, 8, "relu", True, False) for i in range(1, 12))
    layout = Layout(layers, tuple(Metric(f"metric {i}", "") for i in range(11)))
    history = History(layout)
    row = np.ones(layout.size)
    sizes = []
    for step in range(1, 120_001):
        history.append(StepRecord(step, row, layout), step * 1e-4)
        if step % 40_000 == 0:
            view = history.snapshot()._view
            rows = [a.nbytes for b in (*view.rows.first, *view.rows.blocks) for a in b]
            entries = [a.nbytes for k in view.levels for b in (*k.first, *k.blocks) for a in b]
            sizes.append(sum(rows) + sum(entries))
    assert sizes[-1] <= 25e6  # a level more for every sixteenfold: 40 MB at 2e8 steps
    assert sizes[-1] - sizes[-2] <= 2e6


class Interrupted(History):
    """A history to which the other thread appends in the middle of a snapshot."""

    between: str = ""
    then: tuple[StepRecord, ...] = ()

    def __getattribute__(self, name: str) -> object:
        value = super().__getattribute__(name)
        if name == super().__getattribute__("between"):
            records, self.between = self.then, ""
            for each in records:
                self.append(each, each.step * 0.01)
        return value


@pytest.mark.parametrize("between", ["_view", "_count", "_first_step"])
def test_a_snapshot_taken_while_the_writer_goes_on_is_of_one_moment(between: str):
    bad = NonFinite(9000, 1, "z", 1, 8, 1.0)
    history = Interrupted(LAYOUT, keep_rows=1, keep_entries=1)
    for step in range(1, 1001):
        history.append(record(step, loss=step), step * 0.01)
    history.then = tuple(
        record(step, bad if step == 9000 else None, loss=step) for step in range(1001, 9001)
    )
    history.between = between
    snapshot = history.snapshot()
    assert snapshot.last_step in (1000, 9000)
    assert snapshot.latest("loss") == snapshot.last_step == snapshot.last_finite_step
    assert snapshot.nonfinite is (bad if snapshot.last_step == 9000 else None)
    steps = np.concatenate([steps for steps, _ in snapshot.rows()])
    assert steps[-1] == snapshot.last_step


def test_a_reader_beside_a_writer_sees_whole_rows_only():
    steps = 30_000
    history = History(LAYOUT, keep_rows=1, keep_entries=1)

    def write() -> None:
        for step in range(1, steps + 1):
            row = np.full(LAYOUT.size, float(step))
            history.append(StepRecord(step, row, LAYOUT), float(step))

    writer = threading.Thread(target=write)
    writer.start()
    seen = 0
    while writer.is_alive() or seen < steps:
        snapshot = history.snapshot()
        assert snapshot.last_step >= seen
        seen = snapshot.last_step
        if not seen:
            continue
        assert snapshot.latest("loss") == seen
        assert (snapshot.last_measured("dead") == seen).all()
        assert snapshot.seconds == seen
        assert snapshot.last_finite_step == seen
        shown = snapshot.envelope("error_signal", 1, seen + 1, 30)
        assert np.nanmin(shown.low) == 1
        assert np.nanmax(shown.high) == seen
        assert (np.diff(shown.high[~np.isnan(shown.high[:, 0]), 0]) >= 0).all()
    writer.join()
    assert seen == steps
