"""Ending a run in whatever process, or thread, it goes on."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.experiment import Experiment
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.store import places, stopping
from backscope.core.store.places import Place
from backscope.core.store.recording import Recording
from backscope.core.trainer import Trainer

SETTINGS = {
    "data": {"source": "moons", "rows": 60},
    "network": {"hidden": [5], "activation": "relu"},
    "training": {"steps": 5_000_000, "batch_size": 8},
}


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    """A run that trains and is recorded in a thread, which ends it as a process would."""
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    run = Run(Trainer(Experiment.from_dict(SETTINGS, name="moons")))
    recording = Recording.of_new(run)
    recording.start()

    def train() -> None:
        run.drive()
        recording.finish()

    thread = threading.Thread(target=train)
    thread.start()
    yield recording
    run.stop()
    thread.join()


def test_a_run_is_stopped_and_its_last_step_is_told(live: Recording) -> None:
    place, step = stopping.stop("moons")
    assert place == live.place
    assert live.run.state is RunState.STOPPED
    assert step == live.run.step
    assert Recording.resumed(place).run.step == step


def test_one_that_takes_no_commands_is_sent_a_signal(
    live: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert live._control is not None
    live._control.close()
    sent: list[tuple[int, int]] = []

    def kill(process: int, number: int) -> None:
        sent.append((process, number))
        live.run.stop()

    monkeypatch.setattr(os, "kill", kill)
    stopping.stop("moons")
    assert sent == [(os.getpid(), signal.SIGTERM)]


def test_one_that_does_not_stop_is_named_with_its_process(
    live: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live.run, "stop", lambda: None)
    now = iter((0.0, 1.0, stopping.PATIENCE / 2, stopping.PATIENCE - 1, stopping.PATIENCE + 1.0))
    told: list[str] = []
    with pytest.raises(DataError, match=rf"does not stop: process {os.getpid()}, which trains it"):
        stopping.stop("moons", lambda: next(now), lambda seconds: None, told.append)
    assert told == [f"waiting up to 60 s for process {os.getpid()} to end its step"]
    monkeypatch.undo()


def test_a_run_that_has_ended_is_not_stopped_again(trained: Callable[..., Place]) -> None:
    place = trained(5)
    with pytest.raises(InputError, match=f"{place.id} is not being trained: it has stopped"):
        stopping.stop(place.id)


def test_a_dead_run_is_not_stopped(trained: Callable[..., Place]) -> None:
    place = trained(5, finished=False)
    with pytest.raises(InputError, match="is not being trained: its trainer has died"):
        stopping.stop(place.id)
