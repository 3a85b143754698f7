"""Charts as strips: everything a panel needs to draw curves over steps.

Pure functions of (data, width, height, palette, glyphs). A chart is always exactly ``height``
strips of exactly ``width`` cells, whatever the data. plotext's frame comes first, then from back to
front: band, curves, marks of what cannot be drawn, names, events, cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from rich.style import Style
from textual.strip import Strip

from .axes import YRange, log_range
from .bars import hbar, log_bar
from .canvas import Canvas, StripCache, StyleTable, changed_rows, single_cells
from .glyphs import Glyphs
from .heatmap import heat_columns, heatmap
from .labels import by_importance, legend_parts, put_end_labels
from .palette import Palette, crossed
from .plane import DIM, FIRST, TEXT, Mark, Plane, base_styles, chart_frame, plain
from .plot import Frame, inner_size
from .series import Series, layer_series, middle
from .trace_cells import Ground, TraceCells, trace_cells
from .traces import Intervals, Pattern, cells_any

__all__ = [
    "Legend",
    "Mark",
    "Pattern",
    "Series",
    "StripCache",
    "YRange",
    "changed_rows",
    "draw_chart",
    "hbar",
    "heat_columns",
    "heatmap",
    "layer_series",
    "log_bar",
    "log_range",
    "middle",
    "plot_columns",
]

Legend = Literal["none", "end", "top"]

HEADER_HEIGHT = 8
"""From this height on a legend and the y label have a row of their own."""


def plot_columns(width: int, glyphs: Glyphs) -> int:
    """Number of sub-columns that the curves of a chart of ``width`` cells have: ask for so many."""
    return inner_size(max(width, 0), 0)[1] * glyphs.columns


def draw_chart(
    series: Sequence[Series],
    *,
    width: int,
    height: int,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    palette: Palette,
    glyphs: Glyphs,
    log: bool = False,
    marks: Sequence[Mark] = (),
    cursor: float | None = None,
    legend: Legend = "none",
    y_label: str = "",
    empty: str = "",
    cache: StripCache | None = None,
) -> list[Strip]:
    """Draw curves with axes: exactly ``height`` strips of ``width`` cells; never raises on data.

    Args:
        series: later ones are drawn over earlier ones, highlighted ones over all.
        width: cells. Below 20 there is no y axis.
        height: cells. Below 6 there is no x axis.
        x_range: first step and the step after the last (as ``Envelope`` has it).
        y_range: bottom and top; log10 of the values with ``log`` (as ``YRange`` gives them).
        palette: colors.
        glyphs: characters.
        log: take log10 of the values; what is not positive lies below every axis.
        marks: events on the x axis.
        cursor: step at which an upright line stands, or None.
        legend: "end" names the curves at their ends, "top" in a row above (with ``y_label``).
        y_label: what is plotted, in the row above.
        empty: text in the middle while there is nothing to draw.
        cache: keeps unchanged strips identical from frame to frame; one a widget.

    Raises:
        ValueError: a series has not ``plot_columns(width, glyphs)`` columns.
    """
    width, height = max(width, 0), max(height, 0)
    x_range, y_range = plain(x_range), plain(y_range)
    columns = plot_columns(width, glyphs)
    for one in series:
        if one.low.shape != (columns,) or one.high.shape != (columns,):
            raise ValueError(
                f"series {one.label!r}: expected shapes ({columns},), "
                f"got {one.low.shape} and {one.high.shape}"
            )
    series = sorted(series, key=lambda one: one.highlighted)
    top = int(height >= HEADER_HEIGHT and (legend == "top" or bool(y_label)))
    drawn = chart_frame(width, height - top, x_range, y_range, log, glyphs)
    traces = None
    if series and drawn.width and drawn.height:
        traces = _traces(drawn, series, x_range, y_range, log, glyphs, palette.colored, cache)
    table = _table(palette, tuple((one.style, one.highlighted) for one in series))
    said = (tuple(marks), cursor, legend, y_label, empty, tuple(one.label for one in series))
    made_of = (drawn, traces, table, said)
    if cache is not None and cache.made_of == made_of:
        return list(cache.strips)
    canvas = Canvas(width, height)
    plane = Plane(canvas, drawn, top, x_range, glyphs)
    nothing = traces is None or _put_series(plane, series, traces, legend)
    plane.put_events(marks)
    plane.put_cursor(cursor, len(series))
    if nothing:
        plane.put_empty(empty)
    _put_header(plane, series, legend, y_label if top else "")
    strips = canvas.strips(table, cache)
    if cache is not None:
        cache.made_of = made_of
    return strips


@lru_cache(256)
def _table(palette: Palette, curves: tuple[tuple[Style, bool], ...]) -> StyleTable:
    """Base styles; one for each curve; one for each name; one for each curve under the cursor."""
    bold, marked = Style(bold=True), Style(bold=True, reverse=True)
    lines = [style + bold if highlighted else style for style, highlighted in curves]
    names = [style + (marked if highlighted else bold) for style, highlighted in curves]
    under = [crossed(style, palette) for style in lines]
    return StyleTable([*base_styles(palette), *lines, *names, *under])


def _traces(
    drawn: Frame,
    series: Sequence[Series],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    log: bool,
    glyphs: Glyphs,
    colored: bool,
    cache: StripCache | None,
) -> TraceCells:
    """The curves; the very ones of the last frame where they are as they were."""
    ground = Ground(
        height=drawn.height,
        columns=drawn.width * glyphs.columns,
        x_range=x_range,
        y_range=y_range,
        log=log,
        glyphs=glyphs,
        colored=colored,
        patterns=tuple(one.pattern for one in series),
        highlighted=tuple(one.highlighted for one in series),
        banded=tuple(number for number, one in enumerate(series) if one.band is not None),
    )
    traces = trace_cells(ground, series, cache.traces if cache else None)
    if cache:
        cache.traces = traces
    return traces


def _put_series(plane: Plane, series: Sequence[Series], drawn: TraceCells, legend: Legend) -> bool:
    """Put all curves in their place; True when there was nothing to draw."""
    dots = len(plane.chars) * plane.glyphs.rows
    inked = drawn.chars != 0
    np.copyto(plane.chars, drawn.chars, where=inked)
    np.copyto(plane.index, drawn.index, where=inked)
    where = drawn.where
    if legend == "end" and any(one.label for one in series):
        _put_names(plane, series, where, dots)
    inside = where.there & (where.top < dots) & (where.bottom >= 0)
    return not (inside.any() or where.bad.any())


def _put_names(plane: Plane, series: Sequence[Series], where: Intervals, dots: int) -> None:
    """The labels of the curves at their ends."""
    glyphs, there = plane.glyphs, where.there
    columns = there.shape[1]
    end = columns - 1 - there[:, ::-1].argmax(axis=1)
    numbers = np.arange(len(series))
    dot = np.clip((where.top[numbers, end] + where.bottom[numbers, end]) >> 1, -1, dots)
    last = np.where(there.any(axis=1), end // glyphs.columns, -1)
    taken: list[bool] = []
    if where.bad.any():
        taken = np.logical_or.reduce(cells_any(where.bad, glyphs)).tolist()
    bright = [number for number, one in enumerate(series) if one.highlighted]
    order = by_importance(len(series), bright)
    names = [one.label for one in series]
    put_end_labels(plane, names, last.tolist(), dot.tolist(), order, taken)


def _put_header(plane: Plane, series: Sequence[Series], legend: Legend, y_label: str) -> None:
    """The y label and the legend above the plot, or the legend alone in its upper right corner."""
    width = plane.canvas.chars.shape[1]
    entries = [(one.label, one.pattern) for one in series] if legend == "top" else []
    room = width if plane.top else plane.chars.shape[1]
    parts = legend_parts(entries, room, plane.glyphs)
    column = width - sum(len(dots) + len(name) + 3 for dots, name in parts) + 2
    if plane.top:
        title = single_cells(y_label, width, plane.glyphs.ascii)
        if len(title) + 2 <= column or not parts:
            plane.canvas.put(0, 0, title, DIM)
    for number, (dots, name) in enumerate(parts):
        plane.canvas.put(0, column, dots, FIRST + number)
        plane.canvas.put(0, column + len(dots) + 1, name, TEXT)
        column += len(dots) + len(name) + 3
