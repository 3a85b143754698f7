import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backscope.core.history import Snapshot
from backscope.core.history.pyramid import Columns
from backscope.core.record import Event, NonFinite, RunState
from backscope.core.store import database, stored_history
from backscope.core.store.stored_history import StoredHistory

from .conftest import LAYOUT, HandRun, rows_of

NAMES = ("loss", "accuracy", "error_signal", "silent", "update_ratio", "dead")


def opened(path: Path) -> StoredHistory:
    return StoredHistory(database.open_for_reading(path), LAYOUT, str(path))


def same(one: object, other: object) -> bool:
    one, other = np.asarray(one), np.asarray(other)
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def assert_equal(stored: Snapshot, live: Snapshot, rng: np.random.Generator) -> None:
    """Bit for bit, whatever is asked."""
    assert (stored.count, stored.last_step) == (live.count, live.last_step)
    assert stored.events == live.events
    assert stored.nonfinite == live.nonfinite
    assert stored.last_finite_step == live.last_finite_step
    assert stored.seconds == live.seconds
    for name in NAMES:
        step = int(rng.integers(1, live.last_step + 1))
        assert same(stored.latest(name), live.latest(name))
        assert same(stored.last_measured(name, step), live.last_measured(name, step))
        assert stored.measured_step(name, step) == live.measured_step(name, step)
        assert same(stored.first_measured(name), live.first_measured(name))
        start = int(rng.integers(-10, live.last_step + 1))
        stop = start + int(rng.integers(1, 2 * live.last_step + 10))
        columns = int(rng.integers(1, 130))
        a, b = (each.envelope(name, start, stop, columns) for each in (stored, live))
        for field in ("edges", "low", "high", "bad"):
            assert same(getattr(a, field), getattr(b, field)), (name, field, start, stop, columns)


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32),
    parts=st.lists(st.integers(1, 900), min_size=1, max_size=8),
    odd=st.sampled_from([0.0, 0.05, 0.9]),
)
def test_what_is_followed_is_what_was_measured_to_the_last_bit(recorded, seed, parts, odd):
    run, recorder, path = recorded()
    rng = np.random.default_rng(seed)
    follower = None
    for part in parts:
        run.append(rows_of(rng, part, odd))
        run.history.mark(Event(int(rng.integers(1, 100)), "learning_rate", "1 -> 2"))
        assert recorder.flush()
        follower = follower or opened(path)
        assert_equal(follower.snapshot(), run.history.snapshot(), rng)
    assert_equal(opened(path).snapshot(), run.history.snapshot(), rng)


def test_a_long_run_whose_rows_memory_has_dropped_is_whole_on_the_disk(recorded):
    run, recorder, path = recorded(keep_rows=1024, keep_entries=256)
    rng = np.random.default_rng(3)
    rows = rows_of(rng, 9000)
    for start in range(0, 9000, 500):
        run.append(rows[start : start + 500])
        assert recorder.flush()
    snapshot = opened(path).snapshot()
    found = np.concatenate([values for _, values in snapshot.rows()])
    assert same(found, rows)
    assert run.history.snapshot().resolution(4000) > 1
    assert snapshot.resolution(4000) == 1


def test_every_entry_has_the_mean_and_the_newest_finite_value_of_its_rows(recorded):
    run, recorder, path = recorded()
    rows = rows_of(np.random.default_rng(5), 5000)
    for start in range(0, 5000, 700):
        run.append(rows[start : start + 700])
        recorder.flush()
    connection = database.open_for_reading(path)
    columns = Columns(LAYOUT)
    for level, start, length, data in database.fetch(
        connection, "SELECT level, start, length, data FROM piece WHERE level > 0"
    ):
        _, summary = stored_history.decode_entries(data, length, columns)
        for at in range(length):
            unit = 16**level
            part = rows[(start + at) * unit : (start + at + 1) * unit]
            for column in (1, 2, 9):
                values = [value for value in part[:, column] if np.isfinite(value)]
                assert summary.count[column, at] == len(values)
                mean = sum(value / len(values) for value in values) if values else np.nan
                near = 1e-12 * max(map(abs, values), default=0.0)
                assert summary.mean[column, at] == pytest.approx(mean, abs=near, nan_ok=True)
                assert same(summary.last[column, at], values[-1] if values else np.nan)


