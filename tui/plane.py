"""What charts and heatmaps share: a canvas with plotext's frame on it, events and the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from .axes import linear_labels, linear_ticks, log_ticks, step_ticks
from .canvas import BLANK, Canvas, single_cells
from .glyphs import Glyphs
from .number_format import count_text
from .palette import Palette
from .plot import Frame, Ticks, frame, inner_size

FRAME, DIM, TEXT, BAND, BAD, MARK, CURSOR, FIRST = range(8)
"""Style numbers of a canvas; a chart's own styles follow from FIRST on."""

CELLS_PER_X_TICK = 10
ROWS_PER_Y_TICK = 3

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """An event at a step: a glyph on the x axis and a faint upright line."""

    step: float
    kind: str
    """An ``Event.kind``: ``Glyphs.event`` has a glyph for each, and one for unknown kinds."""


def plain(ends: Range) -> Range:
    """As Python's own floats, which overflow in silence."""
    return float(ends[0]), float(ends[1])


def base_styles(palette: Palette) -> list[Style]:
    """The styles of the numbers below FIRST."""
    names = (palette.frame, palette.dim, palette.text, palette.band)
    return [*names, palette.error, palette.mark, palette.cursor]


@lru_cache(64)
def chart_frame(
    width: int, height: int, x_range: Range, y_range: Range, log: bool, glyphs: Glyphs
) -> Frame:
    """The frame of a chart, with ticks at round numbers of both axes."""
    _, inner_width, inner_height = inner_size(width, height)
    rows = y_ticks(y_range, inner_height, log, glyphs.rows)
    return frame(width, height, rows, x_ticks(x_range, inner_width), box=glyphs.box)


def y_ticks(y_range: Range, rows: int, log: bool, dots: int) -> Ticks:
    """(row, label) of the round numbers of an axis with ``rows`` rows of ``dots`` dots each."""
    most = min(max(2, (rows + 3) // ROWS_PER_Y_TICK), 9)
    if log:
        ticks = log_ticks(*y_range, most)
    else:
        values = linear_ticks(*y_range, most)
        ticks = list(zip(values, linear_labels(values), strict=True))
    return tuple((row_of(at, *y_range, rows, dots), label) for at, label in ticks)


def x_ticks(x_range: Range, cells: int) -> Ticks:
    """(column, label) of the round steps of an axis of ``cells`` columns."""
    steps = step_ticks(*x_range, max(2, cells // CELLS_PER_X_TICK))
    return tuple((cell_of(step, *x_range, cells), count_text(step)) for step in steps)


@lru_cache(64)
def row_frame(width: int, height: int, x_range: Range, rows: Ticks, glyphs: Glyphs) -> Frame:
    """The frame of a heatmap, with (row, label) instead of a scale."""
    inner_width = inner_size(width, height)[1]
    return frame(width, height, rows, x_ticks(x_range, inner_width), box=glyphs.box)


def cell_of(value: float, lo: float, hi: float, cells: int) -> int:
    """The cell 0..cells-1 that holds ``value`` when [lo, hi) is divided evenly; -1 if outside."""
    span = hi - lo
    if not (span > 0 and cells > 0) or value != value:
        return -1
    if span == float("inf"):
        value, lo, span = value / 4, lo / 4, hi / 4 - lo / 4
    place = (value - lo) / span * cells
    return int(place) if 0 <= place < cells else -1


def row_of(value: float, lo: float, hi: float, rows: int, dots: int = 1) -> int:
    """The row, 0 on top, where a trace with ``dots`` dots a row has ``value``; -1 outside."""
    span = hi - lo
    if not (span > 0 and rows > 0) or value != value:
        return -1
    if span == float("inf"):
        value, hi, span = value / 4, hi / 4, hi / 4 - lo / 4
    place = (hi - value) / span
    if not -1e-9 <= place <= 1 + 1e-9:
        return -1
    return min(int(place * (rows * dots - 1) + 0.5) // dots, rows - 1)


class Plane:
    """A canvas with a frame on it from row ``top`` down; ``chars`` is the rectangle inside."""

    __slots__ = ("canvas", "chars", "foot", "glyphs", "index", "left", "top", "x_range")

    def __init__(
        self, canvas: Canvas, drawn: Frame, top: int, x_range: Range, glyphs: Glyphs
    ) -> None:
        rows = slice(top, top + len(drawn.chars))
        canvas.chars[rows] = drawn.chars
        canvas.index[rows] = np.where(drawn.axes, FRAME, DIM)
        inside = (slice(top, top + drawn.height), slice(drawn.left, drawn.left + drawn.width))
        self.canvas = canvas
        self.chars: NDArray[np.uint32] = canvas.chars[inside]
        self.index: NDArray[np.int16] = canvas.index[inside]
        self.left, self.top = drawn.left, top
        self.foot = drawn.height - (len(drawn.chars) == drawn.height)
        self.x_range = x_range
        self.glyphs = glyphs

    def column_of(self, step: float) -> int:
        """The inner cell column of a step; -1 outside the range."""
        return cell_of(float(step), *self.x_range, self.chars.shape[1])

    def put(self, row: int, column: int, text: str, style: int) -> None:
        """Write text at an inner cell; it may run over the right edge of the canvas, not beyond."""
        self.canvas.put(self.top + row, self.left + column, text, style)

    def put_events(self, marks: Sequence[Mark], *, upright: bool = True) -> None:
        """A faint upright line behind everything, and the glyph on the x axis."""
        for mark in marks:
            column = self.column_of(mark.step)
            if column >= 0 and self.chars.size:
                if upright:
                    self._upright(
                        column, self.glyphs.upright, FRAME, self.chars[:, column] == BLANK
                    )
                self.put(self.foot, column, self.glyphs.event(mark.kind), MARK)

    def put_cursor(self, step: float | None, curves: int) -> None:
        """An upright line at a step, on which curves and names (styles from FIRST on) stay."""
        column = -1 if step is None else self.column_of(step)
        if column < 0 or not self.chars.size:
            return
        index = self.index[:, column]
        free = (self.chars[:, column] == BLANK) | (index < FIRST) & (index != BAD)
        if curves:
            under = FIRST + 2 * curves + (index - FIRST) % curves
            np.copyto(index, under, where=~free & (index >= FIRST))
        self._upright(column, self.glyphs.cursor, CURSOR, free)

    def _upright(self, column: int, glyph: str, style: int, free: NDArray[np.bool_]) -> None:
        self.chars[free, column] = ord(glyph)
        self.index[free, column] = style

    def put_empty(self, text: str) -> None:
        """A line of text in the middle."""
        height, width = self.chars.shape
        shown = single_cells(text, width, self.glyphs.ascii)
        if shown and height:
            self.put((height - 1) // 2, (width - len(shown)) // 2, shown, DIM)
