"""A grid of characters and style numbers, and how it becomes strips.

Drawing writes into two arrays; only here do they turn into segments, one per run of equal style.
Rows that did not change since the last frame come back as the very strips of that frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from .safe_text import safe_text

if TYPE_CHECKING:
    from .trace_cells import TraceCells

BLANK = ord(" ")


class Cells(Strip):
    """A row of which every character is one cell: the place of one is the column of the other."""

    __slots__ = ()


class StyleTable:
    """Styles by number, made once and compared by identity.

    ``plain`` (numbers,) says which ones show nothing on a blank: not reversed, the ground of
    style 0.
    """

    __slots__ = ("plain", "styles")

    def __init__(self, styles: Sequence[Style]) -> None:
        self.styles = tuple(styles)
        ground = self.styles[0].bgcolor
        self.plain = np.array(
            [not (style.reverse or style.underline) and style.bgcolor == ground for style in styles]
        )


class StripCache:
    """The last frame of one widget: what was drawn, and the strips that came of it."""

    __slots__ = ("chars", "index", "made_of", "strips", "table", "traces")

    def __init__(self) -> None:
        self.chars: NDArray[np.uint32] = np.empty((0, 0), np.uint32)
        self.index: NDArray[np.int16] = np.empty((0, 0), np.int16)
        self.table: StyleTable | None = None
        self.strips: list[Strip] = []
        self.traces: TraceCells | None = None
        """A chart's curves, without what stands around and on them."""
        self.made_of: tuple[object, ...] | None = None
        """All that the strips show: drawn from the same, they would be the same."""


class Canvas:
    """Characters (height, width) and, for each, the number of its style; starts out blank."""

    __slots__ = ("chars", "index")

    def __init__(self, width: int, height: int) -> None:
        self.chars = np.full((height, width), BLANK, np.uint32)
        self.index = np.zeros((height, width), np.int16)

    def put(self, row: int, column: int, text: str, style: int) -> None:
        """Write text, cut at the right edge. One character is one cell: see ``single_cells``."""
        height, width = self.chars.shape
        if not (0 <= row < height and 0 <= column < width):
            return
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)[: width - column]
        self.chars[row, column : column + len(codes)] = codes
        self.index[row, column : column + len(codes)] = style

    def strips(self, table: StyleTable, cache: StripCache | None = None) -> list[Strip]:
        """The rows as strips. Blanks join the run on their left, where that makes no difference."""
        height, width = self.chars.shape
        if width == 0:
            return [Cells([], 0) for _ in range(height)]
        _merge_blanks(self.chars, self.index, table)
        if cache is None:
            return _built(self.chars, self.index, table.styles)
        if cache.table is table and cache.chars.shape == self.chars.shape:
            new = ((cache.chars != self.chars) | (cache.index != self.index)).any(axis=1)
            rows = np.flatnonzero(new)
            strips = list(cache.strips)
            built = _built(self.chars[rows], self.index[rows], table.styles)
            for row, strip in zip(rows.tolist(), built, strict=True):
                strips[row] = strip
        else:
            strips = _built(self.chars, self.index, table.styles)
        cache.chars, cache.index, cache.table, cache.strips = self.chars, self.index, table, strips
        cache.made_of = None
        return list(strips)


def _merge_blanks(chars: NDArray[np.uint32], index: NDArray[np.int16], table: StyleTable) -> None:
    """Give each blank the style of what stands before it in its row, or 0 where that would show."""
    blank = (chars == BLANK) & table.plain[index]
    flat = np.arange(chars.size).reshape(chars.shape)
    source = np.where(blank, 0, flat)
    source[:, 0] = flat[:, 0]
    np.maximum.accumulate(source, axis=1, out=source)
    index[...] = index.ravel()[source]
    index[blank & ~table.plain[index]] = 0


def _built(
    chars: NDArray[np.uint32], index: NDArray[np.int16], styles: tuple[Style, ...]
) -> list[Strip]:
    """A strip for each row, a segment for each run of one style."""
    height, width = chars.shape
    text = chars.tobytes().decode("utf-32-le")
    edge = np.ones(index.shape, np.bool_)  # where a run starts
    np.not_equal(index[:, 1:], index[:, :-1], out=edge[:, 1:])
    starts = np.flatnonzero(edge)
    numbers = index.ravel()[starts].tolist()
    places = starts.tolist()
    places.append(len(text))
    segments = [
        Segment(text[start:stop], styles[number])
        for start, stop, number in zip(places, places[1:], numbers, strict=False)
    ]
    ends = np.searchsorted(starts, np.arange(height + 1) * width).tolist()
    return [Cells(segments[ends[i] : ends[i + 1]], width) for i in range(height)]


@lru_cache(1024)
def single_cells(text: str, limit: int, ascii_only: bool = False) -> str:
    """``safe_text`` with every character exactly one cell wide: ``?`` for those that are not."""
    if ascii_only:
        text = text.encode("ascii", "replace").decode()
    safe = safe_text(text, limit)
    if ascii_only:
        safe = safe.replace("…", "~")
    return "".join(char if cell_len(char) == 1 else "?" for char in safe)[: max(limit, 0)]


def changed_rows(before: Sequence[Strip], after: Sequence[Strip]) -> list[int]:
    """Rows whose strip is not the same object: the ones to refresh. All, if the heights differ."""
    if len(before) != len(after):
        return list(range(len(after)))
    return [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old is not new]