def test_a_value_that_is_not_finite_is_known_by_name_and_step(recorded):
    run, recorder, path = recorded()
    run.append(rows_of(np.random.default_rng(1), 3, odd=0.0))
    bad = NonFinite(4, 2, "z", 3, 4096, 2.1e37)
    run.append(rows_of(np.random.default_rng(2), 1), nonfinite=bad)
    run.state = RunState.DIVERGED
    recorder.flush()
    history = opened(path)
    assert history.snapshot().nonfinite == bad
    assert history.progress.state is RunState.DIVERGED


def test_a_snapshot_is_the_same_object_until_something_is_written(recorded):
    run, recorder, path = recorded()
    run.append(rows_of(np.random.default_rng(1), 3))
    recorder.flush()
    history = opened(path)
    first = history.snapshot()
    assert history.snapshot() is first
    run.append(rows_of(np.random.default_rng(2), 1))
    recorder.flush()
    assert history.snapshot().count == 4


def change(path: Path, query: str, *parameters: object) -> int:
    connection = sqlite3.connect(path)
    with connection:
        return connection.execute(query, parameters).rowcount


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_bit_costs_resolution_and_never_gives_a_wrong_number(recorded, seed, level):
    run, recorder, path = recorded()
    rng = np.random.default_rng(seed)
    rows = rows_of(rng, 5000, odd=0.02)
    run.append(rows)
    recorder.flush()
    connection = sqlite3.connect(path)
    start, data = connection.execute(
        "SELECT start, data FROM piece WHERE level=? ORDER BY random() LIMIT 1", (level,)
    ).fetchone()
    connection.close()
    spoiled = bytearray(data)
    spoiled[int(rng.integers(len(spoiled)))] ^= 1 << int(rng.integers(8))
    change(path, "UPDATE piece SET data=? WHERE level=? AND start=?", bytes(spoiled), level, start)
    history = opened(path)
    snapshot = history.snapshot()
    for name in ("loss", "accuracy"):
        values = rows[:, LAYOUT.columns(name).start]
        for columns in (1, 20, 150, 5000):
            envelope = snapshot.envelope(name, 1, 5001, columns)
            for column in map(int, np.flatnonzero(~np.isnan(envelope.low))):
                first, last = np.ceil(envelope.edges[column : column + 2]).astype(int) - 1
                inside = values[first:last][np.isfinite(values[first:last])]
                # Coarser entries may say too much, and nothing that was not.
                assert envelope.low[column] in values
                assert envelope.high[column] in values
                if last <= 4096:  # what is not folded yet lies in the file once only
                    assert envelope.low[column] <= inside.min(initial=np.inf)
                    assert envelope.high[column] >= inside.max(initial=-np.inf)
    for steps, values in snapshot.rows():
        assert same(values, rows[steps[0] - 1 : steps[-1]])
    assert history.damaged == 1


def test_where_everything_is_damaged_there_is_a_gap_and_no_error(recorded):
    run, recorder, path = recorded()
    run.append(rows_of(np.random.default_rng(1), 3000))
    recorder.flush()
    change(path, "UPDATE piece SET crc32 = crc32 + 1")
    history = opened(path)
    snapshot = history.snapshot()
    envelope = snapshot.envelope("loss", 1, 3001, 40)
    assert np.isnan(envelope.low).all()
    assert not envelope.bad.any()
    assert np.isnan(snapshot.latest("loss"))
    assert list(snapshot.rows()) == []
    assert snapshot.seconds == 0.0
    assert history.damaged > 0


