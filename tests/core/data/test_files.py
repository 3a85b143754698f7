import os
from pathlib import Path

import numpy as np
import pytest

from backscope.core.data import DATA_SOURCES, Dataset
from backscope.core.data import files as data_files
from backscope.core.errors import InputError
from backscope.core.settings import DataSettings

both = pytest.mark.parametrize("source", ["csv", "npz"])


def read(source: str, path: str, folder: Path) -> Dataset:
    settings = DataSettings(source=source, path=path, target="y")
    return DATA_SOURCES[source](settings, np.random.default_rng(0), folder)


def problem_of(source: str, path: str, folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(source, path, folder)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


@both
def test_a_path_that_is_not_given_is_asked_for(source: str, tmp_path: Path) -> None:
    assert problem_of(source, "", tmp_path).startswith("data.path is empty")


@both
def test_a_missing_file_is_named_with_where_was_looked_and_the_nearest_name(
    source: str, tmp_path: Path
) -> None:
    (tmp_path / "iris.csv").touch()
    (tmp_path / "other.npz").touch()
    message = problem_of(source, "Irsi.csv", tmp_path)
    assert message == (
        f"'Irsi.csv': no such file (looked in {str(tmp_path)!r}); did you mean 'iris.csv'?"
    )


@both
def test_a_file_that_has_only_its_ending_in_common_is_not_meant(
    source: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "iris.CSV").touch()
    assert "did you mean" not in problem_of(source, "nope.csv", tmp_path)
    assert "did you mean 'iris.CSV'?" in problem_of(source, "iris.cvs", tmp_path)


@both
def test_a_missing_folder_has_no_nearest_name(source: str, tmp_path: Path) -> None:
    message = problem_of(source, "data/iris.csv", tmp_path)
    assert message == f"'data/iris.csv': no such file (looked in {str(tmp_path / 'data')!r})"


@both
def test_a_directory_is_no_file(source: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "'folder': is a directory" in problem_of(source, "folder", tmp_path)


@both
def test_a_pipe_is_refused_rather_than_waited_for(source: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in problem_of(source, "pipe", tmp_path)


@both
def test_an_endless_device_is_refused(source: str, tmp_path: Path) -> None:
    assert "no regular file" in problem_of(source, "/dev/zero", tmp_path)


@both
def test_an_unreadable_file_is_named(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.csv").write_text("x,y\n1,2\n")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert problem_of(source, "secret.csv", tmp_path) == "'secret.csv': permission denied"


@both
def test_a_read_error_of_the_system_is_passed_on_in_its_words(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.csv").write_text("x,y\n1,2\n")

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    message = problem_of(source, "bad.csv", tmp_path)
    assert message == "'bad.csv': cannot be read (Input/output error)"


@both
@pytest.mark.parametrize("path", ["a\0b.csv", "x" * 5000, "a/" * 3000, "\ud800.csv", "~nobody1/x"])
def test_a_path_that_no_system_takes_is_one_clear_line(
    source: str, path: str, tmp_path: Path
) -> None:
    message = problem_of(source, path, tmp_path)
    assert message.isprintable()
    assert len(message) < 700


@both
def test_an_empty_file_is_named(source: str, tmp_path: Path) -> None:
    (tmp_path / "none.csv").touch()
    assert problem_of(source, "none.csv", tmp_path) == "'none.csv': is empty"


@both
def test_a_file_over_the_bound_is_refused_unread(source: str, tmp_path: Path) -> None:
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(data_files.MOST_BYTES + 1)  # sparse: takes no room on the disk
    assert "larger than 536,870,912 bytes" in problem_of(source, "huge.csv", tmp_path)


@both
def test_a_file_that_grows_while_it_is_read_stays_within_the_bound(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "growing.csv").write_bytes(b"x,y\n1,2\n")
    monkeypatch.setattr(data_files, "MOST_BYTES", 7)
    monkeypatch.setattr(os, "fstat", lambda _: os.stat_result([0] * 10))
    assert "larger than 7 bytes" in problem_of(source, "growing.csv", tmp_path)


@both
def test_a_hostile_file_name_cannot_reach_the_terminal(source: str, tmp_path: Path) -> None:
    message = problem_of(source, "\x1b]0;owned\x07\u202egpj.csv\n", tmp_path)
    assert message.isprintable()
    assert "\\x1b]0;owned\\x07\\u202egpj.csv\\n" in message


def test_a_relative_path_starts_at_the_folder_and_an_absolute_one_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,0\n2,1\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert read("csv", "a.csv", tmp_path).rows == 2
    assert read("csv", str(tmp_path / "a.csv"), elsewhere).rows == 2
    assert read("csv", "../a.csv", elsewhere).rows == 2


def test_a_tilde_is_the_home_of_the_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.csv").write_text("x,y\n1,0\n2,1\n")
    assert read("csv", "~/a.csv", Path("/nowhere")).rows == 2
