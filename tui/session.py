"""From the command line to the screen and back: capture, signals, exit codes, terminal restored."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..core.errors import InputError
from .app import BackscopeApp
from .capture import CapturedText, captured_output
from .interpreter import SWITCH_INTERVAL, switch_interval
from .streams import warn

PATIENCE = 1.0
"""Seconds that threads are given to end after the screen has gone."""
HUNG_UP = 129
GARBAGE = 50_000
"""New objects that set off a search for garbage, which holds up a frame: few enough for that."""
M_ARENA_MAX = -8
"""What ``mallopt`` calls the number of heaps."""


def run_app(app: BackscopeApp, log: CapturedText) -> int:
    """Run the app on the terminal until it ends, and return the exit code.

    What is printed meanwhile goes to ``log``; if the app itself fails, it is passed on to standard
    error. A thread in the middle of a step that takes long keeps nobody waiting: the process ends.

    Raises:
        InputError: the experiment that the app was opened with cannot be trained.
    """
    loop = asyncio.new_event_loop()
    _share_one_heap()
    gc.freeze()  # what is imported is no garbage: not to be walked over in the middle of a frame
    gc.set_threshold(GARBAGE)
    with switch_interval(SWITCH_INTERVAL), captured_output(log) as terminal:
        if terminal is not None:
            from .terminal import driver_on

            def gone() -> None:
                with suppress(RuntimeError):  # the loop has ended as well
                    loop.call_soon_threadsafe(app.leave, HUNG_UP)

            app.driver_class = driver_on(terminal, gone, app.link, app.arrived)
            app.streams = (sys.stdout, sys.stderr)
        threads_ended = _run(app, loop)
    code = app.return_code or 0
    if app.last_words:
        sys.stdout.write(app.last_words)
    if code == 1:
        sys.stderr.writelines(f"{line.text}\n" for line in log.lines() if line.error)
    if not threads_ended:
        for problem in app.problems:
            warn(problem)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    if app.problems:
        raise InputError(*app.problems)
    return code


def _share_one_heap() -> None:
    """Have all threads take memory from one heap, where the C library can be told so (glibc).

    Otherwise each has one of its own, and holds on to the most that it ever needed.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def _run(app: BackscopeApp, loop: asyncio.AbstractEventLoop) -> bool:
    """Run the app in the loop and say whether all its threads have ended soon after."""
    try:
        with _signals(loop, app):
            loop.run_until_complete(app.run_async())
        ending = loop.create_task(loop.shutdown_default_executor())
        _, pending = loop.run_until_complete(asyncio.wait({ending}, timeout=PATIENCE))
        return not pending
    finally:
        loop.close()


@contextmanager
def _signals(loop: asyncio.AbstractEventLoop, app: BackscopeApp) -> Iterator[None]:
    """Signals that end programs end the app properly, with 128 + the signal's number."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    if os.name != "posix":
        numbers = []
    # nohup and shells' background jobs have signals ignored, and mean it.
    numbers = [n for n in numbers if signal.getsignal(n) is not signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, app.leave, 128 + number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
