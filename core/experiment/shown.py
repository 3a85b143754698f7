"""Any value that came from outside, as a line of text may show it: harmless and short."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ..quoting import quoted

LONGEST_INTEGER = 20
"""Digits of a whole number that are shown; longer ones are described."""


def printable(text: str, longest: int = 200) -> str:
    r"""Return ``text`` on one line, unquoted, without characters that act on a terminal.

    Controls, line ends, bidirectional marks, surrogates and the like become escapes; what is
    longer than ``longest`` is cut and ends in three dots.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    cut = text if len(text) <= longest else text[:longest] + "..."
    if cut.isprintable():
        return cut
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in cut
    )


def shown(value: Any) -> str:
    """Return how a value is named in a message: text in quotes, numbers plain, the rest by kind.

    >>> shown("fast"), shown(True), shown([1, 2]), shown({})
    ("'fast'", 'true', 'an array', 'a table')
    """
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # str() of a huge integer is slow and, past 4300 digits, an error.
        bits = value.bit_length()
        if bits <= LONGEST_INTEGER * 10 / 3:
            return str(value)
        return f"a whole number of about {round(bits * 0.30103)} digits"
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "an array"
    if isinstance(value, (datetime.date, datetime.time)):
        return "a date or time"
    if value is None:
        return "nothing"
    return printable(f"a value of type {type(value).__name__}", 60)
