import json
import os
import random
import shutil
import sqlite3

import numpy as np
import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.store import database, description
from backscope.core.store.copying import copy
from backscope.core.store.description import MOST_STEPS, Description
from backscope.core.store.lock import Lock
from backscope.core.store.places import Place
from backscope.core.store.recording import Recording
from backscope.core.store.repairing import repair
from backscope.core.store.salvage import TABLE_LEAF, SalvageFile
from backscope.core.store.stored_run import Life, StoredRun

STEPS = 3_000


def table(place):
    """Steps, rows and events of a run."""
    run = StoredRun(place)
    try:
        snapshot = run.history.snapshot()
        rows = {}
        for steps, values in snapshot.rows():
            rows |= zip(steps.tolist(), (row.tobytes() for row in values), strict=True)
        return rows, snapshot.events, snapshot.count
    finally:
        run.close()


def read(attempt):
    """Steps, rows and events of what is given, or why there are none."""
    try:
        return *table(attempt())[:2], ""
    except DataError as error:
        return {}, (), str(error)


@pytest.fixture
def repaired(tmp_path):
    def make(place):
        target = Place(tmp_path, "repaired.db")
        before = {path.name: path.read_bytes() for path in place.directory.iterdir()}
        done = repair(place, target.database, force=True)
        assert {path.name: path.read_bytes() for path in place.directory.iterdir()} == before
        return done, target

    return make


def test_of_a_whole_run_all_is_given_back(trained, repaired):
    place = trained(STEPS)
    done, target = repaired(place)
    assert (done.steps, done.lost_steps, done.lost_chunks, done.lost_events) == (STEPS, 0, 0, 0)
    assert table(target) == table(place)
    first, second = StoredRun(place), StoredRun(target)
    assert first.description == second.description
    assert repr(first.progress) == repr(second.progress)  # its learning rate may be NaN
    assert first.life is second.life is Life.STOPPED
    first.close(), second.close()


def test_the_log_of_a_run_that_was_killed_is_taken_in(trained, repaired):
    place = trained(STEPS, finished=False)
    done, target = repaired(place)
    assert (done.steps, done.lost_steps) == (STEPS, 0)
    assert table(target) == table(place)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_of_a_copy_that_is_cut_off_every_whole_chunk_is_given_back(trained, repaired, share):
    place = trained(STEPS, flushes=10)
    rows, events, _ = table(place)
    whole = place.database.read_bytes()
    place.database.write_bytes(whole[: int(len(whole) * share)])
    assert read(lambda: place)[0].items() <= rows.items()
    done, target = repaired(place)
    found, found_events, count = table(target)
    assert found.items() <= rows.items()
    assert len(found) == done.steps == STEPS - done.lost_steps
    assert count <= STEPS
    assert done.steps >= 1_024
    assert set(found_events) <= set(events)


def test_a_chunk_with_a_wrong_bit_is_lost_and_counted_and_no_other(trained, repaired):
    place = trained(STEPS)
    rows = table(place)[0]
    with sqlite3.connect(place.database) as connection:
        query = "SELECT rowid, data FROM piece WHERE level=0 AND start=1024"
        ((rowid, data),) = connection.execute(query)
        spoiled = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
        connection.execute("UPDATE piece SET data=? WHERE rowid=?", (spoiled, rowid))
    connection.close()
    done, target = repaired(place)
    assert (done.lost_steps, done.lost_chunks) == (1024, 1)
    assert table(target)[0] == {
        step: row for step, row in rows.items() if not 1024 <= step - 1 < 2048
    }


def test_what_was_taken_back_before_the_damage_does_not_come_back(trained, repaired, tmp_path):
    recording = Recording.resumed(trained(1_500))
    recording.run.advance(1_000)
    recording._recorder.flush()
    place = Place(tmp_path / "killed")
    shutil.copytree(recording.place.directory, place.directory)
    recording.finish()
    copy(place, tmp_path / "before.db")
    assert max(_rows_on_any_page(Place(tmp_path, "before.db"))) == 2_500
    recording = Recording.resumed(place)
    step = recording.run.step
    assert step == 1_500
    recording.run.advance(10)
    recording.run.end()
    recording.finish()
    assert max(_rows_on_any_page(place)) == step + 10
    place.database.write_bytes(place.database.read_bytes()[:-1])
    done, target = repaired(place)
    assert done.steps <= step + 10
    assert max(table(target)[0]) <= step + 10


def test_a_repaired_run_goes_on_from_its_newest_whole_checkpoint(trained, repaired):
    place = trained(STEPS)
    done, target = repaired(place)
    assert done.checkpoint == STEPS
    recording = Recording.resumed(target)
    assert recording.run.step == STEPS
    recording.run.end()
    recording.finish()


