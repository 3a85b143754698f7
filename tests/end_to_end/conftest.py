"""Terminals and commands with a place of their own for runs."""

import contextlib
import os
import signal
import subprocess

import pytest

if os.name == "posix":
    from pseudo_terminal import COMMAND, PATIENCE, Terminal
else:
    collect_ignore_glob = ["*"]  # there are no pseudo-terminals


@pytest.fixture
def home(tmp_path):
    return {"BACKSCOPE_HOME": str(tmp_path / "home")}


@pytest.fixture
def terminal(tmp_path, home):
    """Opens terminals with the command in them; none of them and no trainer is left."""
    opened = []

    def open_terminal(*words, **settings):
        opened.append(Terminal(tmp_path, *words, **home, **settings))
        return opened[-1]

    yield open_terminal
    for each in opened:
        with contextlib.suppress(OSError, ValueError):  # it has hung up
            each.close()
    for lock in tmp_path.glob("home/runs/*/lock"):
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(lock.read_text()), signal.SIGKILL)


@pytest.fixture
def command(tmp_path, home):
    """Runs a command without a terminal; what it said, checked to have ended with its code."""

    def run(*words, code=0):
        done = subprocess.run(
            [*COMMAND, *words],
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
