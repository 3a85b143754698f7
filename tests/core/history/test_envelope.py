import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.history import Envelope, History, Snapshot
from backscope.core.record import LayerInfo, Layout, Metric, StepRecord

LAYOUT = Layout(
    layers=tuple(LayerInfo(i, 4, 4, "tanh", rectifier=False, bounded=True) for i in (1, 2)),
    layer_metrics=(Metric("error_signal", ""), Metric("activation_std", "", scheduled=True)),
)
LOSS, SIGNAL = LAYOUT.columns("loss"), LAYOUT.columns("error_signal")


def filled(rows: np.ndarray, first_step: int = 1, **keep: int) -> Snapshot:
    history = History(LAYOUT, **keep)
    for step, row in enumerate(rows, first_step):
        history.append(StepRecord(step, row, LAYOUT), step * 0.001)
    return history.snapshot()


def rows_of(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = 10.0 ** rng.uniform(-3, 3, (n, LAYOUT.size))
    rows[rng.random(rows.shape) < 0.2] = np.nan
    rows[rng.random(rows.shape) < 0.002] = np.inf
    return rows


ROWS = rows_of(6000)
FULL = filled(ROWS, first_step=5)

LONG_N = 220_000
LONG_ROWS = np.ones((LONG_N, LAYOUT.size))
LONG_ROWS[:, LOSS] = np.random.default_rng(1).uniform(1.0, 2.0, (LONG_N, 1))
LONG_ROWS[54_321, LOSS] = 1e9
LONG_ROWS[54_322, SIGNAL] = (1e-300, np.nan)


@pytest.fixture(scope="module")
def long_run() -> Snapshot:
    """A run so long that rows, entries of 16 and entries of 256 steps have been dropped."""
    return filled(LONG_ROWS, keep_rows=1, keep_entries=1)


def twin(found: Envelope, rows: np.ndarray, columns: slice, first_step: int) -> Envelope:
    """The extremes between the edges that were given back, column by column."""
    shape = (len(found.edges) - 1, columns.stop - columns.start)
    low, high = np.full(shape, np.nan), np.full(shape, np.nan)
    bad = np.zeros(shape, bool)
    for c in range(shape[0]):
        start = max(0, int(np.ceil(found.edges[c])) - first_step)
        stop = max(start, int(np.ceil(found.edges[c + 1])) - first_step)
        for layer in range(shape[1]):
            values = rows[start:stop, columns][:, layer]
            usual = values[np.isfinite(values)]
            if len(usual):
                low[c, layer], high[c, layer] = usual.min(), usual.max()
            bad[c, layer] = len(usual) < len(values)
    return Envelope(found.edges, low, high, bad)


@settings(deadline=None, max_examples=100)
@given(
    start=st.integers(-50, 6100),
    length=st.integers(1, 7000),
    columns=st.integers(1, 300),
)
def test_every_column_has_the_extremes_of_exactly_its_steps(start: int, length: int, columns: int):
    found = FULL.envelope("error_signal", start, start + length, columns)
    expected = twin(found, ROWS, SIGNAL, FULL.first_step)
    np.testing.assert_array_equal(found.low, expected.low)
    np.testing.assert_array_equal(found.high, expected.high)
    np.testing.assert_array_equal(found.bad, expected.bad)


@settings(deadline=None, max_examples=100)
@given(
    start=st.integers(-50, 6100),
    length=st.integers(1, 7000),
    columns=st.integers(1, 300),
)
def test_edges_span_the_range_and_stay_within_a_column_of_even_ones(
    start: int, length: int, columns: int
):
    edges = FULL.envelope("loss", start, start + length, columns).edges
    even = np.linspace(start, start + length, columns + 1)
    assert edges[0] == start
    assert edges[-1] == start + length
    assert (np.diff(edges) > 0).all()
    assert (np.abs(edges - even) < max(1.0, length / columns)).all()


def test_a_first_column_that_begins_before_the_first_step_has_its_own_steps_only():
    found = FULL.envelope("error_signal", 0, 64, 4)
    expected = twin(found, ROWS, SIGNAL, FULL.first_step)
    np.testing.assert_array_equal(found.low, expected.low)


def test_a_global_metric_has_one_value_a_column_and_a_layer_metric_one_for_each_layer():
    assert FULL.envelope("loss", 1, 100, 7).low.shape == (7,)
    found = FULL.envelope("error_signal", 1, 100, 7)
    assert found.low.shape == found.high.shape == found.bad.shape == (7, 2)


def test_with_more_columns_than_steps_only_the_column_of_a_step_is_filled():
    snapshot = filled(np.arange(1.0, 5.0)[:, np.newaxis] * np.ones(LAYOUT.size))
    found = snapshot.envelope("loss", 1, 5, 12)
    expected = np.full(12, np.nan)
    expected[::3] = [1.0, 2.0, 3.0, 4.0]
    np.testing.assert_array_equal(found.low, expected)
    np.testing.assert_array_equal(found.high, expected)


def test_a_range_beyond_the_steps_there_are_is_empty():
    snapshot = filled(np.ones((10, LAYOUT.size)))
    for start, stop in ((11, 20), (-9, 1)):
        found = snapshot.envelope("loss", start, stop, 4)
        assert np.isnan(found.low).all()
        assert not found.bad.any()


def test_an_empty_history_gives_an_empty_envelope():
    found = History(LAYOUT).snapshot().envelope("error_signal", 1, 100, 5)
    assert np.isnan(found.high).all()
    assert found.high.shape == (5, 2)


@pytest.mark.parametrize(("start", "stop", "columns"), [(5, 5, 10), (6, 5, 10), (1, 9, 0)])
def test_an_empty_range_or_no_columns_is_a_mistake(start: int, stop: int, columns: int):
    with pytest.raises(ValueError, match="at least one"):
        FULL.envelope("loss", start, stop, columns)


@pytest.mark.parametrize(
    ("start", "stop", "columns"),
    [
        (1, LONG_N + 1, 1),
        (1, LONG_N + 1, 3),
        (1, LONG_N + 1, 200),
        (1, LONG_N + 1, 4000),
        (1, 10 * LONG_N, 150),
        (54_000, 55_000, 80),
        (54_320, 54_325, 10),
        (54_322, 54_323, 1),
        (1_000, 60_000, 33),
    ],
)
def test_a_spike_of_one_step_is_in_every_zoom_that_holds_it_and_is_exact(
    long_run: Snapshot, start: int, stop: int, columns: int
):
    assert np.nanmax(long_run.envelope("loss", start, stop, columns).high) == 1e9
    signal = long_run.envelope("error_signal", start, stop, columns)
    assert np.nanmin(signal.low) == 1e-300
    assert signal.bad[:, 1].any()
    assert not signal.bad[:, 0].any()


def test_where_rows_are_gone_a_zoom_shows_the_coarse_extremes_of_steps_that_hold_its_own(
    long_run: Snapshot,
):
    start = 150_003
    found = long_run.envelope("loss", start, start + 40, 40)
    unit = long_run.resolution(start)
    assert unit == 256
    for c in range(40):
        entry = (start - 1 + c) // unit * unit
        kept = LONG_ROWS[entry : entry + unit, LOSS]
        assert found.low[c] == kept.min()
        assert found.high[c] == kept.max()


def test_the_first_and_the_newest_steps_of_a_long_run_are_exact(long_run: Snapshot):
    for start in (1, LONG_N - 999):
        found = long_run.envelope("loss", start, start + 1000, 1000)
        np.testing.assert_array_equal(found.low, LONG_ROWS[start - 1 : start + 999, LOSS][:, 0])
        np.testing.assert_array_equal(found.low, found.high)


@settings(deadline=None, max_examples=100)
@given(start=st.integers(1, LONG_N), length=st.integers(1, LONG_N), columns=st.integers(1, 400))
def test_no_zoom_of_a_long_run_loses_or_invents_extremes(
    long_run: Snapshot, start: int, length: int, columns: int
):
    found = long_run.envelope("loss", start, start + length, columns)
    asked = LONG_ROWS[start - 1 : start - 1 + length, LOSS]
    assert np.nanmin(found.low) <= asked.min()
    assert np.nanmax(found.high) >= asked.max()
    assert np.isin(found.high[~np.isnan(found.high)], LONG_ROWS[:, LOSS]).all()
    expected = twin(found, LONG_ROWS, LOSS, 1)
    filled_columns = ~np.isnan(expected.low[:, 0])
    assert (found.low[filled_columns] <= expected.low[filled_columns, 0]).all()
    assert (found.high[filled_columns] >= expected.high[filled_columns, 0]).all()
    assert np.isnan(found.low[~filled_columns]).all()


def test_a_query_reads_at_most_sixteen_entries_a_column(
    long_run: Snapshot, monkeypatch: pytest.MonkeyPatch
):
    from backscope.core.history import envelope as module

    read: list[int] = []
    original = module._piece

    def counting(*args):
        piece = original(*args)
        read.append(piece.low.shape[1])
        return piece

    monkeypatch.setattr(module, "_piece", counting)
    for columns in (1, 10, 53, 54, 200, 860):
        for start in (1, 2, 300):
            read.clear()
            long_run.envelope("loss", start, LONG_N + 1, columns)
            ends = 4 * 15 + 3 * 15 + 255  # finer entries where it begins and ends, rows not folded
            assert sum(read) <= 16 * columns + ends
