"""Commands to a run that another thread, or process, trains."""

import errno
import json
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.store.control import (
    COMMANDS,
    LONGEST_NAME,
    UNWRITTEN,
    ControlServer,
    UnansweredError,
    answer,
    ask,
    status_of,
)
from backscope.core.store.description import experiment_from_meta
from backscope.core.trainer import Trainer

SETTINGS = {
    "data": {"source": "moons", "rows": 60},
    "network": {"hidden": [5, 5], "activation": "relu"},
    "training": {"steps": 5_000_000, "batch_size": 8},
}


@pytest.fixture
def run() -> Iterator[Run]:
    """A run that trains in a thread, held before its first step."""
    run = Run(Trainer(Experiment.from_dict(SETTINGS, name="moons")), paused=True)
    thread = threading.Thread(target=run.drive)
    thread.start()
    yield run
    run.stop()
    thread.join()


@pytest.fixture
def served(run: Run, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "control"
    server = ControlServer(run, path)
    yield path
    server.close()


def test_a_run_is_held_and_goes_on_by_command(run: Run, served: Path) -> None:
    assert status_of(ask(served, "resume")).state is RunState.RUNNING
    assert status_of(ask(served, "pause")).state is RunState.PAUSED
    assert run.status().state is RunState.PAUSED


def test_a_step_by_command_is_one_step(
    run: Run, served: Path, until: Callable[[Callable[[], bool]], None]
) -> None:
    ask(served, "step")
    until(lambda: run.step == 1)
    assert run.status().state is RunState.PAUSED


def test_a_rate_by_command_is_that_of_the_next_step(run: Run, served: Path) -> None:
    before = run.status().learning_rate
    ask(served, "rate", factor=0.5)
    ask(served, "intervene", 30.0, kind="clip_norm", value=1.0)  # asked for later: both are done
    assert run.status().learning_rate == before / 2


def test_a_pace_by_command_can_be_taken_back(run: Run, served: Path) -> None:
    assert status_of(ask(served, "pace", steps_per_second=3.0)).pace == 3.0
    assert status_of(ask(served, "pace", steps_per_second=None)).pace is None


def test_a_change_is_answered_with_what_came_of_it(run: Run, served: Path) -> None:
    said = ask(served, "intervene", 30.0, kind="clip_norm", value=1.0)
    assert said["outcome"] == {"done": True, "text": "off -> 1", "what": "clip_norm"}
    assert run.status().clip_norm == 1.0


def test_a_change_that_comes_too_late_is_refused(
    run: Run, served: Path, until: Callable[[Callable[[], bool]], None]
) -> None:
    run.stop()
    until(lambda: run.status().state.final)
    with pytest.raises(InputError, match="it has stopped"):
        ask(served, "intervene", 30.0, kind="clip_norm", value=1.0)


def test_the_experiment_is_told_with_its_changes(run: Run, served: Path) -> None:
    ask(served, "intervene", 30.0, kind="clip_norm", value=1.0)
    told = experiment_from_meta(ask(served, "experiment")["experiment"])
    assert told == run.experiment
    assert told.training.interventions


def test_a_run_is_stopped_by_command_and_takes_no_more(
    run: Run, served: Path, until: Callable[[Callable[[], bool]], None]
) -> None:
    ask(served, "stop")
    until(lambda: run.state is RunState.STOPPED)
    with pytest.raises(InputError, match="it has stopped already"):
        ask(served, "pause")
    assert status_of(ask(served, "status")).state is RunState.STOPPED


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"do": "stpo"}\n', "do 'stpo': did you mean stop?"),
        (b'{"do": "rate"}\n', "the command has no 'factor'"),
        (b'{"do": "rate", "factor": 0}\n', "expected a factor above 0"),
        (b'{"do": "rate", "factor": 1' + b"0" * 400 + b"}", "expected a command"),
        (b'{"do": "pace", "steps_per_second": "fast"}\n', "expected a command"),
        (b'{"do": "intervene", "kind": "x", "value": 1}\n', "x"),
        (b"{}\n", "the command has no 'do'"),
        (b"[]\n", "expected a command"),
        (b"\xff\x00", "expected a command"),
        (b"[" * 100_000, "expected a command"),
    ],
)
def test_what_is_no_command_is_answered_by_why(run: Run, line: bytes, problem: str) -> None:
    assert problem in answer(run, line)["problem"]


