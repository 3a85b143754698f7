"""The parent: it ends as its child ends, and puts right what the child leaves."""

from __future__ import annotations

import os
import signal
import sys
import termios
import textwrap

import pytest

from backscope.tui import guard
from backscope.tui.restore import RESET

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")

PRELUDE = """
import os, signal, sys, termios, time, tty
from backscope.tui import guard
guard.stand_by()
"""


@pytest.fixture
def ended():
    """Run code behind a guard to its end: what it wrote, and how it ended."""

    def run(code):
        command = ["-c", PRELUDE + textwrap.dedent(code)]
        # The shell keeps the terminal alive, and waits before it touches it.
        shell = ["-c", 'read go; "$@"; echo code $?; read end', "sh", sys.executable, *command]
        child = pexpect.spawn("/bin/sh", shell, timeout=60, echo=False)
        before = termios.tcgetattr(child.child_fd)
        child.sendline("")
        child.expect(r"code (\d+)\r\n")
        same = termios.tcgetattr(child.child_fd) == before
        child.close(force=True)
        return child.before, int(child.match[1]), same

    return run


@pytest.mark.parametrize("code", [0, 1, 7, 130])
def test_it_ends_with_the_code_of_its_child(ended, code):
    said, came, same = ended(f"print('said'); sys.exit({code})")
    assert (said, came, same) == (b"said\r\n", code, True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_it_dies_of_what_its_child_died_of_and_resets_the_terminal(ended, number):
    said, code, same = ended(f"""
        guard.standing_by.has_terminal(True)
        tty.setraw(0)
        os.kill(os.getpid(), {int(number)})
    """)
    assert RESET in said
    assert (code, same) == (128 + number, True)


def test_it_leaves_a_terminal_alone_that_the_child_has_put_right(ended):
    said, code, _ = ended("""
        guard.standing_by.has_terminal(True)
        guard.standing_by.has_terminal(False)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    assert b"\x1b" not in said
    assert code == 128 + signal.SIGKILL


def test_it_puts_right_what_a_child_leaves_that_ends_by_itself(ended):
    said, code, same = ended("""
        guard.standing_by.has_terminal(True)
        tty.setraw(0)
        os._exit(3)
    """)
    assert RESET in said
    assert (code, same) == (3, True)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
def test_signals_reach_the_child(ended, name):
    said, code, _ = ended(f"""
        signal.signal(signal.{name}, lambda *_: sys.exit(5))
        parent = os.getppid()
        if os.fork() == 0:  # what the child itself sends is meant for others
            os.kill(parent, signal.{name})
            os._exit(0)
        time.sleep(60)
    """)
    assert code == 5
    assert said == b""


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks into /proc")
def test_both_stop_and_both_go_on(ended):
    # The shell without job control waits for both, so a third process looks and sends them on.
    said, code, _ = ended("""
        def state(pid):
            return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
        parent, child = os.getppid(), os.getpid()
        if os.fork() == 0:
            while {state(parent), state(child)} != {"T"}:
                time.sleep(0.01)
            os.kill(parent, signal.SIGCONT)  # and not its child
            os._exit(0)
        os.kill(child, signal.SIGSTOP)
        print("on again")
        sys.exit(6)
    """)
    assert (said, code) == (b"on again\r\n", 6)


def test_the_child_has_the_signals_as_they_were(ended):
    said, code, _ = ended("""
        print(signal.pthread_sigmask(signal.SIG_BLOCK, ()), signal.getsignal(signal.SIGCHLD))
    """)
    assert said.startswith(b"set() ")
    assert str(int(signal.SIG_DFL)).encode() in said or b"SIG_DFL" in said
    assert code == 0


def test_without_a_terminal_there_is_none(monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setattr(guard, "READING", reading)
    guard.stand_by()
    assert guard.standing_by is None
    os.close(reading)
    os.close(writing)
