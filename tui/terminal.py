"""The terminal driver that draws on a descriptor of its own and notices a terminal that is gone.

Textual's driver writes to standard error and asks standard output for the size. Both are pipes
while output is captured, so this one is told which descriptor is the terminal. And where SIGHUP is
ignored (``nohup``) Textual would read a dead terminal for ever: this one watches for the hang-up.
"""

from __future__ import annotations

import codecs
import os
import select
import sys
import threading
from collections.abc import Callable
from typing import Any, cast

from rich.cells import cell_len
from textual import events
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from .alarm import call_for
from .link import Link

WATCH = 0.25
"""Seconds between two looks whether the driver has ended."""

STAND_IN = "backscope.stand_in"
"""Name of the error handler for characters that the terminal's encoding lacks."""
_STAND_INS = dict(
    zip("…–—−‘’“”·•×→←↑↓↵▌▐▎▊│┃─━▔▁▂▃▄▅▆▇█", "~---''\"\"..x><^v<||||||---_      #", strict=True)
)
"""Textual draws some of these itself: scrollbars, frames of messages and of the command palette."""


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """What is written instead: as many cells wide, so that nothing behind it moves."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(char, "?" * cell_len(char)) for char in lost), error.end


codecs.register_error(STAND_IN, _stand_in)


class TerminalFile:
    """A text file on a terminal's descriptor; once the terminal is gone, writing does nothing."""

    def __init__(self, descriptor: int, encoding: str) -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self.gone = False

    def fileno(self) -> int:
        """The terminal's descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """It is a terminal."""
        return True

    def write(self, text: str) -> int:
        """Write all of the text."""
        data = memoryview(text.encode(self._encoding, errors=STAND_IN))
        # A dead terminal must not end the thread that writes: the app would wait for it for ever.
        while data and not self.gone:
            try:
                data = data[os.write(self._descriptor, data) :]
            except OSError:
                self.gone = True
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def watch_for_hang_up(descriptor: int, ended: threading.Event, gone: Callable[[], None]) -> None:
    """Call ``gone`` when the terminal hangs up; return then, or when ``ended`` is set."""
    poll = select.poll()
    poll.register(descriptor, 0)  # nothing is waited for but what is always reported: a hang-up
    while not ended.is_set():
        if poll.poll(1000 * WATCH):
            gone()
            return


def driver_on(
    descriptor: int, gone: Callable[[], None], link: Link, arrived: Callable[[], None]
) -> type[Driver]:
    """Textual's driver for this system, drawing on the terminal ``descriptor``.

    ``gone`` is called, from any thread, when the terminal is no more. ``link`` is told what is
    written and what the terminal answers; then ``arrived`` is called, in the app's thread.
    """

    class TerminalDriver(LinuxDriver):
        """Draws on one descriptor, whatever standard output and error are."""

        def __init__(self, app: App[Any], **options: Any) -> None:
            super().__init__(app, **options)
            encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"
            self._terminal = TerminalFile(descriptor, encoding)
            self._file = cast("Any", self._terminal)
            self._ended = threading.Event()

        def write(self, data: str) -> None:
            link.wrote(data)
            super().write(data)

        def process_message(self, message: Message) -> None:
            if isinstance(message, events.CursorPosition) and link.answered(
                message.y + 1, message.x + 1
            ):
                self._loop.call_soon_threadsafe(call_for, self._app, arrived)
            else:
                super().process_message(message)

        def start_application_mode(self) -> None:
            link.open()
            super().start_application_mode()  # type: ignore[no-untyped-call]
            watch = (self.fileno, self._ended, gone)
            threading.Thread(target=watch_for_hang_up, args=watch, daemon=True).start()

        def disable_input(self) -> None:
            if not self._terminal.gone:
                link.drain()  # while the terminal's answers are still read
            super().disable_input()

        def close(self) -> None:
            self._ended.set()
            super().close()

        def run_input_thread(self) -> None:
            try:
                super().run_input_thread()
            except OSError:
                gone()

        def _get_terminal_size(self) -> tuple[int, int]:
            try:
                width, height = os.get_terminal_size(descriptor)
            except OSError:
                return 80, 24
            return width or 80, height or 24

    return TerminalDriver
