"""Giving a terminal back by force, when whoever used it is dead or cannot get anything written.

Imports next to nothing: the guard, which is forked before everything heavy, needs it.
"""

from __future__ import annotations

import os
import select
import termios
from contextlib import suppress
from typing import Any

RESET = (
    b"\x18\x1b\\"  # whatever sequence was cut off ends here
    b"\x1b[?2026l"  # what is drawn is shown at once
    b"\x1b[0m"
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # the mouse
    b"\x1b[?1004l"  # focus
    b"\x1b[?2004l"  # bracketed paste
    b"\x1b[?2048l"  # resizes told in band
    b"\x1b]22;\x07"  # the shape of the mouse pointer
    b"\x1b[?7h"  # lines wrap
    b"\x1b[<u"  # keyboard protocol; each of the two screens has its own
    b"\x1b[?1049l"
    b"\x1b[?25h"
)
"""Undoes whatever Textual may have set on a terminal."""

SILENCE = 0.05
"""Seconds without another answer of the terminal after which none is expected."""
LAST_ANSWERS = 0.3
"""Seconds to wait for them at most."""

Settings = list[Any]
"""What ``termios.tcgetattr`` gives."""


def settings_of(descriptor: int) -> Settings | None:
    """A terminal's settings; None where there is no terminal, or not any more."""
    try:
        return termios.tcgetattr(descriptor)
    except (termios.error, OSError):
        return None


def is_in_front(descriptor: int) -> bool:
    """Whether the terminal belongs to this process's group, and not to a shell by now."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


def opened_without_waiting(descriptor: int) -> int | None:
    """The same terminal, opened once more, so that writing to it never waits; None: it cannot be.

    The descriptor itself is shared with the shell and others, who expect it to wait.
    """
    try:
        name = os.ttyname(descriptor)
        return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None


def write_reset(descriptor: int) -> None:
    """Undo what was set on a terminal, in place of what it has not read so far.

    So one that does not read finds nothing else should it ever read again, and is asked nothing.
    """
    own = opened_without_waiting(descriptor)
    if own is None:
        return
    try:
        termios.tcflush(own, termios.TCOFLUSH)
        os.write(own, RESET)
    except (OSError, termios.error):
        pass  # it is gone
    finally:
        os.close(own)


def give_back(reading: int, writing: int, settings: Settings | None) -> None:
    """Reset a terminal, swallow the answers that are under way, and put its settings back.

    Nothing is done to a terminal that belongs to somebody else by now.

    Args:
        reading: a descriptor of the terminal.
        writing: another, or the same.
        settings: as they were; None: they are left as they are.
    """
    if not is_in_front(writing):
        return
    write_reset(writing)
    if settings is None:
        return
    with suppress(OSError, termios.error):
        _swallow(reading)
        termios.tcsetattr(reading, termios.TCSANOW, settings)
        termios.tcflush(reading, termios.TCIFLUSH)


def _swallow(descriptor: int) -> None:
    """Read what the terminal still answers; while it does not echo, and the shell does not read."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    for _ in range(round(LAST_ANSWERS / SILENCE)):
        if not poll.poll(1000 * SILENCE) or not os.read(descriptor, 4096):
            return
