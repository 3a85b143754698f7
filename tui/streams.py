"""What stands behind a standard stream: a terminal, how wide, and what it can do."""

from __future__ import annotations

import os
from typing import TextIO


def is_screen(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that obeys escape sequences; None is a closed stream."""
    if stream is None or stream.closed or not stream.isatty():
        return False
    return os.name == "nt" or os.environ.get("TERM", "") not in ("", "dumb")


def columns_of(stream: TextIO | None) -> int | None:
    """The width of the terminal behind a stream; None where there is none, or it does not say."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or None if stream else None
    except (OSError, ValueError):
        return None
