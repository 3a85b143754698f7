import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from backscope.core.experiment import Experiment
from backscope.core.findings import Facts
from backscope.core.history import History
from backscope.core.record import LayerInfo, Layout, Metric, NonFinite, RunState, StepRecord
from backscope.core.run import Run
from backscope.core.source import RunStatus
from backscope.core.store import database, places
from backscope.core.store.places import Place
from backscope.core.store.recorder import Recorder
from backscope.core.store.recording import Recording
from backscope.core.trainer import Trainer

LAYOUT = Layout(
    layers=(
        LayerInfo(1, 4, 8, "relu", rectifier=True, bounded=False),
        LayerInfo(2, 8, 3, "identity", rectifier=False, bounded=False),
    ),
    layer_metrics=(
        Metric("error_signal", ""),
        Metric("silent", ""),
        Metric("update_ratio", "", scheduled=True),
        Metric("dead", "", scheduled=True),
    ),
)
VALUES = (0.0, 1.0, -1.0, 5e-324, 1e-310, 1.7e308, -1.7e308, np.nan, np.inf, -np.inf)
"""Everything that a float64 can be."""


class HandRun:
    """A source whose records are appended by hand."""

    def __init__(self, **keep: int) -> None:
        self.history = History(LAYOUT, **keep)
        self.facts = Facts(steps_planned=100_000, baseline=1.0)
        self.state = RunState.RUNNING

    def status(self) -> RunStatus:
        return RunStatus(self.state, 0, 100_000, 0.0, 0.1, 0.0, 0.0, None, "")

    def keep(self, answer: object) -> None:
        """It has no trainer: nothing to take one of."""

    def append(self, rows: np.ndarray, nonfinite: NonFinite | None = None) -> None:
        for row in rows:
            step = self.history.snapshot().last_step + 1
            record = StepRecord(step, row, LAYOUT, nonfinite)
            self.history.append(record, 0.01 * step)


def rows_of(rng: np.random.Generator, count: int, odd: float = 0.05) -> np.ndarray:
    """Random rows; a share of the entries is odd, and scheduled ones are seldom measured."""
    rows = rng.normal(size=(count, LAYOUT.size))
    strange = rng.random(rows.shape) < odd
    rows[strange] = rng.choice(VALUES, int(strange.sum()))
    for metric in LAYOUT.metrics:
        if metric.scheduled:
            rows[rng.random(count) < 0.8, LAYOUT.columns(metric.name)] = np.nan
    return rows


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., tuple[HandRun, Recorder, Path]]:
    """A run by hand and a recorder of it, whose database is at the path."""

    numbers = count()

    def make(**keep: int) -> tuple[HandRun, Recorder, Path]:
        path = tmp_path / f"{next(numbers)}.db"
        run = HandRun(**keep)
        return run, Recorder(run, database.create(path)), path

    return make


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Place]:
    """Train and record a small run; where it lies."""

    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))

    def train(steps: int, name: str = "moons", *, finished: bool = True, flushes: int = 1) -> Place:
        settings = {
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [5, 5], "activation": "relu"},
            "training": {"steps": 5_000, "batch_size": 8},
        }
        run = Run(Trainer(Experiment.from_dict(settings, name=name)), clock=lambda: 0.0)
        recording = Recording.of_new(run)
        for _ in range(flushes):
            run.advance(steps // flushes)
            run.keep(lambda kept: None)
            recording._recorder.flush()
        place = recording.place
        if not finished:  # as its files lie there when it is killed
            killed = Place(place.directory.with_name(f"{place.id}-killed"))
            shutil.copytree(place.directory, killed.directory)
            place = killed
        run.end()
        recording.finish()
        return place

    return train


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory with room for 512 kB; only where such a disk can be mounted."""
    directory = tmp_path / "small"
    directory.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(directory)]
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield directory
    finally:  # also when the tests are interrupted
        subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for something that another thread brings about; fails when it never does."""

    def wait(there: Callable[[], bool]) -> None:
        give_up = time.monotonic() + 30.0
        while not there():
            assert time.monotonic() < give_up, "it never came"
            time.sleep(0.005)

    return wait
