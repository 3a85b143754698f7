"""A small parent that gives the terminal back when the app cannot: it was killed, or has crashed.

``stand_by`` forks before anything heavy is imported. The child goes on as the app. The parent, whom
the shell knows, passes signals on to it, stops and goes on with it, ends as it ended, and before
that puts the terminal right if the app has left it otherwise. Should the parent be killed instead,
the app sees one end of a pipe close, and ends as if the terminal had gone.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

NAME = "terminal-guard"
"""What the parent is called where processes are listed by name: ``killall backscope`` means the
app, which can then do with the guard."""
ENDING = {getattr(signal, f"SIG{name}", signal.SIGTERM) for name in ("INT", "TERM", "HUP", "QUIT")}
"""Whoever sends one of these wants the app to end."""
IN, OUT = b"+", b"-"
READING, WRITING = 0, 1
"""Standard input and output are the terminal."""


class Guard:
    """The parent as the app sees it.

    Args:
        reports: descriptor on which it is told whether the app has the terminal.
        lifeline: descriptor that hangs up when it dies.
    """

    def __init__(self, reports: int, lifeline: int) -> None:
        self._reports = reports
        self.lifeline = lifeline

    def has_terminal(self, has: bool) -> None:
        """The app is about to change the terminal, or has put it right."""
        with suppress(OSError):  # the guard is gone
            os.write(self._reports, IN if has else OUT)


standing_by: Guard | None = None
"""The guard of this process; None: there is none."""


def stand_by() -> None:
    """From here on, in the child, a parent waits; nothing happens where none is needed.

    That is without a terminal, on systems without ``fork``, and where no process can be had.
    """
    global standing_by
    if standing_by is not None or not hasattr(os, "fork"):
        return
    from .restore import settings_of

    settings = settings_of(READING)
    if settings is None or not os.isatty(WRITING):
        return
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    told, reports = os.pipe()
    lifeline, alive = os.pipe()
    passed_on = _passed_on()
    # Before the fork, so that no signal is lost and none ends the parent before its child.
    before = signal.signal(signal.SIGCHLD, _taken)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {*passed_on, signal.SIGCHLD})
    try:
        child = os.fork()
    except OSError:
        child = -1
    if child > 0:
        os.close(reports)
        os.close(lifeline)
        os.set_blocking(told, False)
        _Parent(child, told, settings, passed_on).wait()
    signal.signal(signal.SIGCHLD, before)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.close(told)
    os.close(alive)
    if child == 0:
        standing_by = Guard(reports, lifeline)
    else:
        os.close(reports)
        os.close(lifeline)


def _passed_on() -> set[signal.Signals]:
    """What a person or a shell may send to the process that they know."""
    return {*ENDING, signal.SIGTSTP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM}


def _taken(number: int, frame: FrameType | None) -> None:
    """A signal that has a handler can be waited for on every system."""


class _Parent:
    """Waits for its child, and for signals, which it has blocked, so that each is taken in turn."""

    def __init__(
        self, child: int, told: int, settings: list[object], passed_on: set[signal.Signals]
    ) -> None:
        self._child = child
        self._told = told
        self._settings = settings
        self._passed_on = passed_on
        self._app_has_terminal = False
        self._is_to_end = False

    def wait(self) -> None:
        """Until the child ends; does not return."""
        with suppress(OSError):
            Path("/proc/self/comm").write_text(NAME)
        # Whatever the parent does to the terminal, it is not to be stopped for it.
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        while True:
            number, sender = self._next_signal()
            if number == signal.SIGCHLD:
                self._look_at_child()
            elif sender != self._child:  # what it has sent to the group it has got itself
                self._is_to_end = self._is_to_end or number in ENDING
                with suppress(ProcessLookupError):
                    os.kill(self._child, number)

    def _next_signal(self) -> tuple[int, int]:
        """The next signal, and who has sent it; 0: the system does not tell."""
        waited_for = {*self._passed_on, signal.SIGCHLD}
        if hasattr(signal, "sigwaitinfo"):
            info = signal.sigwaitinfo(waited_for)
            return info.si_signo, info.si_pid
        return signal.sigwait(waited_for), 0

    def _look_at_child(self) -> None:
        child, status = os.waitpid(self._child, os.WNOHANG | os.WUNTRACED)
        if child != 0:
            self._follow(status)

    def _follow(self, status: int) -> None:
        """Do as the child has done."""
        if os.WIFCONTINUED(status):
            return
        self._put_right()
        if os.WIFSIGNALED(status):
            self._die_of(os.WTERMSIG(status))
        elif os.WIFEXITED(status):
            os._exit(os.WEXITSTATUS(status))
        # The shell sees that this process stops as well, and sends both on; but who has hung up
        # does not do so once more.
        if not (self._is_to_end or ENDING & signal.sigpending()):
            os.kill(os.getpid(), signal.SIGSTOP)
        child, status = os.waitpid(self._child, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
        if child != 0:
            self._follow(status)
        else:  # somebody has sent on this one alone
            os.kill(self._child, signal.SIGCONT)

    def _put_right(self) -> None:
        """Put the terminal right if the child has left it otherwise."""
        from .restore import give_back

        with suppress(BlockingIOError):
            while reports := os.read(self._told, 64):
                self._app_has_terminal = reports.endswith(IN)
        if self._app_has_terminal:
            give_back(READING, WRITING, self._settings)
            self._app_has_terminal = False

    def _die_of(self, number: int) -> None:
        """End as the child has ended, so that the shell can tell."""
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one picture of the crash is enough
        with suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
        os.kill(os.getpid(), number)
        os._exit(128 + number)
