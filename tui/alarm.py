"""Calls from the event loop, for a screen that has to look often and at little cost.

Each timer of Textual's is a task, and what it calls comes as a message that an idle round follows:
more work than many a frame. Here the event loop calls, and that is all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.message_pump import MessagePump


def call_for(owner: MessagePump, call: Callable[[], object]) -> None:
    """Call as Textual calls a handler of the owner: an exception ends the app and is told.

    Not in an app that is ending: its widgets go one by one.
    """
    app = owner.app
    if not app.is_running:
        return
    try:
        with app._context(), owner._context():
            call()
    except Exception as error:
        app._handle_exception(error)


class Alarm:
    """Calls once for each time it was set; set again before, only the new moment counts.

    Args:
        owner: in whose name the call is made.
        call: what is called, in the event loop.
    """

    def __init__(self, owner: MessagePump, call: Callable[[], object]) -> None:
        self._owner = owner
        self._call = call
        self._pending: asyncio.TimerHandle | None = None
        self.seconds = 0.0
        """How much later it was to call when it was set last."""

    def set(self, seconds: float) -> None:
        """Call so much later."""
        self.stop()
        self.seconds = seconds
        loop = asyncio.get_running_loop()
        self._pending = loop.call_later(seconds, call_for, self._owner, self._call)

    def stop(self) -> None:
        """Do not call."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