@pytest.mark.parametrize("start", [0, 1024, 2048])
def test_a_piece_that_is_not_there_is_counted_as_one_that_is_damaged(recorded, start):
    run, recorder, path = recorded()
    run.append(rows_of(np.random.default_rng(1), 3000))
    recorder.flush()
    change(path, "DELETE FROM piece WHERE level=0 AND start=?", start)
    history = opened(path)
    found = sum(len(steps) for steps, _ in history.snapshot().rows())
    assert found == 3000 - min(1024, 3000 - start)
    assert history.damaged == 1


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE piece SET length = 1000000",
        "UPDATE piece SET length = -1",
        "UPDATE piece SET data = 'text'",
        "UPDATE piece SET data = zeroblob(100000000)",
        "UPDATE piece SET start = start + 1",
        "UPDATE piece SET length = NULL WHERE 0",
        "DELETE FROM piece",
    ],
)
def test_what_a_piece_says_of_itself_is_not_believed(recorded, query):
    run, recorder, path = recorded()
    rows = rows_of(np.random.default_rng(1), 600)
    run.append(rows)
    recorder.flush()
    change(path, query)
    snapshot = opened(path).snapshot()
    for steps, values in snapshot.rows():
        assert same(values, rows[steps[0] - 1 : steps[-1]])
    snapshot.envelope("loss", 1, 601, 30)
    snapshot.last_measured("dead")


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32),
    total=st.integers(1, 6_000),
    shares=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6),
    odd=st.sampled_from([0.0, 0.05, 0.9]),
)
def test_what_is_seen_of_a_past_step_is_what_was_seen_live_then_to_the_last_bit(
    recorded, seed, total, shares, odd
):
    run, recorder, path = recorded()
    rng = np.random.default_rng(seed)
    rows = rows_of(rng, total, odd)
    bad = NonFinite(total // 2 + 1, None, "loss", 1, 1, 0.0)
    run.append(rows[: total // 2])
    run.append(rows[total // 2 :][:1], nonfinite=bad)
    run.append(rows[total // 2 + 1 :])
    events = [Event(int(step), "revive", "") for step in np.sort(rng.integers(1, total + 1, 5))]
    for event in events:
        run.history.mark(event)
    assert recorder.flush()
    history = opened(path)
    for share in shares:  # forwards and backwards
        step = max(1, round(share * total))
        then = HandRun()
        then.append(rows[: min(step, total // 2)])
        then.append(rows[total // 2 : step][:1], nonfinite=bad)
        then.append(rows[total // 2 + 1 : step])
        for event in events:
            if event.step <= step:
                then.history.mark(event)
        live, stored = then.history.snapshot(), history.until(step)
        assert_equal(stored, live, rng)
        assert stored.steps_per_second == live.steps_per_second
        seconds = float(rng.uniform(0.0, 0.01 * total))
        assert stored.step_at(seconds) == live.step_at(seconds)


def test_before_the_first_step_there_is_nothing_and_after_the_last_all(recorded):
    run, recorder, path = recorded()
    run.append(rows_of(np.random.default_rng(1), 300))
    recorder.flush()
    history = opened(path)
    assert history.until(0).count == 0
    assert history.until(-5).count == 0
    assert history.until(300) is history.snapshot()
    assert history.until(10**9) is history.snapshot()


@pytest.mark.parametrize("count", [10, 260, 1_000, 4_100])
def test_of_a_damaged_past_nothing_of_its_future_is_shown(recorded, count):
    """Coarser entries stand in for damaged rows, but not those that reach beyond the present."""
    run, recorder, path = recorded()
    rows = rows_of(np.random.default_rng(1), 5_000, odd=0.0)
    rows[:, 1] = np.arange(1, 5_001)
    run.append(rows)
    recorder.flush()
    change(path, "UPDATE piece SET crc32=crc32+1 WHERE level<=1 AND start<=?", count)
    snapshot = opened(path).until(count)
    shown = snapshot.envelope("loss", 1, count + 1, 7)
    assert not (shown.high > count).any()
    for value in (snapshot.latest("loss"), snapshot.last_measured("loss", count // 2)):
        assert np.isnan(value) or value <= count


def test_of_a_block_that_grows_only_what_is_new_is_read(recorded, monkeypatch):
    run, recorder, path = recorded()
    run.append(rows_of(np.random.default_rng(1), 200))
    recorder.flush()
    history = opened(path)
    history.snapshot().envelope("loss", 1, 201, 50)
    read = []
    decode = stored_history.decode_rows
    monkeypatch.setattr(
        stored_history,
        "decode_rows",
        lambda data, length, columns: read.append(length) or decode(data, length, columns),
    )
    for _ in range(3):
        run.append(rows_of(np.random.default_rng(2), 7))
        recorder.flush()
        history.snapshot().envelope("loss", 1, 300, 50)
    assert read == [7, 7, 7]


def test_a_follower_reads_a_block_whose_pieces_become_one(recorded):
    run, recorder, path = recorded()
    rng = np.random.default_rng(5)
    follower = None
    for _ in range(45):
        run.append(rows_of(rng, 50))
        recorder.flush()
        follower = follower or opened(path)
        assert_equal(follower.snapshot(), run.history.snapshot(), rng)
    assert follower.damaged == 0
