"""A run that another thread, with a connection of its own, records and answers for."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment
from backscope.core.interventions import Intervention, Outcome
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.store import database, places
from backscope.core.store import followed as followed_module
from backscope.core.store.control import UnansweredError
from backscope.core.store.followed import HASTE, FollowedRun
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import Life, StoredRun
from backscope.core.trainer import Trainer

SETTINGS = {
    "data": {"source": "moons", "rows": 60},
    "network": {"hidden": [5, 5], "activation": "relu"},
    "training": {"steps": 5_000_000, "batch_size": 8},
}
Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    """A run that trains and is recorded, held before its first step."""
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    run = Run(Trainer(Experiment.from_dict(SETTINGS, name="moons")), paused=True)
    recording = Recording.of_new(run)
    recording.start()
    thread = threading.Thread(target=run.drive)
    thread.start()
    yield recording
    run.stop()
    thread.join()
    recording.finish()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def followed(trained: Recording, told: list[str]) -> FollowedRun:
    return FollowedRun(StoredRun(trained.place), told.append)


def spoil(recording: Recording) -> None:
    """Take away how far the run is; the next flush, which comes by hand only, says it again."""
    recording._recorder.stop()
    recording._thread.join()
    recording._recorder._connection.execute("DELETE FROM meta WHERE key='progress'")


def test_what_is_recorded_is_seen_as_it_comes(
    trained: Recording, followed: FollowedRun, until: Until
) -> None:
    assert followed.history.snapshot().count == 0
    for step in (1, 2):
        followed.step_once()
        until(lambda step=step: followed.history.snapshot().last_step == step)
    live, seen = trained.run.history.snapshot(), followed.history.snapshot()
    for (_, ours), (_, theirs) in zip(live.rows(1), seen.rows(1), strict=True):
        assert np.array_equal(ours, theirs, equal_nan=True)


def test_a_command_is_seen_before_anything_is_recorded(
    trained: Recording, followed: FollowedRun
) -> None:
    trained._recorder.stop()
    assert followed.status().state is RunState.PAUSED
    followed.set_pace(3.0)
    assert followed.status().pace == 3.0
    followed.resume()
    assert followed.status().state is RunState.RUNNING


def test_what_is_recorded_later_counts_more_than_an_old_answer(
    trained: Recording, followed: FollowedRun, until: Until
) -> None:
    followed.set_pace(3.0)
    trained.run.set_pace(7.0)
    trained._recorder.wake()
    until(lambda: followed.status().pace == 7.0)


def test_a_change_is_answered_and_is_part_of_the_experiment(
    trained: Recording, followed: FollowedRun, until: Until
) -> None:
    outcomes: list[Outcome] = []
    followed.intervene(Intervention("clip_norm", 1.0), outcomes.append)
    until(lambda: bool(outcomes))
    assert outcomes[0].done
    trained._recorder.wake()
    until(lambda: followed.experiment == trained.run.experiment)
    until(lambda: followed.status().clip_norm == 1.0)


def test_an_unsound_change_is_refused_at_once(followed: FollowedRun) -> None:
    with pytest.raises(ValueError, match="clip_norm"):
        followed.intervene(Intervention("clip_norm", -1.0))


def test_a_run_that_is_stopped_from_elsewhere_has_stopped(
    trained: Recording, followed: FollowedRun, until: Until
) -> None:
    followed.stop()
    until(lambda: followed.state is RunState.STOPPED)
    assert followed.life is Life.STOPPED


def test_a_command_to_a_run_that_has_ended_is_told_in_one_line(
    trained: Recording, followed: FollowedRun, told: list[str], until: Until
) -> None:
    trained.run.stop()
    until(lambda: trained.run.state.final)
    followed.pause()
    assert told == ["This cannot be done with this run: it has stopped already"]


def test_a_trainer_that_is_gone_is_named_and_its_run_has_stopped(
    trained: Recording, followed: FollowedRun, told: list[str]
) -> None:
    assert trained._control is not None
    trained._control.close()
    trained._recorder.stop()
    trained.lock.release()  # as the system does when a process dies
    assert followed.life is Life.DEAD
    assert followed.state is RunState.STOPPED
    followed.pause()
    assert told == ["The trainer of this run does not answer: nobody takes commands"]


def test_there_is_no_way_back_from_here(trained: Recording, followed: FollowedRun) -> None:
    with pytest.raises(InputError, match="another process trains this run"):
        followed.fork(trained.run._kept())


def test_what_was_read_stays_while_the_file_cannot_be_read_and_the_reason_is_told(
    trained: Recording, followed: FollowedRun, until: Until
) -> None:
    followed.step_once()
    until(lambda: followed.history.snapshot().last_step == 1)
    spoil(trained)
    assert followed.history.snapshot().last_step == 1
    assert "how far the run was is damaged" in followed.history.problem
    assert (followed.status().state, followed.status().step) == (RunState.PAUSED, 1)
    followed.step_once()
    until(lambda: trained.run.step == 2)
    trained._recorder.flush()
    assert followed.history.snapshot().last_step == 2
    assert not followed.history.problem


def test_a_file_that_the_database_cannot_make_sense_of_is_no_accident_either(
    trained: Recording, followed: FollowedRun, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    before = followed.history.snapshot()
    monkeypatch.setattr(database, "fetch", fail)
    assert followed.history.snapshot() is before
    assert followed.life is Life.PAUSED
    assert followed.history.problem == "database disk image is malformed"


def test_files_that_have_gone_are_no_death_of_the_trainer(
    trained: Recording, followed: FollowedRun, tmp_path: Path
) -> None:
    assert followed.life is Life.PAUSED
    directory = trained.place.directory
    moved = directory.rename(tmp_path / "moved")
    assert followed.life is Life.GONE
    assert followed.state is RunState.STOPPED
    moved.rename(directory)
    assert followed.life is Life.PAUSED
    copy = directory / "copy"
    copy.write_bytes(trained.place.database.read_bytes())
    trained.place.database.rename(directory / "old")
    copy.rename(trained.place.database)
    assert followed.life is Life.GONE, "another file is another run"
    (directory / "old").rename(trained.place.database)


def test_a_trainer_that_does_not_answer_holds_up_the_first_key_and_not_those_after_it(
    trained: Recording, followed: FollowedRun, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def nobody(path: Path, do: str, patience: float, **values: object) -> None:
        waited.append(patience)
        raise UnansweredError("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(followed_module, "ask", nobody)
        for _ in range(3):
            followed.pause()
    assert waited[0] == HASTE
    assert waited[1:] == [pytest.approx(HASTE / 10)] * 2
    assert len(told) == 3
    followed._haste = 30.0  # this is not about how fast the machine is
    followed.pause()
    assert followed._haste == HASTE, "whoever answers is waited for again"


def test_why_no_step_comes_is_asked_of_the_trainer(
    trained: Recording, followed: FollowedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert followed.why_silent() == "its trainer is at work on one"
    trained._recorder.stop()
    trained._thread.join()  # it would find the disk as it is
    trained._recorder.problem = "the disk is full"
    assert followed.why_silent() == "the disk is full; training goes on"
    monkeypatch.setattr(followed_module, "HASTE", 0.05)
    assert trained._control is not None
    monkeypatch.setattr(trained._control, "_attend", lambda connection: connection.detach())
    assert followed.why_silent() == f"its trainer, process {os.getpid()}, does not answer"
