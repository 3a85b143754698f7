"""Runs that outlive their screen: detached, watched, commanded, killed, taken up again."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

PATIENCE = 60.0
RUN = ("run", "vanishing", "--steps", "1000000", "--pace", "200")


def _terminal_module():
    path = Path(__file__).with_name("test_terminal.py")
    spec = importlib.util.spec_from_file_location("terminal_of_the_tests", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def home(tmp_path):
    return {"BACKSCOPE_HOME": str(tmp_path / "home")}


@pytest.fixture
def command(tmp_path, home):
    """Runs a command without a terminal; what it said, checked to have ended with its code."""

    def run(*words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "backscope", *words],
            cwd=tmp_path,
            env={**os.environ, **home},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


@pytest.fixture
def terminal(tmp_path, home, command):
    module, opened = _terminal_module(), []

    def open_terminal(*words, **settings):
        opened.append(module.Terminal(tmp_path, *words, **home, **settings))
        return opened[-1]

    yield open_terminal
    for each in opened:
        with contextlib.suppress(OSError, ValueError):  # it has hung up
            each.close()
    for lock in tmp_path.glob("home/runs/*/lock"):
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(lock.read_text()), signal.SIGKILL)


def shows(screen, what):
    return screen.wait_for_text(rf"{what} +step +[1-9]")


def listed(command):
    (run,) = json.loads(command("runs", "--json"))
    return run


def trainer_of(tmp_path):
    (lock,) = tmp_path.glob("home/runs/*/lock")
    return int(lock.read_text())


def wait_until(seen, what):
    end = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def test_d_leaves_a_run_that_trains_on_and_watch_shows_and_commands_it(terminal, command, tmp_path):
    screen = terminal(*RUN)
    shows(screen, "training")
    screen.press("d")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()
    said = re.search(r"backscope watch (\S+)", screen.raw.decode())
    assert said, screen.text
    assert os.getsid(trainer_of(tmp_path)) != os.getsid(0)

    viewer = terminal("watch")
    shows(viewer, "watch: training")
    viewer.press(" ")
    shows(viewer, "watch: paused")
    assert listed(command)["state"] == "paused"
    viewer.press("q")
    assert viewer.wait_for_end() == 0
    assert viewer.left_behind() == set()

    assert "has stopped after step" in command("stop", said[1])
    assert listed(command)["state"] == "stopped"


def test_a_detached_run_survives_the_terminal_of_its_viewer(terminal, command, tmp_path):
    started = json.loads(command(*RUN, "--detach", "--json"))
    viewer = terminal("watch", started["id"])
    shows(viewer, "watch: training")
    viewer.hang_up()
    before = listed(command)["steps"]
    wait_until(lambda: listed(command)["steps"] > before, "further steps")
    assert listed(command)["state"] == "running"
    again = terminal("watch", started["id"])
    shows(again, "watch: training")


def test_the_death_of_a_trainer_is_named_and_resume_goes_on(terminal, command, tmp_path):
    started = json.loads(command(*RUN, "--detach", "--json"))
    assert started["process"] == trainer_of(tmp_path)
    viewer = terminal("watch")
    shows(viewer, "watch: training")
    os.kill(started["process"], signal.SIGKILL)
    viewer.wait_for_text(f"backscope resume {started['id']}")
    viewer.wait_for_text("watch: trainer died")
    assert listed(command)["state"] == "dead"
    assert "its trainer has died" in command("stop", started["id"], code=2)
    command("resume", started["id"], "--detach", "--pace", "200")
    shows(viewer, "watch: training")
    assert listed(command)["state"] == "running"


def test_a_run_in_somebody_elses_dashboard_is_watched_and_stopped(terminal, command):
    screen = terminal(*RUN)
    shows(screen, "training")
    viewer = terminal("watch", rows=24, columns=80)
    shows(viewer, "watch: training")
    command("stop", "vanishing")
    shows(screen, "stopped")
    shows(viewer, "watch: stopped")


def test_without_a_running_run_there_is_nothing_to_watch_or_stop(command):
    assert "no run is being trained" in command("watch", code=2)
    assert "needs a run; none is being trained" in command("stop", code=2)
