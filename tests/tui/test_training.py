"""One run in its thread: built, driven, stopped at any moment, and always finished."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment
from backscope.core.record import RunState
from backscope.tui.training import Training, live_run

PATIENCE = 30


def started(training, ready=lambda: None):
    thread = threading.Thread(target=training.run, args=(ready,), daemon=True)
    thread.start()
    return thread


def test_a_run_is_built_announced_driven_and_stopped(source):
    announced = threading.Event()
    training = Training(lambda: source)
    started(training, announced.set)
    assert announced.wait(PATIENCE)
    assert training.source is source
    assert not training.finished.is_set()
    training.stop()
    assert training.finished.wait(PATIENCE)


def test_stopped_while_it_is_built_it_is_never_driven(source):
    building, go = threading.Event(), threading.Event()
    announced = []

    def build():
        building.set()
        go.wait(PATIENCE)
        return source

    training = Training(build)
    started(training, lambda: announced.append(1))
    assert building.wait(PATIENCE)
    training.stop()
    go.set()
    assert training.finished.wait(PATIENCE)
    assert announced == []


def test_bad_input_is_kept_line_by_line():
    def build():
        raise InputError("one", "two")

    announced = []
    training = Training(build)
    training.run(lambda: announced.append(training.problems))
    assert announced == [("one", "two")]
    assert training.source is None
    assert training.failure == ""
    assert training.finished.is_set()


def test_an_unforeseen_error_while_building_is_kept_as_a_traceback():
    training = Training(lambda: 1 / 0)
    training.run(lambda: None)
    assert training.source is None
    assert training.failure.rstrip().endswith("ZeroDivisionError: division by zero")
    assert training.finished.is_set()


@pytest.mark.parametrize("paused", [False, True])
def test_a_live_run_ends_when_told(paused):
    experiment = Experiment.from_dict(
        {"data": {"source": "xor"}, "training": {"steps": 1_000_000, "loss": "cross_entropy"}}
    )
    training = Training(lambda: live_run(experiment, paused=paused, pace=None))
    announced = threading.Event()
    thread = started(training, announced.set)
    assert announced.wait(PATIENCE)
    training.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert training.source.status().state is RunState.STOPPED


@pytest.mark.parametrize(
    ("problem", "is_deleted", "banner"),
    [
        ("", False, ""),
        ("disk full", False, "Recording waits: disk full; training goes on"),
        ("it is gone", True, "Not recorded any more: it is gone; training goes on"),
    ],
)
def test_what_is_wrong_with_the_recording_is_told_and_whether_it_may_pass(
    problem, is_deleted, banner
):
    training = Training(lambda: None)
    training.recording = SimpleNamespace(problem=problem, is_deleted=is_deleted)
    assert training.banner == banner