def test_where_the_progress_is_lost_it_is_told_from_the_rows(trained, repaired):
    place = trained(STEPS)
    with sqlite3.connect(place.database) as connection:
        connection.execute("UPDATE meta SET crc32=crc32+1 WHERE key='progress'")
    connection.close()
    done, target = repaired(place)
    assert (done.steps, done.lost_steps) == (STEPS, 0)
    assert StoredRun(target).life is Life.STOPPED


def test_without_the_description_nothing_is_guessed(trained, tmp_path):
    place = trained(50)
    with sqlite3.connect(place.database) as connection:
        connection.execute("UPDATE meta SET value=value || ' ' WHERE key='layers'")
    connection.close()
    with pytest.raises(DataError, match="'layers'; without it the numbers mean nothing"):
        repair(place, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_where_nothing_is_whole_there_is_no_new_file(trained, tmp_path):
    place = trained(600)
    place.database.write_bytes(place.database.read_bytes()[: 6 * database.PAGE_SIZE])
    with pytest.raises(DataError):
        repair(place, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_what_is_no_run_is_refused_in_one_line(trained, tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    (tmp_path / "text.db").write_text("step,loss\n" * 10_000)
    (tmp_path / "empty.db").write_bytes(b"")
    for name in ("other.db", "text.db", "empty.db"):
        with pytest.raises(DataError, match=r"^'[^\n]*' is not a run[^\n]*$"):
            repair(Place(tmp_path, name), tmp_path / "new.db")
    place = trained(10)
    with sqlite3.connect(place.database) as connection:
        connection.execute(f"PRAGMA user_version={database.SCHEMA_VERSION + 6}")
    connection.close()
    with pytest.raises(DataError, match=f"schema {database.SCHEMA_VERSION + 6}"):
        repair(place, tmp_path / "new.db")


def test_a_run_that_is_being_written_is_left_alone(trained, tmp_path):
    place = trained(10, finished=False)
    lock = Lock(place.lock)
    with pytest.raises(InputError, match=f"is being written by process {os.getpid()}"):
        repair(place, tmp_path / "new.db")
    lock.release()
    with pytest.raises(InputError, match="is the run itself"):
        repair(place, place.database, force=True)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_spoiled_no_number_that_comes_back_is_wrong(trained, tmp_path, seed):
    """Bits, blocks of zeros and cuts at random: a line, or numbers that are right."""
    place = trained(600)
    rows, events, _ = table(place)
    data = bytearray(place.database.read_bytes())
    rng = random.Random(seed)
    for _ in range(rng.choice([1, 10, 100])):
        at = rng.randrange(len(data))
        if rng.random() < 0.2:
            data[at : at + 512] = bytes(len(data[at : at + 512]))
        else:
            data[at] ^= 1 << rng.randrange(8)
    if rng.random() < 0.3:
        del data[rng.randrange(len(data)) :]
    place.database.write_bytes(data)
    target = Place(tmp_path, "new.db")
    for attempt in (lambda: place, lambda: (repair(place, target.database), target)[1]):
        found, found_events, problem = read(attempt)
        assert "\n" not in problem
        assert found.items() <= rows.items()
        assert set(found_events) <= set(events)


def test_rows_by_hand_come_back_to_the_last_bit(recorded, tmp_path, monkeypatch):
    from .conftest import LAYOUT, rows_of

    monkeypatch.setattr(description, "PROBES", {})  # it has measures of its own

    run, recorder, path = recorded()
    recorder._description = _description(LAYOUT)
    rows = rows_of(np.random.default_rng(3), 700)
    run.append(rows)
    recorder.flush()
    done = repair(Place(path.parent, path.name), tmp_path / "new.db")
    assert done.steps == 700
    found = StoredRun(Place(tmp_path, "new.db")).history.snapshot().rows()
    assert np.concatenate([values for _, values in found]).tobytes() == rows.tobytes()


def _rows_on_any_page(place):
    """The last row of each piece of rows that is anywhere in a file, whole or not."""
    with SalvageFile(place.database) as file:
        for cell in file.cells():
            match file.values(cell, 4):
                case [0, int(start), int(length), int()] if cell.leaf == TABLE_LEAF:
                    yield start + length


def _description(layout):
    from backscope.core.experiment import Experiment
    from backscope.core.findings import Facts

    facts = Facts(steps_planned=10, baseline=1.0)
    return Description.of(Experiment(), layout, facts, 10, 0.0).to_meta()


def test_a_run_that_claims_more_steps_than_anyone_trains_is_repaired_at_once(trained, repaired):
    place = trained(STEPS)
    rows = table(place)[0]
    with sqlite3.connect(place.database) as connection:
        meta = database.read_meta(connection, "progress")
        claimed = {**json.loads(meta["progress"]), "count": MOST_STEPS}
        database.write_meta(connection, {"progress": json.dumps(claimed)})
    connection.close()
    done, target = repaired(place)
    assert (done.steps, done.lost_steps) == (STEPS, MOST_STEPS - STEPS)
    assert done.lost_chunks > MOST_STEPS // 1_024 - 10
    assert table(target)[0] == rows
