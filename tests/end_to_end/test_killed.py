"""A run that is killed again and again, and ends as if it had not been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from backscope.core.errors import DataError
from backscope.core.experiment import load_experiment
from backscope.core.store import places
from backscope.core.store.stored_run import Life, StoredRun
from backscope.core.trainer import Trainer

STEPS = 5_000
TOML = f"""
[data]
source = "moons"
rows = 60
[network]
hidden = [5, 5]
activation = "relu"
dropout = 0.1
[training]
steps = {STEPS}
batch_size = 8
optimizer = "adam"
[probes]
activations_every = 1
trust_every = 3
dead_every = 7
"""
KILLS = 3


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    path = tmp_path / "moons.toml"
    path.write_text(TOML)
    return path


def begun(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "backscope", *words, "--headless"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def recorded() -> tuple[StoredRun, np.ndarray] | None:
    """The run and its rows; None before there is one."""
    for place in places.all_places():
        try:
            run = StoredRun(place)
        except DataError:
            return None
        blocks = [rows for _, rows in run.history.snapshot().rows()]
        return run, np.concatenate(blocks) if blocks else np.empty((0, 0))
    return None


def steps_of(process: subprocess.Popen[bytes]) -> int:
    """How many steps are recorded and can be gone on from."""
    assert process.poll() is None, "it ended by itself"
    found = recorded()
    if found is None:
        return 0
    run, rows = found
    kept = run._connection.execute("SELECT count(*) FROM checkpoint").fetchone()[0]
    run.close()
    return len(rows) if kept else 0


def test_a_run_that_is_killed_loses_no_whole_step_of_what_it_wrote_and_goes_on_to_the_last_bit(
    file,
):
    truth = np.stack([record.row for record in Trainer(load_experiment(file)).steps()])
    rng, reached = random.Random(3), 0
    words: tuple[str, ...] = ("run", str(file))
    for _ in range(KILLS):
        process = begun(*words, "--pace", "400")
        try:
            wanted = reached + rng.randint(1, 300)
            give_up = time.monotonic() + 60
            while steps_of(process) < wanted:
                assert time.monotonic() < give_up, "waited in vain"
                time.sleep(0.01)
            time.sleep(rng.uniform(0.0, 0.3))
        finally:
            process.kill()
            process.wait()
        assert process.returncode == -signal.SIGKILL
        found = recorded()
        assert found is not None
        run, rows = found
        assert run.life is Life.DEAD
        assert run.history.damaged == 0
        assert len(rows) == run.progress.count >= wanted
        assert rows.tobytes() == truth[: len(rows)].tobytes()
        reached = len(rows)
        words = ("resume", run.place.id)
        run.close()
    assert begun(*words).wait(60) == 0
    found = recorded()
    assert found is not None
    run, rows = found
    assert run.life is Life.FINISHED
    assert rows.tobytes() == truth.tobytes()
    run.close()
    assert sorted(os.listdir(run.place.directory)) == ["lock", "run.db"]
