"""Disks that are full, cannot be written to, or lie on a network: through the commands."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from backscope.core.experiment import Experiment
from backscope.core.run import Run
from backscope.core.store import file_systems, places, recording
from backscope.core.store.recording import SLOW_PLACE, Recording
from backscope.core.store.stored_run import READ_ONLY, StoredRun
from backscope.core.trainer import Trainer
from backscope.tui.cli import main
from backscope.tui.training import Training

SETTINGS = {
    "data": {"source": "moons", "rows": 60},
    "network": {"hidden": [8] * 10, "activation": "tanh"},
    "training": {"steps": 3_000, "batch_size": 8},
}


def mounted(directory, *words):
    if os.geteuid() or not shutil.which("mount"):
        return False
    done = subprocess.run(
        ["mount", *words, str(directory)], capture_output=True, check=False, timeout=30
    )
    return done.returncode == 0


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A disk with room for 700 kB, on which runs lie; only where one can be mounted."""
    directory = tmp_path / "disk"
    directory.mkdir()
    if not mounted(directory, "-t", "tmpfs", "-o", "size=700k", "tmpfs"):
        pytest.skip("no disk can be mounted here")
    try:
        monkeypatch.setenv(places.HOME, str(directory))
        yield directory
    finally:  # also when the tests are interrupted
        subprocess.run(["umount", "-l", str(directory)], check=True)


def rows_of(stored):
    return b"".join(rows.tobytes() for _, rows in stored.history.snapshot().rows())


def test_on_a_full_disk_there_is_a_banner_training_goes_on_and_all_is_recorded_once_there_is_room(
    disk,
):
    run = Run(Trainer(Experiment.from_dict(SETTINGS, name="deep")))
    training = Training(lambda: run)
    training.record(run, Recording.of_new)  # flushed by hand
    recorded = training.recording
    assert recorded._recorder.flush()
    assert training.banner == ""
    stuffing = disk / "stuffing"
    with pytest.raises(OSError, match="No space"):
        stuffing.write_bytes(bytes(1 << 20))
    run.advance(1_000)
    assert not recorded._recorder.flush()
    assert training.banner.startswith("Recording waits: ")
    assert training.banner.endswith("; training goes on")
    run.advance(10)
    assert not recorded._recorder.flush()
    assert run.step == 1_010
    stuffing.unlink()
    subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
    assert recorded._recorder.flush()
    assert training.banner == ""
    live = b"".join(rows.tobytes() for _, rows in run.history.snapshot().rows())
    stored = StoredRun(recorded.place)
    assert rows_of(stored) == live
    stored.close()
    run.end()
    recorded.finish()


def test_a_run_on_a_full_disk_is_trained_and_says_that_it_is_not_recorded(disk, capsys):
    with pytest.raises(OSError, match="No space"):
        (disk / "stuffing").write_bytes(bytes(1 << 20))
    assert main(["run", "healthy", "--headless", "--steps", "20"]) == 0
    said = capsys.readouterr()
    assert "finished after 20 of 20 steps" in said.out
    lines = [line for line in said.err.splitlines() if line.startswith("backscope: ")]
    (line,) = lines
    assert line.startswith("backscope: this run cannot be recorded: ")


def test_a_run_on_a_disk_that_cannot_be_written_to_is_looked_at_and_nothing_else(
    disk, tmp_path, capsys
):
    assert main(["run", "healthy", "--headless", "--steps", "60"]) == 0
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    (place,) = places.all_places()
    run = StoredRun(place)
    assert run.notice == READ_ONLY
    assert run.progress.count == 60
    run.close()
    capsys.readouterr()
    assert main(["runs"]) == 0
    assert main(["export", "healthy", "--csv", str(tmp_path / "a.csv")]) == 0
    assert main(["copy", "healthy", str(tmp_path / "a.db")]) == 0
    assert capsys.readouterr().err == ""
    for words, code in (
        (["resume", "healthy", "--headless"], 1),
        (["runs", "--delete", place.id], 1),
        (["repair", "healthy"], 2),
    ):
        assert main(words) == code
        (line,) = capsys.readouterr().err.splitlines()
        assert line.endswith("Read-only file system")
    assert main(["run", "healthy", "--headless", "--steps", "20"]) == 0
    assert "this run cannot be recorded: " in capsys.readouterr().err


def test_on_a_network_file_system_runs_are_recorded_and_gone_on_with_in_the_safe_mode(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "home").mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/home {tmp_path / 'home'} nfs4 rw 0 0\n")
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    monkeypatch.setattr(
        recording, "is_network", lambda directory: file_systems.is_network(directory, mounts)
    )
    assert main(["run", "healthy", "--headless", "--steps", "60"]) == 0
    assert f"backscope: {SLOW_PLACE}" in capsys.readouterr().err.splitlines()
    run = Run(Trainer(Experiment.from_dict(SETTINGS)))
    recorded = Recording.of_new(run)
    run.advance(5)
    assert recorded._recorder.flush()
    assert recorded._connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    run.end()
    recorded.finish()
    assert main(["export", recorded.place.id, "--csv", str(tmp_path / "a.csv")]) == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 6
