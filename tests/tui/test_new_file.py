"""New files: harmless names, nothing overwritten, one clear line where nothing can be written."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.errors import InputError
from backscope.tui.new_file import file_stem, new_file


@given(st.text(max_size=300), st.integers(0, 10**12))
def test_a_stem_is_harmless_whatever_the_name(name, step):
    stem = file_stem(name, step)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*-step-\d+", stem)
    assert len(stem) < 100


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("vanishing", "vanishing-step-200"),
        ("my/folder/deep.toml", "deep-step-200"),
        ("", "backscope-step-200"),
        ("../../etc/passwd", "passwd-step-200"),
        ("a b\x1b[31m.toml", "a-b-31m-step-200"),
    ],
)
def test_a_stem_is_recognized(name, stem):
    assert file_stem(name, 200) == stem


def test_nothing_is_ever_overwritten(tmp_path):
    for text in ("one", "two", "three"):
        path, file = new_file(tmp_path, "run", ".csv")
        with file:
            file.write(text)
    assert path == tmp_path / "run-3.csv"
    assert sorted(p.read_text() for p in tmp_path.iterdir()) == ["one", "three", "two"]


def test_a_link_to_another_file_is_not_followed(tmp_path):
    target = tmp_path / "precious"
    target.write_text("kept")
    (tmp_path / "run.svg").symlink_to(target)
    path, file = new_file(tmp_path, "run", ".svg")
    file.close()
    assert path.name == "run-2.svg"
    assert target.read_text() == "kept"


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(InputError, match=r"gone.*: cannot be written: No such file"):
        new_file(tmp_path / "gone", "run", ".csv")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_one_clear_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written: Permission denied"):
        new_file(tmp_path, "run", ".csv")
