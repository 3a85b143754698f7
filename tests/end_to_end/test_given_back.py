"""The terminal is given back and the run is kept, whatever ends or stops the command."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import time

import pytest
from pseudo_terminal import COMMAND, wait_until

RUN = ("run", "vanishing", "--steps", "1000000", "--pace", "200")


def training(screen):
    screen.wait_for(lambda t: re.search(r"training +step +[1-9]", t.text), "the first steps")
    return screen


def child_of(pid):
    rows = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, check=True).stdout
    pairs = [tuple(map(int, row.split())) for row in rows.splitlines()]
    return next(child for child, parent in pairs if parent == pid)


def is_alive(pid):
    state = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, check=False)
    return state.stdout.strip() not in (b"", b"Z")


def recorded(folder):
    """Where the run that is recorded there stands: its state, last step, and last checkpoint."""
    (database,) = folder.glob("home/**/run.db")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (text,) = connection.execute("SELECT value FROM meta WHERE key='progress'").fetchone()
        (checkpoint,) = connection.execute("SELECT max(step) FROM checkpoint").fetchone()
    progress = json.loads(text)
    return progress["state"], progress["first_step"] + progress["count"] - 1, checkpoint


def is_kept(folder):
    """The run has ended as a run should: stopped, with a checkpoint of its last step."""
    state, step, checkpoint = recorded(folder)
    return state == "stopped" and step == checkpoint


@pytest.mark.parametrize("to", ["the command", "the app", "both"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_it_with_its_code(terminal, tmp_path, number, code, to):
    screen = training(terminal(*RUN))
    if to == "both":
        os.killpg(screen.pid, number)
    else:
        os.kill(screen.pid if to == "the command" else child_of(screen.pid), number)
    assert screen.wait_for_end() == code
    assert screen.left_behind() == set()
    assert is_kept(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_killed_or_crashed_app_leaves_the_terminal_as_it_was(terminal, tmp_path, number):
    screen = training(terminal(*RUN))
    os.kill(child_of(screen.pid), number)
    assert screen.wait_for_death() == number
    assert screen.left_behind() == set()
    state, step, _ = recorded(tmp_path)
    assert state == "running"
    assert step >= 0


def test_when_the_parent_is_killed_the_app_ends_and_keeps_its_run(terminal, tmp_path):
    screen = training(terminal(*RUN))
    app = child_of(screen.pid)
    os.kill(screen.pid, signal.SIGKILL)
    assert screen.wait_for_death() == signal.SIGKILL
    wait_until(lambda: not is_alive(app), "the app to end")
    assert is_kept(tmp_path)


@pytest.mark.parametrize("words", [(), ("compare", "vanishing", "healthy"), ("run", "exploding")])
def test_every_screen_is_left_the_same_way(terminal, words):
    screen = terminal(*words)
    screen.wait_for_text("diverged" if "exploding" in words else "q quit")
    os.kill(child_of(screen.pid), signal.SIGKILL)
    assert screen.wait_for_death() == signal.SIGKILL
    assert screen.left_behind() == set()


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("doing", ["training", "paused", "help", "stopped"])
def test_a_terminal_that_is_gone_ends_it(terminal, tmp_path, doing, ignored):
    ignoring = ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh"] if ignored else []
    screen = training(terminal(*RUN, command=[*ignoring, *COMMAND]))
    app = child_of(screen.pid)
    if doing == "paused":
        screen.press(" ")
        screen.wait_for_text("paused")
    elif doing == "help":
        screen.press("?")
        screen.wait_for_text("pause or resume training")
    elif doing == "stopped":
        os.kill(app, signal.SIGSTOP)
    assert screen.hang_up() == 129
    wait_until(lambda: not is_alive(app), "the app to end")
    assert is_kept(tmp_path)


@pytest.mark.parametrize("words", [RUN, ("compare", "vanishing", "healthy", *RUN[2:])])
def test_without_a_screen_a_hang_up_is_no_failure_either(terminal, tmp_path, words):
    screen = terminal(*words, "--headless")
    screen.wait_for_text(r"step [\d,]+ of 1,000,000")
    assert screen.hang_up() == 129
    assert words != RUN or is_kept(tmp_path)


def stuck(screen, tmp_path):
    """Let the terminal read no more until there is no room; the step that is trained then."""
    for _ in range(30):
        screen.press("?")  # and keys are no reason to wait either
        time.sleep(0.05)
    return recorded(tmp_path)[1]


def test_a_terminal_that_does_not_read_holds_up_neither_training_nor_signals(terminal, tmp_path):
    screen = training(terminal(*RUN, "--fps", "60"))
    step = stuck(screen, tmp_path)
    wait_until(lambda: recorded(tmp_path)[1] > step + 50, "more steps")
    os.kill(screen.pid, signal.SIGTERM)
    wait_until(lambda: is_kept(tmp_path), "the run to be kept")
    assert screen.wait_for_end() == 143
    assert screen.left_behind() == set()


def test_a_terminal_that_reads_again_is_shown_the_present(terminal, tmp_path):
    screen = training(terminal(*RUN, "--fps", "60"))
    step = stuck(screen, tmp_path)
    wait_until(lambda: recorded(tmp_path)[1] > step + 100, "more steps")
    before, present = len(screen.raw), recorded(tmp_path)[1]

    def shown(screen):
        found = re.search(r"training +step +([\d,]+)/", screen.text)
        return found and int(found[1].replace(",", "")) >= present

    screen.wait_for(shown, f"step {present}")
    assert len(screen.raw) - before < 150_000
    screen.press("q")
    assert screen.wait_for_end() == 0


class Shell:
    """An interactive bash on a terminal, with the command as its job."""

    def __init__(self, terminal):
        self.screen = terminal(command=["bash", "--norc", "--noprofile", "-i"], PS1="ready> ")
        self.screen.wait_for_text("ready>")
        self.said = 0

    def type(self, line):
        """Type a line; it is at the end of what was written that its answer is looked for."""
        self.said = len(self.screen.raw)
        self.screen.press(line + "\r")

    def answers(self, pattern):
        wanted = re.compile(pattern)
        return self.screen.wait_for(lambda t: wanted.search(t.raw, self.said), pattern)


@pytest.fixture
def shell(terminal):
    words = " ".join(map(str, (*COMMAND, *RUN)))
    opened = Shell(terminal)
    opened.type("stty -g; " + words)
    training(opened.screen)
    return opened


def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_screen_back(shell, tmp_path):
    settings = shell.answers(rb"\n([\da-f:]+)\r\n")[1]
    shell.screen.press("\x1a")
    shell.answers(rb"Stopped")
    shell.type("stty -g; echo is${EMPTY}back")
    assert shell.answers(rb"\n([\da-f:]+)\r\nisback")[1] == settings
    assert shell.screen.left_behind() <= {2004, "iflag", "lflag", "cc"}  # bash's own
    step = recorded(tmp_path)[1]
    time.sleep(0.5)
    assert recorded(tmp_path)[1] == step, "a process that has stopped does not train"

    shell.type("fg")
    shell.answers(rb"\x1b\[\?1049h")
    training(shell.screen)
    wait_until(lambda: recorded(tmp_path)[1] > step, "training to go on")
    shell.screen.press("q")
    shell.answers(rb"\x1b\[\?1049l")
    shell.type("echo code $?")
    shell.answers(rb"code 0\r\n")
    assert is_kept(tmp_path)


def test_a_stopped_job_is_killed_by_the_shell_and_keeps_its_run(shell, tmp_path):
    shell.screen.press("\x1a")
    shell.answers(rb"Stopped")
    shell.type("kill %1; wait %1; echo code $?")
    shell.answers(rb"code 1\d\d\r\n")
    shell.type("wait %1; echo code $?")
    wait_until(lambda: is_kept(tmp_path), "the run to be kept")


def test_a_stopped_job_stays_stopped_in_the_background(shell, tmp_path):
    shell.screen.press("\x1a")
    shell.answers(rb"Stopped")
    shell.type("bg")
    shell.answers(rb"&")
    wait_until(
        lambda: (shell.type("jobs") or shell.answers(rb"(Stopped|Running)"))[1] == b"Stopped",
        "it to stop again",
    )
    shell.type("fg")
    shell.answers(rb"\x1b\[\?1049h")
    shell.screen.press("q")
    shell.answers(rb"\x1b\[\?1049l")


def test_a_killed_app_leaves_the_shell_a_terminal_and_its_exit_code(shell):
    app = child_of(child_of(shell.screen.pid))
    os.kill(app, signal.SIGKILL)
    shell.answers(rb"Killed")
    shell.type("echo code $?")
    shell.answers(rb"code 137\r\n")
