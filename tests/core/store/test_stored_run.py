import os
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.experiment import command_line, load_experiment
from backscope.core.run import Run
from backscope.core.store import database, places
from backscope.core.store.lock import Lock
from backscope.core.store.places import Place
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import READ_ONLY, Life, StoredRun, name_of
from backscope.core.trainer import Trainer


def test_a_run_is_found_by_its_id_the_beginning_of_it_its_name_and_its_paths(trained):
    place = trained(20, name="moons")
    words = [place.id, place.id[:-2], "moons", str(place.directory), str(place.database)]
    for word in words:
        run = StoredRun.wanted(word)
        assert (run.place, run.progress.count) == (place, 20)
        run.close()
    with pytest.raises(InputError, match="there is none of that id or name"):
        StoredRun.wanted("suns")


def test_a_run_is_live_while_its_lock_is_held_and_dead_after_it(trained):
    place = trained(20, finished=False)
    lock = Lock(place.lock)
    run = StoredRun(place)
    assert run.writer == os.getpid()
    assert run.life is Life.RUNNING
    assert run.life.live
    lock.release()
    assert run.writer is None
    assert run.life is Life.DEAD
    assert not run.life.live


def test_a_run_that_has_ended_says_how(trained):
    run = StoredRun(trained(20))
    assert run.life is Life.STOPPED
    assert run.description.experiment.name == "moons"


def test_a_stored_run_tells_how_it_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    experiment = load_experiment("healthy", {"training.steps": 7, "network.hidden": [4, 4]})
    recording = Recording.of_new(Run(Trainer(experiment)))
    recording.finish()
    stored = StoredRun(recording.place).description.experiment
    assert stored == experiment
    assert stored.overrides == experiment.overrides
    assert command_line(stored) == command_line(experiment)


def test_a_copy_is_not_taken_for_live_because_another_run_lies_beside_it(trained):
    place = trained(20, finished=False)
    lock = Lock(place.lock)
    for ending in ("", "-wal"):
        shutil.copy(f"{place.database}{ending}", place.directory / f"copy.db{ending}")
    assert StoredRun(place).life is Life.RUNNING
    assert StoredRun(Place(place.directory, "copy.db")).life is Life.DEAD
    lock.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_run_in_a_directory_that_cannot_be_written_to_opens_with_all_its_log_holds(trained):
    with TemporaryDirectory() as directory:  # others may not enter those of pytest
        killed = trained(20, finished=False)
        place = Place(Path(shutil.copytree(killed.directory, Path(directory, "run"))))
        (place.directory / "run.db-shm").unlink()  # its writer was killed, and the disk moved
        for path in (*place.directory.iterdir(), place.directory, place.directory.parent):
            path.chmod(0o555)
        os.seteuid(65534)
        try:
            run = StoredRun(place)
            assert run.progress.count == 20
            assert run.notice == READ_ONLY
            assert [len(values) for _, values in run.history.snapshot().rows()] == [20]
            run.close()
        finally:
            os.seteuid(0)


def test_what_is_no_run_is_refused_in_one_line(tmp_path):
    for name, data in {"empty.db": b"", "text.db": b"steps\n1\n" * 500}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=r"^'.*' is not a run[^\n]*$"):
            StoredRun(Place(tmp_path, name))
        assert name_of(Place(tmp_path, name)) == ""


def test_a_run_whose_description_is_gone_is_refused(trained):
    place = trained(20)
    with sqlite3.connect(place.database) as connection:
        connection.execute("DELETE FROM meta WHERE key='layers'")
    with pytest.raises(DataError, match="has no 'layers'"):
        StoredRun(place)


def test_a_run_that_cannot_be_read_for_other_reasons_says_so(trained):
    place = trained(20)
    place.database.unlink()
    place.database.mkdir()
    with pytest.raises(DataError, match=r"^'.*' cannot be read: [^\n]*$"):
        database.open_for_reading(place.database)
