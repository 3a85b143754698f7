"""Files that a command writes."""

import os
from pathlib import Path

import pytest

from backscope.core.errors import InputError
from backscope.tui.output_file import late_output, open_output, start_over


def refusal(path, *, force=False):
    with pytest.raises(InputError) as caught:
        open_output(path, force=force)
    return str(caught.value)


def test_a_new_file_is_made_and_holds_what_is_written(tmp_path):
    path = tmp_path / "new.csv"
    with open_output(path, force=False) as stream:
        stream.write("step,löss\r\n")
    assert path.read_bytes() == "step,löss\r\n".encode()


def test_a_file_that_exists_is_refused_and_kept(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("precious")
    assert refusal(path) == f"{path}: exists; --force overwrites it"
    assert path.read_text() == "precious"


def test_with_force_a_file_keeps_its_content_until_the_new_one_is_there(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("precious and long")
    with open_output(path, force=True) as stream:
        stream.flush()
        assert path.read_text() == "precious and long"
        start_over(stream)
        stream.write("new")
    assert path.read_text() == "new"


def test_a_dangling_link_is_not_written_through(tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "elsewhere.csv")
    assert refusal(link) == f"{link}: exists; --force overwrites it"
    assert not (tmp_path / "elsewhere.csv").exists()


@pytest.mark.parametrize("force", [False, True])
def test_a_directory_is_refused(tmp_path, force):
    assert refusal(tmp_path, force=force) == f"{tmp_path}: is a directory"


def test_a_missing_folder_is_named(tmp_path):
    path = tmp_path / "no" / "run.csv"
    assert refusal(path) == f"{path}: the folder {tmp_path / 'no'} does not exist"


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs /proc")
def test_a_folder_that_is_there_is_not_called_missing():
    assert refusal(Path("/proc/run.csv")) == "/proc/run.csv: cannot be written"


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "run.csv"
    assert refusal(path) == f"{path}: cannot be written: Not a directory"


def test_a_path_that_no_file_can_have_is_refused(tmp_path):
    assert "cannot be written" in refusal(tmp_path / "nul\0l")
    assert "cannot be written" in refusal(tmp_path / ("x" * 300))


def test_a_device_has_nothing_to_start_over():
    with open_output(Path(os.devnull), force=True) as stream:
        start_over(stream)
        stream.write("gone")


def test_of_a_late_file_nothing_is_there_before_its_text(tmp_path):
    path = tmp_path / "cured.toml"
    with late_output(path, force=False) as write:
        assert os.listdir(tmp_path) == []
        write("x = 1\n")
    assert path.read_text() == "x = 1\n"


def test_a_late_file_keeps_what_is_there_until_its_text_comes(tmp_path):
    path = tmp_path / "cured.toml"
    path.write_text("precious and long")
    with late_output(path, force=True):
        pass
    assert path.read_text() == "precious and long"
    with late_output(path, force=True) as write:
        assert path.read_text() == "precious and long"
        write("new")
    assert path.read_text() == "new"


def test_a_late_file_is_refused_before_the_work_and_when_another_has_come_meanwhile(tmp_path):
    path = tmp_path / "cured.toml"
    with late_output(path, force=False) as write:
        path.write_text("precious")
        with (
            pytest.raises(InputError, match="exists; --force overwrites it"),
            late_output(path, force=False),
        ):
            pass
        with pytest.raises(InputError, match="exists; --force overwrites it"):
            write("new")
    assert path.read_text() == "precious"


def test_of_a_late_text_that_cannot_be_written_no_part_stays(tmp_path):
    path = tmp_path / "cured.toml"
    with late_output(path, force=False) as write, pytest.raises(UnicodeEncodeError):
        write("a" * 100_000 + "\udcff")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_whoever_reads_a_pipe_gets_the_late_text(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with late_output(path, force=True) as write:
        write("text")
    assert os.read(reader, 100) == b"text"
    os.close(reader)
