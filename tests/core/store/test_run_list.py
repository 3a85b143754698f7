import json
import os
import shutil
import sqlite3
from math import isnan
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.store import database, run_list
from backscope.core.store.lock import Lock
from backscope.core.store.places import HOME, find_place, home
from backscope.core.store.run_list import SORTS, ListedRun, RunList
from backscope.core.store.stored_run import Life, StoredRun


def by_id(runs: tuple[ListedRun, ...]) -> dict[str, ListedRun]:
    return {run.place.id: run for run in runs}


def set_meta(place, key: str, value: str) -> None:
    with sqlite3.connect(place.database) as connection:
        database.write_meta(connection, {key: value})
    connection.close()


def test_every_run_is_listed_with_what_it_says_of_itself_the_newest_first(trained):
    places = [trained(30, "moons"), trained(20, "suns", finished=False), trained(40, "stars")]
    runs = RunList().read()
    ids = [run.place.id for run in runs]
    assert ids == sorted(ids, reverse=True)
    found = by_id(runs)
    assert [found[place.id].name for place in places] == ["moons", "suns", "stars"]
    assert [found[place.id].steps for place in places] == [30, 20, 40]
    lives = [found[place.id].life for place in places]
    assert lives == [Life.STOPPED, Life.DEAD, Life.STOPPED]
    assert all(run.planned == 5_000 and run.loss > 0.0 and not run.problem for run in runs)


def test_no_directory_yet_is_no_runs_and_one_that_cannot_be_read_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv(HOME, str(tmp_path / "nowhere"))
    assert RunList().read() == ()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(HOME, str(tmp_path / "file"))
    with pytest.raises(DataError, match="cannot be listed"):
        RunList().read()


def test_what_is_no_run_or_is_damaged_is_listed_as_that_in_one_line(trained):
    place = trained(20)
    (home() / "holiday").mkdir()
    (home() / "notes.txt").write_text("not looked at")
    torn = home() / "torn"
    torn.mkdir()
    (torn / "run.db").write_bytes(place.database.read_bytes()[:3_000])
    found = by_id(RunList().read())
    assert "notes.txt" not in found
    assert found["holiday"].problem == "not a run: it has no run.db"
    for name in ("holiday", "torn"):
        run = found[name]
        assert run.problem
        assert "\n" not in run.problem
        assert run.life is None
        assert not run.live


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("progress", "{}"),
        ("progress", "[" * 100_000),
        ("started", "yesterday"),
        ("planned", "many"),
    ],
)
def test_a_run_that_says_nonsense_of_itself_is_listed_as_damaged(trained, key, value):
    place = trained(20)
    set_meta(place, key, value)
    assert "damaged" in by_id(RunList().read())[place.id].problem


def test_a_count_that_is_no_number_is_refused(trained):
    place = trained(20)
    with sqlite3.connect(place.database) as connection:
        (text,) = connection.execute("SELECT value FROM meta WHERE key='progress'").fetchone()
    connection.close()
    for key in ("count", "loss", "seconds"):
        set_meta(place, "progress", json.dumps({**json.loads(text), key: "x"}))
        assert f"its {key} is no number" in by_id(RunList().read())[place.id].problem


def test_only_what_has_changed_is_read_again(trained, monkeypatch):
    still, dying = trained(20), trained(20, finished=False)
    runs = RunList()
    before = by_id(runs.read())
    assert before[dying.id].life is Life.DEAD
    lock = Lock(dying.lock)
    try:
        again = by_id(runs.read())
        assert again[dying.id].life is Life.RUNNING
        assert again[still.id] is before[still.id]
        asked = []
        opened = database.open_for_reading
        monkeypatch.setattr(
            run_list.database, "open_for_reading", lambda path: asked.append(path) or opened(path)
        )
        runs.read()
        assert asked == [dying.database]  # a live one may always have changed
    finally:
        lock.release()


def test_a_live_run_says_so(trained):
    place = trained(20, finished=False)
    lock = Lock(place.lock)
    try:
        assert by_id(RunList().read())[place.id].live
        assert lock is not None
    finally:
        lock.release()


def test_a_list_is_sorted_by_any_column_and_what_is_unknown_comes_last(trained):
    trained(30, "b"), trained(20, "A", finished=False), trained(40, "c")
    (home() / "holiday").mkdir()
    runs = RunList().read()

    def order(column):
        return [run.name for run in sorted(runs, key=SORTS[column])]

    assert order("name") == ["A", "A", "b", "c", ""]
    assert order("steps") == ["c", "b", "A", "A", ""]
    assert order("state")[-2:] == ["A", ""]
    losses = [run.loss for run in sorted(runs, key=SORTS["loss"])]
    assert losses[:-1] == sorted(losses[:-1])
    assert isnan(losses[-1])


def test_runs_are_found_by_words_of_their_name_id_state_and_findings(trained):
    place = trained(20, "Two Moons")
    (run,) = RunList().read()
    for words in ("two", "moons TWO", "stopped", place.id[:6], ""):
        assert run.matches(words)
    assert not run.matches("two suns")


@pytest.fixture
def somebody_else(monkeypatch):
    """Runs are those of another than root, who may read everything; ``become`` is called then."""
    with TemporaryDirectory() as directory:  # nobody else may enter those of pytest
        os.chmod(directory, 0o755)

        def become():
            shutil.copytree(home(), Path(directory, "runs"))
            monkeypatch.setenv(HOME, directory)
            if os.geteuid() == 0:
                for path in home(), *home().rglob("*"):
                    os.chown(path, 65534, -1)
                os.seteuid(65534)

        user = os.geteuid()
        yield become
        os.seteuid(user)


@pytest.mark.parametrize(("what", "said"), [("run.db", "cannot be read"), (".", "it cannot be")])
def test_a_run_that_may_not_be_read_is_listed_as_that_and_the_others_as_ever(
    trained, somebody_else, what, said
):
    ids = trained(20).id, trained(30).id
    somebody_else()
    shut = home() / ids[0] / what
    shut.chmod(0)
    found = by_id(RunList().read())
    assert said in found[ids[0]].problem
    assert found[ids[1]].steps == 30
    assert find_place(ids[1], lambda place: "").id == ids[1]
    with pytest.raises(InputError if what == "." else DataError, match=r"none of|cannot be read"):
        StoredRun.wanted(ids[0])
    shut.chmod(0o700)


def test_a_run_that_is_deleted_while_the_list_is_read_is_not_in_it(trained, monkeypatch):
    gone, other = trained(20), trained(30)

    def listed(place):
        shutil.rmtree(gone.directory, ignore_errors=True)
        return real(place)

    real = run_list.listed
    monkeypatch.setattr(run_list, "listed", listed)
    assert [run.place for run in RunList().read()] == [other]


def test_the_lock_of_a_process_that_is_gone_does_not_make_a_run_live(trained):
    place = trained(20, finished=False)
    place.lock.write_text(f"{os.getpid()}\n")  # as if that number had been given anew
    assert by_id(RunList().read())[place.id].life is Life.DEAD
