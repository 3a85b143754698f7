"""What the gallery lists: presets, the folder's experiments, broken ones with problems."""

from __future__ import annotations

import os

import pytest

from backscope.presets import preset_names
from backscope.tui.gallery_entries import MOST_FILES, experiment_files, load_entries, load_entry

GOOD = 'title = "Mine"\n[network]\nhidden = [4]\n'


def test_every_preset_is_listed_in_the_order_of_the_gallery(tmp_path):
    entries = load_entries(tmp_path)
    assert tuple(entry.name for entry in entries) == preset_names()
    assert all(entry.experiment is not None for entry in entries)


def test_experiments_of_the_folder_come_last(tmp_path):
    (tmp_path / "b.toml").write_text(GOOD)
    (tmp_path / "a.toml").write_text(GOOD)
    entries = load_entries(tmp_path)
    assert [entry.name for entry in entries[-2:]] == [
        str(tmp_path / "a.toml"),
        str(tmp_path / "b.toml"),
    ]
    assert entries[-1].title == "Mine"


def test_other_toml_files_are_not_experiments(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "folder.toml").mkdir()
    assert experiment_files(tmp_path) == ()


def test_a_broken_file_is_listed_with_all_its_problems(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[network]\nactivation = 'sigmod'\n[training]\nsteps = -1\n")
    (entry,) = (load_entry(name) for name in experiment_files(tmp_path))
    assert entry.experiment is None
    assert entry.title == ""
    assert len(entry.problems) == 2
    assert all("broken.toml" in problem for problem in entry.problems)


@pytest.mark.skipif(os.name != "posix", reason="FIFOs")
def test_a_pipe_named_like_an_experiment_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    assert experiment_files(tmp_path) == ()


def test_a_folder_full_of_files_is_bounded(tmp_path):
    for i in range(MOST_FILES + 20):
        (tmp_path / f"{i:03d}.toml").write_text(GOOD)
    assert len(experiment_files(tmp_path)) == MOST_FILES


def test_a_folder_that_is_gone_lists_nothing(tmp_path):
    assert experiment_files(tmp_path / "gone") == ()


def test_words_are_looked_for_in_name_title_and_story():
    entry = load_entry("vanishing")
    assert entry.matches("")
    assert entry.matches("VANISHING ten")
    assert entry.matches("sigmoid vanish")
    assert not entry.matches("vanishing zebra")
