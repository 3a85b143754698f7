"""A command line that cannot be understood, and what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..core.quoting import LONGEST, quoted


class UsageError(Exception):
    """The command line cannot be understood; the message is the one line to show."""


def near_word(word: str, known: Iterable[str]) -> str:
    """Give the end of a message, ", did you mean ...?"; empty where nothing known is near."""
    names = list(known)
    begun = [name for name in names if len(word) > 2 and name.startswith(word)]
    near = begun or difflib.get_close_matches(word, names, n=1)
    return f", did you mean {near[0]}?" if near else ""


def shown_word(text: str) -> str:
    """A word that was typed, in quotes unless it is short and plain."""
    plain = 0 < len(text) <= LONGEST and text.isprintable() and not any(map(str.isspace, text))
    return text if plain else quoted(text)
