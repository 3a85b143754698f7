import os
import shutil
import sqlite3
import threading
from itertools import count

import numpy as np
import pytest

from backscope.core.experiment import Experiment
from backscope.core.record import Event
from backscope.core.run import Run
from backscope.core.store import database, recorder
from backscope.core.store.checkpoints import newest
from backscope.core.store.description import Progress
from backscope.core.store.recorder import CHECKPOINT_SECONDS, Recorder
from backscope.core.store.stored_history import StoredHistory
from backscope.core.trainer import Trainer

from .conftest import LAYOUT, HandRun, rows_of


def recorded_rows(path):
    connection = database.open_for_reading(path)
    try:
        blocks = [values for _, values in StoredHistory(connection, LAYOUT, "").snapshot().rows()]
    finally:
        connection.close()
    return np.concatenate(blocks) if blocks else np.empty((0, LAYOUT.size))


def test_each_row_is_written_once_however_often_it_is_flushed(recorded):
    run, recorder, path = recorded()
    rows = rows_of(np.random.default_rng(1), 2_500)
    rng, at = np.random.default_rng(2), 0
    while at < len(rows):
        portion = int(rng.integers(0, 100))
        run.append(rows[at : at + portion])
        at += portion
        assert recorder.flush()
        assert recorder.flush()
        assert recorded_rows(path).tobytes() == rows[:at].tobytes()
    connection = database.open_for_reading(path)
    query = "SELECT start, length FROM piece WHERE level=0 ORDER BY start"
    pieces = database.fetch(connection, query)
    connection.close()
    assert pieces[:2] == [(0, 1024), (1024, 1024)]  # a full block of many pieces becomes one


class Full(sqlite3.Connection):
    """A connection on which there is no room as long as that is asked for."""

    full = False

    def execute(self, statement, *parameters):
        if self.full and statement.startswith("COMMIT"):
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(statement, *parameters)


def test_where_there_is_no_room_it_says_so_and_goes_on_when_there_is(tmp_path):
    path = tmp_path / "run.db"
    database.create(path).close()
    connection = sqlite3.connect(path, isolation_level=None, factory=Full)
    database.set_for_writing(connection, wal=True)
    run = HandRun()
    recorder = Recorder(run, connection)
    rows = rows_of(np.random.default_rng(1), 900)
    run.append(rows[:300])
    assert recorder.flush()
    connection.full = True
    run.append(rows[300:600])
    assert not recorder.flush()
    assert not recorder.flush()
    assert recorder.problem == "database or disk is full"
    assert recorded_rows(path).tobytes() == rows[:300].tobytes()
    connection.full = False
    run.append(rows[600:])
    assert recorder.flush()
    assert recorder.problem == ""
    assert recorded_rows(path).tobytes() == rows.tobytes()
    database.close_for_good(connection)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount")
def test_on_a_full_disk_training_goes_on_and_recording_too_when_there_is_room(small_disk):
    stuffing, path = small_disk / "stuffing", small_disk / "run.db"
    run = HandRun()
    connection = database.create(path)
    recorder = Recorder(run, connection)
    rows = rows_of(np.random.default_rng(1), 90)
    run.append(rows[:30])
    assert recorder.flush()
    with pytest.raises(OSError, match="No space"):
        stuffing.write_bytes(bytes(1 << 20))
    for start in (30, 50):
        run.append(rows[start : start + 20])
        assert not recorder.flush()
        assert recorder.problem in ("database or disk is full", "disk I/O error")
    assert recorded_rows(path).tobytes() == rows[:30].tobytes()
    stuffing.unlink()
    run.append(rows[70:])
    assert recorder.flush()
    assert recorded_rows(path).tobytes() == rows.tobytes()
    database.close_for_good(connection)


def test_an_error_that_nobody_foresaw_is_shown_and_recording_goes_on(recorded, monkeypatch):
    run, recorder, path = recorded()
    recorder.flush()
    run.append(rows_of(np.random.default_rng(1), 10))
    whole, failed = recorder._pieces, threading.Event()

    def broken(snapshot):
        if not failed.is_set():
            failed.set()
            raise MemoryError("no more")
        return whole(snapshot)

    monkeypatch.setattr(recorder, "_pieces", broken)
    monkeypatch.setattr("backscope.core.store.recorder.INTERVAL", 0.01)
    thread = threading.Thread(target=recorder.run)
    thread.start()
    assert failed.wait(30)
    for _ in range(3_000):
        if len(recorded_rows(path)) == 10:
            break
        threading.Event().wait(0.01)
    recorder.stop()
    thread.join()
    assert len(recorded_rows(path)) == 10
    assert recorder.problem == ""


def test_what_cannot_be_stored_in_a_text_does_not_end_the_recording(recorded):
    run, recorder, path = recorded()
    run.history.mark(Event(1, "rate", "a\udcff\0\x1b[31m[/]\nb" + "x" * 10_000))
    run.append(rows_of(np.random.default_rng(1), 3))
    assert recorder.flush()
    connection = database.open_for_reading(path)
    (event,) = StoredHistory(connection, LAYOUT, "").snapshot().events
    connection.close()
    assert event.text == "a?\0\x1b[31m[/]\nb" + "x" * 10_000


