"""Text from outside, made harmless and short enough to stand in a message of one line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

LONGEST = 60
"""Characters of a quoted text that are shown."""
MOST_LISTED = 20
"""Names that are listed before "and so many more"."""
MOST_COMPARED = 2_000
"""Names that are looked through for a near miss."""


def quoted(text: str, limit: int = LONGEST) -> str:
    r"""Quote ``text``, with control and other invisible characters written as escapes.

    >>> quoted("a\x1b[31m\nb")
    "'a\\x1b[31m\\nb'"
    """
    shown = repr(text[: limit + 1])
    return shown if len(shown) <= limit + 2 else f"{shown[:limit]}…{shown[0]}"


def listed(names: Sequence[str]) -> str:
    """List ``names``, quoted, the first twenty of them."""
    shown = ", ".join(quoted(name) for name in names[:MOST_LISTED])
    more = len(names) - MOST_LISTED
    return f"{shown} and {more:,} more" if more > 0 else shown


def did_you_mean(name: str, names: Sequence[str]) -> str:
    """Give "did you mean ...?" for the nearest of ``names``, or nothing if none is near."""
    known = {other[:LONGEST].casefold(): other for other in names[:MOST_COMPARED]}
    near = difflib.get_close_matches(name[:LONGEST].casefold(), known, n=1)
    return f"did you mean {quoted(known[near[0]])}?" if near else ""
