import os
import shutil
import stat
import threading

import numpy as np
import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.store import database
from backscope.core.store.copying import copy
from backscope.core.store.lock import Lock
from backscope.core.store.places import Place
from backscope.core.store.stored_run import Life, StoredRun


def rows(place):
    run = StoredRun(place)
    try:
        return [values.tobytes() for _, values in run.history.snapshot().rows()]
    finally:
        run.close()


def test_a_copy_is_one_file_with_all_that_the_log_of_the_run_holds(trained, tmp_path):
    place = trained(30, finished=False)
    assert place.database.with_name("run.db-wal").stat().st_size > 0
    copy(place, tmp_path / "copy.db")
    assert [name for name in os.listdir(tmp_path) if "copy" in name] == ["copy.db"]
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    there = Place(tmp_path, "copy.db")
    assert rows(there) == rows(place) != []
    assert StoredRun(there).life is Life.DEAD


def test_a_run_is_copied_while_it_is_written_and_each_copy_is_a_moment_of_it(recorded, tmp_path):
    run, recorder, path = recorded()
    recorder.flush()
    stop = threading.Event()

    def write():
        rng = np.random.default_rng(1)
        while not stop.is_set():
            run.append(rng.normal(size=(50, run.history.layout.size)))
            recorder.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copy(Place(path.parent, path.name), tmp_path / f"copy-{number}.db")
            connection = database.open_for_reading(tmp_path / f"copy-{number}.db")
            query = "SELECT sum(length) FROM piece WHERE level=0"
            count = database.fetch(connection, query)[0][0] or 0
            meta = database.read_meta(connection)
            connection.close()
            assert f'"count": {count},' in meta["progress"]
    finally:
        stop.set()
        writer.join()


def test_nothing_is_overwritten_unless_that_is_asked_for(trained, tmp_path):
    place, target = trained(10), tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(InputError, match="exists; --force overwrites it"):
        copy(place, target)
    assert target.read_text() == "mine"
    copy(place, target, force=True)
    assert rows(Place(tmp_path, "copy.db")) == rows(place)


def test_what_cannot_be_the_place_of_a_copy_is_refused_in_one_line(trained, tmp_path):
    place, other = trained(10), trained(10, finished=False)
    lock = Lock(other.lock)
    (tmp_path / "stray.db-wal").write_text("")
    os.mkfifo(tmp_path / "pipe")
    cases = {
        place.database: "is the run itself",
        tmp_path: "is a directory",
        tmp_path / "pipe": "is no file",
        tmp_path / "no" / "copy.db": "does not exist",
        tmp_path / "stray.db": "the log of another run",
        tmp_path / ("x" * 300): "cannot be written",
        other.database: f"is being written by process {os.getpid()}",
    }
    for target, said in cases.items():
        with pytest.raises(InputError, match=said) as caught:
            copy(place, target, force=True)
        assert len(caught.value.problems) == 1
    lock.release()
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".part")]
    assert rows(place)


def test_of_a_run_that_is_cut_off_nothing_is_left_behind(trained, tmp_path):
    place = trained(30)
    whole = place.database.read_bytes()
    place.database.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError):
        copy(place, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount")
def test_where_there_is_no_room_it_says_so_and_leaves_nothing(trained, small_disk):
    place = trained(3_000)
    with pytest.raises(DataError, match="cannot be written: database or disk is full"):
        copy(place, small_disk / "copy.db")
    assert os.listdir(small_disk) == []
