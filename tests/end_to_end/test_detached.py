"""Runs that outlive their screen: detached, watched, commanded, killed, taken up again."""

from __future__ import annotations

import json
import os
import re
import signal

from pseudo_terminal import wait_until

RUN = ("run", "vanishing", "--steps", "1000000", "--pace", "200")


def shows(screen, what):
    return screen.wait_for_text(rf"{what} +step +[1-9]")


def listed(command):
    (run,) = json.loads(command("runs", "--json"))
    return run


def trainer_of(tmp_path):
    (lock,) = tmp_path.glob("home/runs/*/lock")
    return int(lock.read_text())


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
