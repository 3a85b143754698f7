"""Rows of styled text as strips: cut, padded and wrapped to the cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ..canvas import Cells
from ..view import View

Part = tuple[str, Style]
"""Text that is safe to show, and how."""


def row(view: View, parts: Iterable[Part], width: int) -> Strip:
    """Parts side by side in exactly ``width`` cells; what is cut ends in an ellipsis.

    Equal rows are the same strip: what looks as before is not looked at twice.
    """
    glyphs = view.glyphs
    return _row(tuple(parts), width, glyphs.ascii, glyphs.ellipsis, view.palette.text)


@lru_cache(256)
def _row(
    parts: tuple[Part, ...], width: int, ascii_only: bool, ellipsis: str, blank: Style
) -> Strip:
    segments: list[Segment] = []
    used = 0
    kind: type[Strip] = Cells
    for text, style in parts:
        if ascii_only and not text.isascii():
            text = text.replace("…", ellipsis).encode("ascii", "replace").decode()
        room = width - used
        cells = cell_len(text)
        if cells != len(text):
            kind = Strip
        if cells > room:
            if room > 0:
                cut = set_cell_size(text, max(room - 1, 0)) + ellipsis
                segments.append(Segment(cut, style))
            used = width
            break
        if text:
            segments.append(Segment(text, style))
            used += cells
    if used < width:
        segments.append(Segment(" " * (width - used), blank))
    return kind(segments, max(width, 0))


def rows(view: View, lines: Sequence[Sequence[Part]], width: int, height: int) -> list[Strip]:
    """Exactly ``height`` rows: the first lines there is room for, and blanks."""
    width, height = max(width, 0), max(height, 0)
    strips = [row(view, parts, width) for parts in lines[:height]]
    return strips + [row(view, (), width)] * (height - len(strips))


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` cells, broken between words where that can be."""
    return list(_wrapped(text, width)) if width > 0 else []


@lru_cache(64)
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and cell_len(line) + 1 + cell_len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        if cell_len(line) > width:
            *full, line = _pieces(line, width)
            lines += full
    return (*lines, line) if line else tuple(lines)


def _pieces(word: str, width: int) -> list[str]:
    """A word too long for a line, cut wherever the line ends."""
    pieces = [""]
    for sign in word:
        if pieces[-1] and cell_len(pieces[-1] + sign) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly ``width`` cells, at the right end if asked."""
    blanks = " " * (width - cell_len(text))
    return set_cell_size(blanks + text if right else text + blanks, max(width, 0))
