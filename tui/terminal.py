"""The terminal driver that draws on a descriptor of its own and always gives the terminal back.

Textual's driver writes to standard error and asks standard output for the size. Both are pipes
while output is captured, so this one is told which descriptor is the terminal. Textual waits for a
terminal that does not read, and where SIGHUP is ignored (``nohup``) it reads a dead one for ever:
this one does neither. And Textual stops the process in a signal handler, wherever it was at that
moment, which can hang it: this one does so from the event loop.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from . import guard
from .alarm import call_for
from .link import Link
from .restore import is_in_front, settings_of
from .terminal_writer import TerminalWriter

WATCH = 0.25
"""Seconds between two looks whether the driver has ended, or been brought to the front."""
SETTLED = 0.02
"""Seconds after going on within which signals that came meanwhile are answered first."""
AGAIN = 0.5
"""Seconds after coming back within which another wish to stop is the same as the last."""


def watch_for_hang_up(
    descriptors: Sequence[int], ended: threading.Event, gone: Callable[[], None]
) -> None:
    """Call ``gone`` when any of them hangs up; return then, or when ``ended`` is set."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, 0)  # nothing is waited for but what is always reported
    while not ended.is_set():
        if poll.poll(1000 * WATCH):
            gone()
            return


def driver_on(
    descriptor: int, gone: Callable[[], None], link: Link, arrived: Callable[[], None]
) -> type[Driver]:
    """Textual's driver for this system, drawing on the terminal ``descriptor``.

    ``gone`` is called, from any thread, when the terminal is no more, or the guard: somebody wanted
    to kill us. ``link`` is told what is written and what the terminal answers; then ``arrived`` is
    called, in the app's thread.
    """

    class TerminalDriver(LinuxDriver):
        """Draws on one descriptor, whatever standard output and error are."""

        def __init__(self, app: App[Any], **options: Any) -> None:
            stops = signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN
            super().__init__(app, **options)
            encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"
            self._writer = TerminalWriter(descriptor, encoding, self._repaint_soon)
            link.held_up = lambda: self._writer.held_up
            self._ended = threading.Event()
            self._reads = True
            self._away = False
            self._returned = -AGAIN
            signal.signal(signal.SIGTSTP, signal.SIG_DFL if stops else signal.SIG_IGN)
            if stops:
                self._loop.add_signal_handler(signal.SIGTSTP, self.suspend)
            self._loop.add_signal_handler(signal.SIGCONT, self._continued)

        def write(self, data: str) -> None:
            link.wrote(data)
            self._writer.write(data)

        def process_message(self, message: Message) -> None:
            if isinstance(message, events.CursorPosition) and link.answered(
                message.y + 1, message.x + 1
            ):
                self._loop.call_soon_threadsafe(call_for, self._app, arrived)
            else:
                super().process_message(message)

        def start_application_mode(self) -> None:
            _tell_guard(True)
            link.open()
            self._writer.open()
            self._reads = True
            super().start_application_mode()  # type: ignore[no-untyped-call]
            self._ended = threading.Event()
            ends = [self.fileno]
            if guard.standing_by is not None:
                ends.append(guard.standing_by.lifeline)
            watch = (ends, self._ended, self._somebody_is_gone)
            threading.Thread(target=watch_for_hang_up, args=watch, daemon=True).start()

        def disable_input(self) -> None:
            if self._away:
                return
            if not self._writer.gone:
                # While the terminal's answers are still read.
                self._reads = self._reads and not self._writer.held_up and link.drain()
            super().disable_input()

        def stop_application_mode(self) -> None:
            if self._away:
                return
            if not is_in_front(descriptor):
                # A shell has it by now, with settings of its own.
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                self.attrs_before = None
            if self._mouse_pixels:
                self.write("\x1b[?1016l")  # Textual leaves it
            super().stop_application_mode()

        def close(self) -> None:
            self._ended.set()
            super().close()
            if not self._away:
                self._writer.close(reads=self._reads)
                _tell_guard(False)

        def run_input_thread(self) -> None:
            try:
                super().run_input_thread()
            except OSError:
                self._somebody_is_gone()

        def _somebody_is_gone(self) -> None:
            if settings_of(self.fileno) is None:
                link.lost()
            gone()

        def suspend(self) -> None:
            """Give the terminal back and stop, until the shell has this go on."""
            if self._away or time.monotonic() - self._returned < AGAIN or self._is_ending:
                return
            self.suspend_application_mode()
            self._away = True
            self._stop()

        def _stop(self) -> None:
            # The default, and for all of the group, as the terminal itself would do it: the shell
            # waits for all, and where there is no shell to go back to the system does not stop us.
            self._loop.remove_signal_handler(signal.SIGTSTP)
            os.killpg(0, signal.SIGTSTP)
            # Here it has stopped, and now it goes on.
            self._loop.add_signal_handler(signal.SIGTSTP, self.suspend)
            self._loop.call_later(SETTLED, self._come_back)

        def _come_back(self) -> None:
            if self._is_ending:
                return
            try:
                in_front = os.tcgetpgrp(descriptor) == os.getpgrp()
            except OSError:
                gone()
                return
            if not in_front:  # ``bg``: there is nothing to do in the background
                self._loop.call_later(WATCH, self._stop)
                return
            self._away = False
            self._returned = time.monotonic()
            self.resume_application_mode()
            call_for(self._app, self._repaint)

        def _continued(self) -> None:
            """Go on after somebody has stopped us unasked (SIGSTOP): the guard gave back for us."""
            if self._away or self._is_ending or self._ended.is_set():
                return
            if not is_in_front(descriptor):
                return
            self._reads = False  # what it was asked before, it has answered to the shell
            self.suspend_application_mode()
            self._away = True
            self._come_back()

        @property
        def _is_ending(self) -> bool:
            return self._app._exit or not self._app.is_running

        def _repaint_soon(self) -> None:
            self._loop.call_soon_threadsafe(call_for, self._app, self._repaint)

        def _repaint(self) -> None:
            """Paint everything, as nothing of it may be there any more."""
            self._app.refresh(layout=True)

        def _get_terminal_size(self) -> tuple[int, int]:
            try:
                width, height = os.get_terminal_size(descriptor)
            except OSError:
                return 80, 24
            return width or 80, height or 24

    return TerminalDriver


def _tell_guard(has_terminal: bool) -> None:
    if guard.standing_by is not None:
        guard.standing_by.has_terminal(has_terminal)