def test_every_command_is_answered_in_one_line_of_json(run: Run) -> None:
    values = {"factor": 2.0, "steps_per_second": None, "kind": "clip_norm", "value": 1.0}
    for name in COMMANDS:
        said = answer(run, json.dumps({"do": name, **values}).encode())
        assert b"\n" not in json.dumps(said, allow_nan=False).encode(), name


def test_only_the_owner_may_connect(served: Path) -> None:
    assert stat.S_IMODE(served.stat().st_mode) == 0o600


def test_a_path_too_long_for_a_socket_is_reached_all_the_same(run: Run, tmp_path: Path) -> None:
    directory = tmp_path / ("d" * LONGEST_NAME) / ("e" * LONGEST_NAME)
    directory.mkdir(parents=True)
    server = ControlServer(run, directory / "control")
    try:
        assert status_of(ask(directory / "control", "status")).state is RunState.PAUSED
    finally:
        server.close()
    assert not (directory / "control").exists()


def test_a_socket_that_was_left_behind_is_not_in_the_way(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(path))
    with pytest.raises(UnansweredError, match="nobody takes commands"):
        ask(path, "status")
    server = ControlServer(run, path)
    assert ask(path, "status")
    server.close()


def test_where_nobody_listens_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnansweredError, match="nobody takes commands"):
        ask(tmp_path / "control", "status")


def test_who_does_not_answer_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(UnansweredError, match=r"no answer within 0\.05 s"):
            ask(path, "status", 0.05)


def test_whoever_connects_and_says_nothing_keeps_nobody_waiting(served: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.connect(str(served))
        assert ask(served, "status", 30.0)


def test_what_was_asked_by_someone_who_waits_no_longer_is_not_done(
    run: Run, tmp_path: Path, until: Callable[[Callable[[], bool]], None]
) -> None:
    path, carried_out = tmp_path / "control", []
    # As of a trainer that was held up: commands arrive, and are read only later.
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(5)
    before = run.status().learning_rate
    for _ in range(3):
        with pytest.raises(UnansweredError, match="no answer"):
            ask(path, "rate", patience=0.01, factor=10.0)
    server = ControlServer(run, tmp_path / "other", lambda: carried_out.append(1))
    for _ in range(3):
        server._attend(listener.accept()[0])
    server.close()
    listener.close()
    assert not carried_out
    run.step_once()
    until(lambda: run.step == 1)
    assert run.status().learning_rate == before


def test_where_too_many_wait_already_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(0)
        waiting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        waiting.connect(str(path))
        with pytest.raises(UnansweredError, match=r"too many others|no answer"):
            ask(path, "pause", patience=0.05)
        waiting.close()


def test_a_closed_server_leaves_nothing_and_no_thread(run: Run, tmp_path: Path) -> None:
    before = threading.active_count()
    server = ControlServer(run, tmp_path / "control")
    server.close()
    server.close()
    assert os.listdir(tmp_path) == []
    assert threading.active_count() == before


def test_what_was_carried_out_is_told(run: Run, tmp_path: Path) -> None:
    told = threading.Event()
    server = ControlServer(run, tmp_path / "control", told.set)
    ask(tmp_path / "control", "pause")
    assert told.wait(30.0)
    server.close()


def test_a_process_without_a_file_to_spare_takes_commands_again_later(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Event()
    accept = socket.socket.accept

    def once_refused(listener: socket.socket) -> tuple[socket.socket, object]:
        if not refused.is_set():
            refused.set()
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", once_refused)
    path = tmp_path / "control"
    server = ControlServer(run, path)
    assert refused.wait(30.0)
    try:
        assert status_of(ask(path, "status", 30.0)).state is RunState.PAUSED
    finally:
        server.close()


def test_every_answer_says_what_keeps_the_run_from_being_recorded(run: Run, tmp_path: Path) -> None:
    problems = iter(("", "the disk is full"))
    server = ControlServer(run, tmp_path / "control", problem=lambda: next(problems))
    assert ask(tmp_path / "control", "status")[UNWRITTEN] == ""
    assert ask(tmp_path / "control", "status")[UNWRITTEN] == "the disk is full"
    server.close()
