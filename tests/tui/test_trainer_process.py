"""A process of its own that trains a recorded run."""

import os
import shutil
import signal
import threading
import time

import numpy as np
import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.experiment import Experiment
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.control import ask, status_of
from backscope.core.store.lock import holder
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import Life, StoredRun
from backscope.core.trainer import Trainer
from backscope.tui.detaching import detach_new, detached_text, going_on, hand_over
from backscope.tui.trainer_process import start_trainer
from backscope.tui.training import Training, record_new

EXPERIMENT = Experiment.from_dict(
    {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5, 5], "activation": "relu", "dropout": 0.2},
        "training": {"steps": 400, "batch_size": 8, "optimizer": "adam"},
    },
    name="moons",
)


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))


def wait_for(there, what):
    end = time.monotonic() + 60.0
    while not there():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


def life_of(place):
    stored = StoredRun(place)
    try:
        return stored.life
    finally:
        stored.close()


def measured(snapshot):
    """All that is measured at every step: what is measured on a schedule depends on the clock."""
    rows = np.concatenate([rows for _, rows in snapshot.rows(1)])
    layout = snapshot.layout
    every = [layout.columns(metric.name) for metric in layout.metrics if not metric.scheduled]
    return np.concatenate([rows[:, columns] for columns in every], axis=1).tobytes()


def recorded_in(place):
    stored = StoredRun(place)
    try:
        return measured(stored.history.snapshot())
    finally:
        stored.close()


def uninterrupted():
    run = Run(Trainer(EXPERIMENT))
    run.drive()
    return measured(run.history.snapshot())


def test_a_detached_run_trains_to_its_end_as_it_would_have_here():
    place, process = detach_new(EXPERIMENT)
    assert process != os.getpid()
    wait_for(lambda: life_of(place) is Life.FINISHED, "its end")
    assert recorded_in(place) == uninterrupted()
    assert "finished after step 400" in place.log.read_text()
    assert oct(place.log.stat().st_mode & 0o777) == "0o600"


def test_it_is_in_a_session_of_its_own_and_holds_the_lock_without_a_gap():
    place, process = detach_new(EXPERIMENT, paused=True)
    try:
        assert os.getsid(process) != os.getsid(0)
        stored = StoredRun(place)
        assert stored.writer == process
        assert stored.life is Life.PAUSED
        stored.close()
    finally:
        ask(place.socket, "stop", 30.0)
    wait_for(lambda: life_of(place) is Life.STOPPED, "its end")


def test_it_is_held_and_paced_as_it_was_asked_for():
    place, _ = detach_new(EXPERIMENT, paused=True, pace=7.0)
    status = status_of(ask(place.socket, "status", 30.0))
    assert (status.state, status.pace, status.step) == (RunState.PAUSED, 7.0, 0)
    ask(place.socket, "stop", 30.0)
    wait_for(lambda: life_of(place) is Life.STOPPED, "its end")


def test_a_sigterm_ends_it_with_a_checkpoint():
    place, process = detach_new(EXPERIMENT, pace=50.0)
    wait_for(lambda: StoredRun(place).history.snapshot().last_step > 3, "some steps")
    os.kill(process, signal.SIGTERM)
    wait_for(lambda: holder(place.lock) is None, "its end")
    assert life_of(place) is Life.STOPPED
    resumed = Recording.resumed(place)
    last = resumed.run.history.snapshot().last_step
    assert resumed.run.step == last > 3
    resumed.finish()


def test_a_sighup_does_not_end_it():
    place, process = detach_new(EXPERIMENT, paused=True)
    try:
        os.kill(process, signal.SIGHUP)
        status = status_of(ask(place.socket, "step", 30.0))
        assert not status.state.final
        wait_for(lambda: StoredRun(place).history.snapshot().last_step == 1, "its step")
        assert life_of(place) is Life.PAUSED
    finally:
        ask(place.socket, "stop", 30.0)
    wait_for(lambda: life_of(place) is Life.STOPPED, "its end")


def test_a_run_whose_files_are_deleted_ends():
    place, process = detach_new(EXPERIMENT, paused=True)
    shutil.rmtree(place.directory)

    def gone():
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        return False

    wait_for(gone, "its end")


def trained_here(pace=None):
    """A run that trains and is recorded in a thread of this process."""
    run = Run(Trainer(EXPERIMENT), pace=pace)
    training = Training(lambda: run, record_new)
    threading.Thread(target=training.run, args=(lambda: None,)).start()
    wait_for(lambda: training.recording is not None and run.step > 20, "some steps")
    return training


def test_a_run_is_handed_over_in_the_middle_bit_for_bit():
    training = trained_here(pace=200.0)
    place = training.recording.place
    training.source.set_pace(None)
    process = hand_over(training)
    assert training.source.step < 400, "it was to be handed over in the middle"
    wait_for(lambda: life_of(place) is Life.FINISHED, "its end")
    assert f"process {process} goes on after step {training.source.step}\n" in (
        place.log.read_text()
    )
    assert recorded_in(place) == uninterrupted()


def test_a_held_run_is_handed_over_held():
    training = trained_here(pace=200.0)
    training.source.pause()
    wait_for(lambda: training.source.status().state is RunState.PAUSED, "the pause")
    place = training.recording.place
    hand_over(training)
    assert life_of(place) is Life.PAUSED
    assert status_of(ask(place.socket, "status", 30.0)).pace == 200.0
    ask(place.socket, "stop", 30.0)
    wait_for(lambda: life_of(place) is Life.STOPPED, "its end")


def test_a_run_that_has_ended_meanwhile_is_not_handed_over():
    training = trained_here()
    training.finished.wait()
    with pytest.raises(InputError, match="it has finished meanwhile"):
        hand_over(training)
    assert going_on(training) is None
    assert StoredRun(training.recording.place).writer is None


def test_where_no_process_can_be_had_the_run_goes_on_here(monkeypatch):
    training = trained_here(pace=200.0)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(DataError, match="no process can be had"):
        hand_over(training)
    build = going_on(training)
    fork = build(None)
    assert fork.step == training.source.step
    fork.drive()
    assert measured(fork.history.snapshot()) == uninterrupted()


def test_what_prevents_it_is_told_by_whoever_starts_it():
    place, _ = detach_new(EXPERIMENT)
    wait_for(lambda: life_of(place) is Life.FINISHED, "its end")
    with pytest.raises(InputError, match="has finished: all its steps are done"):
        start_trainer(place)


def test_a_process_that_dies_at_once_has_said_why_in_the_log(monkeypatch, tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho it went wrong >&2\nexit 3\n")
    broken.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(broken))
    with pytest.raises(DataError, match=r"ended at once; .*trainer\.log has what it said"):
        detach_new(EXPERIMENT)
    (place,) = places.all_places()
    assert "it went wrong" in place.log.read_text()
    assert StoredRun(place).writer is None


def test_a_person_is_told_how_to_watch_and_stop_it(tmp_path):
    directory = places.home() / "20260101-000000-abcd"
    text = detached_text(places.Place(directory), 17, "mo\x1bons")
    assert "backscope watch 20260101-000000-abcd\n" in text
    assert "backscope stop 20260101-000000-abcd\n" in text
    assert "\x1b" not in text
    elsewhere = detached_text(places.Place(tmp_path / "a b"), 17, "")
    assert f"backscope stop '{tmp_path / 'a b' / 'run.db'}'" in elsewhere
