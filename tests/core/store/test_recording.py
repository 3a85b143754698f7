import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.experiment import Experiment
from backscope.core.history.pyramid import Columns
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.store import database, places
from backscope.core.store.description import Description
from backscope.core.store.pieces import decode_entries
from backscope.core.store.places import Place
from backscope.core.store.recording import Recording
from backscope.core.store.stored_history import StoredHistory
from backscope.core.trainer import Trainer

STEPS = 700


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))


def experiment(activation="relu", **training):
    """Probes at intervals of their own: what is measured when must not hang on the clock."""
    every = {"activations_every": 1, "trust_every": 3, "dead_every": 7}
    return Experiment.from_dict(
        {
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [5, 5], "dropout": 0.1, "activation": activation},
            "training": {"steps": STEPS, "batch_size": 8, "optimizer": "adam", **training},
            "probes": every,
        }
    )


def begun(steps, **training):
    """A recording of a run of which so many steps are done and written."""
    run = Run(Trainer(experiment(**training)), clock=lambda: 0.0)
    recording = Recording.of_new(run)
    for _ in range(0, steps, 50):
        run.advance(min(50, steps - run.step))
        recording._recorder.finish()
        recording._recorder.finish()  # the checkpoint is taken before a step, and written after it
    return recording


def killed(recording: Recording, to: Path) -> Place:
    """The files as they lie there when a process is killed."""
    shutil.copytree(recording.place.directory, to)
    return Place(to)


def contents(place: Place):
    """All rows, entries and events, and the description."""
    connection = database.open_for_reading(place.database)
    meta = database.read_meta(connection)
    description = Description.from_meta(meta, "")
    history = StoredHistory(connection, description.layout, "")
    snapshot = history.snapshot()
    rows = np.concatenate([values for _, values in snapshot.rows()])
    curves = [
        getattr(snapshot.envelope(metric.name, 1, 2000, 77), part).tobytes()
        for metric in description.layout.metrics
        for part in ("low", "high", "bad")
    ]
    summaries = {}
    query = "SELECT level, length, data FROM piece WHERE level > 0 ORDER BY level, start"
    for level, length, data in database.fetch(connection, query):
        entries, summary = decode_entries(data, length, Columns(description.layout))
        for name in ("mean", "last", "count"):
            summaries.setdefault((level, name), []).append(getattr(summary, name))
        summaries.setdefault((level, "newest"), []).append(entries.newest.T)
    joined = {key: np.concatenate(parts, axis=1).tobytes() for key, parts in summaries.items()}
    connection.close()
    assert history.damaged == 0
    return rows.tobytes(), curves, joined, snapshot.events, history.progress.state


def test_a_run_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(tmp_path):
    whole = begun(0)
    whole.run.advance(STEPS)
    whole.finish()
    for at in (1, 300, 650):
        recording = begun(at)
        recording.run.advance(20)
        recording._recorder.flush()  # beyond the checkpoint
        place = killed(recording, tmp_path / f"killed{at}")
        resumed = Recording.resumed(place, lambda: 0.0)
        assert resumed.run.step <= at + 20
        resumed.run.advance(STEPS)
        resumed.finish()
        again, first = contents(place), contents(whole.place)
        assert again[0] == first[0]
        assert again[1] == first[1]
        assert again[4] == first[4] == RunState.FINISHED
        assert again[2] == first[2]


def test_only_one_process_writes_a_run():
    recording = begun(10)
    with pytest.raises(InputError, match="is being written by process"):
        Recording.resumed(recording.place)
    recording.finish()


def test_what_has_finished_or_diverged_is_not_gone_on_with():
    finished = begun(STEPS)
    finished.finish()
    with pytest.raises(InputError, match="has finished"):
        Recording.resumed(finished.place)
    diverged = begun(100, learning_rate=1e9, optimizer="sgd", activation="identity")
    assert diverged.run.state is RunState.DIVERGED
    diverged.finish()
    with pytest.raises(InputError, match="has diverged"):
        Recording.resumed(diverged.place)


def test_without_a_checkpoint_there_is_nothing_to_go_on_from():
    recording = begun(0)
    recording._recorder.flush()
    place = recording.place
    recording.finish()
    connection = sqlite3.connect(place.database)
    with connection:
        connection.execute("DELETE FROM checkpoint")
    with pytest.raises(DataError, match="no checkpoint"):
        Recording.resumed(place)


def test_the_files_of_a_run_are_for_their_owner_only():
    recording = begun(10)
    place = recording.place
    recording.finish()
    assert place.directory.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.directory.iterdir())
    assert sorted(path.name for path in place.directory.iterdir()) == ["lock", "run.db"]


def test_a_disk_that_is_full_is_told_and_does_not_stop_training(monkeypatch):
    recording = begun(50)
    connection = recording._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    recording.run.advance(400)
    assert not recording._recorder.flush()
    assert "full" in recording.problem
    recording.run.advance(50)
    connection.execute("PRAGMA max_page_count=1000000")
    assert recording._recorder.flush()
    assert recording.problem == ""
    place = recording.place
    recording.finish()
    reading = database.open_for_reading(place.database)
    layout = Description.from_meta(database.read_meta(reading), "").layout
    assert StoredHistory(reading, layout, "").snapshot().count == 500


def test_a_run_of_other_layers_or_measures_than_are_taken_here_is_not_gone_on_with():
    recording = begun(100)
    place = recording.place
    recording.finish()
    with sqlite3.connect(place.database) as connection:
        metrics = json.loads(database.read_meta(connection, "metrics")["metrics"])
        metrics.append(["older", "", False])
        database.write_meta(connection, {"metrics": json.dumps(metrics)})
    connection.close()
    with pytest.raises(DataError, match="other layers or measures than"):
        Recording.resumed(place)


@pytest.mark.parametrize("deleted", ["all of it", "the database"])
def test_a_run_whose_files_are_deleted_says_so_to_the_end(deleted):
    recording = begun(50)
    assert not recording.is_deleted
    if deleted == "all of it":
        shutil.rmtree(recording.place.directory)
    else:
        recording.place.database.unlink()
    assert recording.is_deleted
    assert recording.problem == "its files have been deleted"
    recording.run.advance(50)
    recording.finish()
    assert recording.is_deleted
    assert recording.problem


def test_a_run_whose_directory_is_moved_is_recorded_there(tmp_path):
    recording = begun(50)
    recording.place.directory.rename(tmp_path / "moved")
    recording.run.advance(50)
    assert not recording.is_deleted
    recording.finish()
    assert not recording.problem
    connection = database.open_for_reading(tmp_path / "moved" / places.DATABASE)
    layout = Description.from_meta(database.read_meta(connection), "").layout
    assert StoredHistory(connection, layout, "").snapshot().count == 100
    connection.close()
