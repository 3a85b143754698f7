"""Text that came from outside, made harmless: on one line, bounded, nothing a terminal would obey.

Markup is not touched: ``[/]`` is text, and must be shown by something that does not read markup.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len

COMBINING_LIMIT = 2
"""Marks kept on one base character: enough for every living script, too few for a flood."""

REPLACEMENT = "\ufffd"
ELLIPSIS = "…"

_DROPPED = {0x00AD, 0x034F, 0x061C, *range(0x115F, 0x1161), 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFFA0}
_DROPPED |= {*range(0x180B, 0x1810), *range(0x200B, 0x200E), *range(0x2060, 0x2065), 0xFEFF}
_DROPPED |= {*range(0xFE00, 0xFE10)}  # variation selectors change a width after the fact
_DROPPED |= {*range(0x1F3FB, 0x1F400)}  # so do skin tones


def _visible(char: str) -> str:
    """What is shown instead of one character: itself, a stand-in of known width, or nothing."""
    code = ord(char)
    if 0x20 <= code < 0x7F:
        return char
    if char in "\t\n\v\f\r\x85":
        return " "
    if code < 0x20 or code == 0x7F:
        return "^" + chr(code ^ 0x40)
    if code in _DROPPED or 0xE0000 <= code < 0xE1000:
        return ""
    if 0x1F1E6 <= code <= 0x1F1FF:  # flags: two letters that terminals do not agree on
        return chr(code - 0x1F1E6 + ord("A"))
    category = unicodedata.category(char)
    if category[0] == "Z":
        return " "
    if category in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return REPLACEMENT
    return char


@lru_cache(1024)
def _safe(text: str, limit: int) -> str:
    text = unicodedata.normalize("NFC", text)
    shown: list[str] = []
    width = room = 0  # room: marks that the last character may still carry
    for char in text:
        visible = _visible(char)
        if not visible:
            continue
        cells = cell_len(visible)
        if unicodedata.category(char)[0] == "M" or cells == 0:
            if room == 0:
                continue
            room -= 1
        else:
            room = COMBINING_LIMIT
        if width + cells > limit:
            return _shortened(shown, limit)
        shown.append(visible)
        width += cells
    return "".join(shown)


def _shortened(shown: list[str], limit: int) -> str:
    """As much as fits before an ellipsis."""
    while shown and cell_len("".join(shown)) > limit - 1:
        shown.pop()
    return "".join(shown) + ELLIPSIS if limit > 0 else ""


def safe_text(text: object, limit: int = 200) -> str:
    """``str(text)`` on one line, without anything a terminal would obey, at most ``limit`` cells.

    Control characters become visible (``^[``), white space of any kind a blank, direction controls,
    surrogates and unassigned characters the replacement character; what has no width is dropped and
    piles of combining marks are cut. Longer text ends in an ellipsis.
    """
    raw = text if isinstance(text, str) else str(text)
    bound = 8 * max(limit, 0) + 64
    if len(raw) > bound:  # what is cut here could not have been shown, save for floods of nothing
        raw = raw[:bound] + " " * limit
    return _safe(raw, max(limit, 0))
