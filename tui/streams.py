"""What stands behind a standard stream: a terminal, how wide, and what it can do."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TextIO

from .safe_text import safe_text

LINE_LIMIT = 1_000
"""Cells of a line of a message."""
COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python makes of ``LC_CTYPE`` in the C locale (PEP 538)."""


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


def is_c_locale(
    environ: Mapping[str, str] = os.environ, *, utf8_mode: bool = bool(sys.flags.utf8_mode)
) -> bool:
    """Whether a person asked for plain ASCII: ``LC_ALL=C``, ``LANG=C``, ``POSIX``.

    Python treats that locale as UTF-8 and says so in ``LC_CTYPE``, as a terminal that sets no
    locale at all, in a container for one, mostly is. Where C is asked for it is meant.
    """
    if environ.get("PYTHONUTF8") or environ.get("PYTHONIOENCODING"):
        return False
    by_python = utf8_mode and environ.get("LC_CTYPE") in COERCED
    names = ("LC_ALL", "LANG") if by_python else ("LC_ALL", "LC_CTYPE", "LANG")
    return next(filter(None, map(environ.get, names)), "") in ("C", "POSIX")


def say(text: str) -> None:
    """Write to standard output, if there is one."""
    if sys.stdout is not None:
        sys.stdout.write(text)


def complain(line: str) -> None:
    """Write a line to standard error, if there is one."""
    if sys.stderr is not None:
        with suppress(OSError):  # nobody is left to complain to
            sys.stderr.write(safe_text(line, LINE_LIMIT) + "\n")
            sys.stderr.flush()


def warn(text: str) -> None:
    """Say in one line, on standard error, what a person should know."""
    complain(f"backscope: {text}")


def close_output() -> None:
    """Point standard output nowhere, so that the interpreter's last flush does not fail again."""
    with suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