def test_a_clock_that_is_set_back_does_not_put_off_the_checkpoints(tmp_path):
    settings = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5]},
        "training": {"steps": 500, "batch_size": 8},
    }
    run = Run(Trainer(Experiment.from_dict(settings)))
    connection = database.create(tmp_path / "run.db")
    now = 1e9
    recorder = Recorder(run, connection, lambda: now)

    def checkpointed():
        recorder.flush()  # asks for one
        run.advance(1)  # before which it is taken
        recorder.flush()  # and now written
        stored = newest(connection, "")
        return None if stored is None else stored.checkpoint.step

    run.advance(1)
    first = checkpointed()
    assert first == 1
    assert checkpointed() == first  # it is not yet time for another
    now -= 3_600
    assert checkpointed() > first
    before = checkpointed()
    now += CHECKPOINT_SECONDS
    assert checkpointed() > before
    database.close_for_good(connection)


def test_checkpoints_that_are_dear_to_write_are_taken_less_often(tmp_path):
    settings = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5]},
        "training": {"steps": 500, "batch_size": 8},
    }
    run = Run(Trainer(Experiment.from_dict(settings)))
    connection = database.create(tmp_path / "run.db")
    now, spent = 1e9, count(0, 3)  # three seconds from one question to the next
    writer = Recorder(run, connection, lambda: now, processor=lambda: float(next(spent)))
    taken = []
    for _ in range(490):
        writer.flush()
        run.advance(1)
        stored = newest(connection, "")
        if stored is not None and stored.checkpoint.step not in [step for step, _ in taken]:
            taken.append((stored.checkpoint.step, now))
        now += 1.0
    between = np.diff([at for _, at in taken])
    assert len(between) > 2
    assert (between >= 3 / recorder.CHECKPOINT_SHARE).all()
    assert (between < 3 / recorder.CHECKPOINT_SHARE + CHECKPOINT_SECONDS + 3).all()
    database.close_for_good(connection)


@pytest.mark.parametrize(
    ("writing", "pause"), [(0.0, 0.2), (0.05, 0.15), (0.19, recorder.LEAST_PAUSE), (3.0, 0.02)]
)
def test_the_time_that_writing_takes_does_not_come_on_top_of_the_interval(
    recorded, monkeypatch, writing, pause
):
    _, writer, _ = recorded()
    now, pauses = [100.0], []

    class Woken:
        def wait(self, seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                writer._stopping = True

        def clear(self):
            pass

    def flush():
        now[0] += writing

    monkeypatch.setattr(recorder, "monotonic", lambda: now[0])
    monkeypatch.setattr(writer, "_woken", Woken())
    monkeypatch.setattr(writer, "flush", flush)
    writer.run()
    assert pauses == pytest.approx([recorder.INTERVAL, pause, pause])


def pieces(path, level=0):
    connection = database.open_for_reading(path)
    found = database.fetch(
        connection, "SELECT start, length FROM piece WHERE level=? ORDER BY start", level
    )
    connection.close()
    return found


@pytest.mark.parametrize("together", [1, 7, 100, 300, 400, 1024, 3000])
def test_a_full_block_lies_in_a_few_pieces_however_it_was_written(recorded, together):
    run, writer, path = recorded()
    rows = rows_of(np.random.default_rng(1), 3000)
    for start in range(0, 3000, together):
        run.append(rows[start : start + together])
        assert writer.flush()
    for block in range(2):
        inside = [each for each in pieces(path) if each[0] // 1024 == block]
        assert 1 <= len(inside) <= recorder.MOST_PIECES
        assert sum(length for _, length in inside) == 1024
    history = StoredHistory(database.open_for_reading(path), LAYOUT, "")
    found = np.concatenate([values for _, values in history.snapshot().rows()])
    assert found.tobytes() == rows.tobytes()


def test_what_was_written_in_few_pieces_is_not_written_again(recorded):
    run, writer, path = recorded()
    rows = rows_of(np.random.default_rng(1), 1024)
    for start in range(0, 1024, 400):
        run.append(rows[start : start + 400])
        assert writer.flush()
    assert pieces(path) == [(0, 400), (400, 400), (800, 224)]


def test_of_two_things_written_the_second_is_the_later_one_whatever_the_clock_says(tmp_path):
    run, connection = HandRun(), database.create(tmp_path / "run.db")
    now = [1e9]
    recorder = Recorder(run, connection, lambda: now[0])
    written = []
    for now[0] in (1e9, 5e8, 6e8, 2e9, 1e9):
        run.append(rows_of(np.random.default_rng(1), 3))
        if now[0] == 6e8:  # somebody else goes on
            recorder = Recorder(run, connection, lambda: now[0], left=(6,))
        assert recorder.flush()
        progress = Progress.from_meta(database.read_meta(connection, "progress"), "")
        written.append(progress.updated)
    assert written == [1e9, 1e9, 1e9, 2e9, 2e9]
    assert progress.count == 15
    connection.close()
