import os
import stat
import time

import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.store import places
from backscope.core.store.places import Place, all_places, find_place, home, new_place

HOSTILE = [
    "../../etc/passwd",
    "a\x1b]0;x\x07b",
    "[/]",
    "a\nb",
    "x" * 10_000,
    "\0",
    "\udcff",
    ".",
    "",
]


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def made(clock=time.time):
    place = new_place(clock)
    place.database.touch()
    return place


def test_directories_are_for_their_owner_alone_also_where_the_home_was_open_before():
    home().mkdir(parents=True, mode=0o755)
    home().chmod(0o755)
    place = new_place()
    for directory in (home(), place.directory):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_data_directory_that_is_made_is_for_its_owner_alone_and_one_that_was_there_is_left(
    tmp_path, monkeypatch
):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o755)
    for folder, mode in ((tmp_path / "new" / "data", 0o700), (theirs, 0o755)):
        monkeypatch.setenv(places.HOME, str(folder))
        new_place()
        assert stat.S_IMODE(folder.stat().st_mode) == mode


def test_ids_sort_as_runs_began_and_two_of_one_second_differ():
    ids = [made(lambda: 1e9).id, made(lambda: 1e9).id, made(lambda: 1e9 + 60).id]
    assert len(set(ids)) == 3
    assert all_places()[0].id == ids[2]


def test_a_clock_that_goes_backwards_still_gives_each_run_a_place_of_its_own():
    times = iter([1e9, 5e8, 0.0, 1e9])
    assert len({made(lambda: next(times)).directory for _ in range(4)}) == 4


def test_a_beginning_that_several_have_names_them():
    first, second = made(lambda: 1e9), made(lambda: 1e9)
    with pytest.raises(InputError, match="2 ids begin so") as caught:
        find_place(first.id[:8], lambda place: "")
    assert second.id in str(caught.value)


def test_of_several_runs_of_one_name_the_newest_is_meant():
    made(lambda: 1e9)
    newest = made(lambda: 1e9 + 86_400)
    assert find_place("moons", lambda place: "moons") == newest


@pytest.mark.parametrize("word", HOSTILE)
def test_whatever_is_asked_for_the_answer_is_one_bounded_line(word):
    made()
    with pytest.raises(InputError) as caught:
        find_place(word, lambda place: "moons")
    (line,) = caught.value.problems
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 400


@pytest.mark.parametrize("name", HOSTILE)
def test_a_run_of_any_name_is_found_by_it_and_lies_where_its_id_says(name):
    place = made()
    assert place.directory.parent == home()
    if name and os.sep not in name:
        assert find_place(name, lambda place: name) == place


def test_what_lies_beside_a_copy_is_not_taken_for_its_own(tmp_path):
    run, copy = Place(tmp_path), Place(tmp_path, "copy.db")
    assert (run.id, copy.id) == (tmp_path.name, "copy")
    for part in ("lock", "log", "socket"):
        assert getattr(run, part) != getattr(copy, part)


def test_a_run_is_called_by_its_id_at_home_and_by_its_path_elsewhere(tmp_path):
    place = made()
    assert find_place(place.word, lambda each: "") == place
    assert place.word == place.id
    (tmp_path / "copy.db").touch()
    copy = Place(tmp_path, "copy.db")
    assert find_place(copy.word, lambda each: "") == copy


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{tmp}/file", r"^the runs cannot be listed: '.*/file/runs': Not a directory$"),
        ("/dev/null", r"^the runs cannot be listed: '/dev/null/runs': Not a directory$"),
        ("{tmp}/" + "x" * 300, r"^the runs cannot be listed: '.*x…': File name too long$"),
    ],
)
def test_where_runs_cannot_lie_no_run_is_found_and_it_says_why(tmp_path, monkeypatch, value, said):
    (tmp_path / "file").touch()
    monkeypatch.setenv(places.HOME, value.format(tmp=tmp_path))
    with pytest.raises(DataError, match=said):
        all_places()
    with pytest.raises(DataError, match=said):
        find_place("moons", lambda place: "")
    with pytest.raises(OSError, match=r"Not a directory|too long"):
        new_place()


def test_a_home_of_nobody_is_named(monkeypatch):
    monkeypatch.setenv(places.HOME, "~nobody-of-this-name/x")
    with pytest.raises(InputError, match=r"^BACKSCOPE_HOME '~nobody-of-this-name/x': no such home"):
        home()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "is no run"),
        ("nothing", "no such run"),
        ("file/nothing", "no such run"),
        ("x" * 300, "no such run"),
        ("a\0b", "no such run"),
        ("loop", "Too many levels of symbolic links"),
        ("pipe", "is no run"),
    ],
)
def test_a_path_that_leads_to_no_run_says_why(tmp_path, path, said):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=f"^run '.*: {said}$"):
        find_place(f"{tmp_path}/{path}", lambda place: "")


def test_a_run_of_an_experiment_file_is_found_by_the_path_of_that_file(tmp_path, monkeypatch):
    place = made()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moons.toml").touch()
    for name in ("./moons.toml", "gone/moons.toml"):
        assert find_place(name, lambda place, name=name: name) == place
    # A run at a path is that run, whatever others are called.
    (tmp_path / "copy.db").write_bytes(places.SQLITE)
    assert find_place("./copy.db", lambda place: "./copy.db") == Place(tmp_path, "copy.db")
    # What is neither is told as the file that it is.
    assert find_place("./moons.toml", lambda place: "") == Place(tmp_path, "moons.toml")
