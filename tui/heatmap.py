"""Layers x time as a field of colors (shades without color), first layer on top."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from textual.strip import Strip

from .axes import power_label
from .canvas import Canvas, StripCache, StyleTable, single_cells
from .glyphs import Glyphs
from .palette import HEAT_LEVELS, Palette
from .plane import BAD, CURSOR, DIM, FIRST, Mark, Plane, base_styles, plain, row_frame
from .plot import inner_size

Floats = NDArray[np.float64]
Levels = NDArray[np.int16]

SCALE_HEIGHT = 4
"""From this height on the last row is the color scale."""
SCALE_WIDTH, LEAST_SCALE_WIDTH = 24, 6
BLANK_LEVEL = HEAT_LEVELS
"""The level of a cell where nothing was measured."""
HALF = "▀"
FAR = 1e6
"""Beyond the logarithm of any float."""


def heat_columns(width: int) -> int:
    """Number of columns that a heatmap of ``width`` cells has: ask for so many."""
    return inner_size(max(width, 0), 0)[1]


def heatmap(
    values: Floats,
    *,
    width: int,
    height: int,
    x_range: tuple[float, float],
    lo: float,
    hi: float,
    row_labels: Sequence[str],
    palette: Palette,
    glyphs: Glyphs,
    unit: str = "",
    marks: Sequence[Mark] = (),
    cursor: float | None = None,
    empty: str = "",
    cache: StripCache | None = None,
) -> list[Strip]:
    """Draw ``values`` (rows, columns), log10 already: ``height`` strips of ``width`` cells.

    NaN is "not measured": filled from the value before it where a later one exists, else blank.
    +inf is marked as non-finite, -inf is an exact zero with a glyph of its own. Rows fill the
    height evenly, to half a cell where there is color; too many are averaged with neighbours.

    Args:
        values: (rows, ``heat_columns(width)``).
        width: cells.
        height: cells; from 4 on the last row is the color scale.
        x_range: first step and the step after the last.
        lo: log10 of the coldest value; what is less is as cold.
        hi: log10 of the hottest value.
        row_labels: one for each row of ``values``.
        palette: colors.
        glyphs: characters.
        unit: what is shown, behind the scale.
        marks: events on the x axis.
        cursor: step at which an upright line stands, or None.
        empty: text in the middle while there is nothing to draw.
        cache: keeps unchanged strips identical from frame to frame; one a widget.

    Raises:
        ValueError: ``values`` or ``row_labels`` have another shape.
    """
    width, height = max(width, 0), max(height, 0)
    x_range, (lo, hi) = plain(x_range), plain((lo, hi))
    columns = heat_columns(width)
    if values.shape != (len(row_labels), columns):
        expected = (len(row_labels), columns)
        raise ValueError(f"values: expected shape {expected}, got {values.shape}")
    scale = height >= SCALE_HEIGHT
    canvas = Canvas(width, height)
    _, _, inner_height = inner_size(width, height - scale)
    halves = palette.colored and not palette.shaded and glyphs.columns > 1
    count = len(row_labels)
    split = 2 if halves and count and inner_height % count else 1
    room = inner_height * split
    labels = [single_cells(label, 6, glyphs.ascii) for label in row_labels]
    if count > room > 0:
        owner = np.arange(count) * room // count
        values = grouped(values, owner, room)
        labels = [labels[i] for i in np.searchsorted(owner, np.arange(room)).tolist()]
        count = room
    ticks = tuple((-(-i * room // count) // split, label) for i, label in enumerate(labels[:room]))
    # Two in one row: the first keeps its label, except for the very last.
    ticks = tuple({**dict(reversed(ticks)), **dict(ticks[1:][-1:])}.items())
    drawn = row_frame(width, height - scale, x_range, ticks, glyphs)
    plane = Plane(canvas, drawn, 0, x_range, glyphs)
    if plane.chars.size and count:
        kinds = filled(values)[np.arange(room) * count // room]
        levels = heat_levels(kinds, lo, hi)
        if split == 2:
            levels, kinds = _paired(levels, kinds)
        _put_cells(plane, levels, glyphs, palette, split)
        _put_exceptions(plane, kinds, glyphs)
        _put_cursor(plane, cursor, levels, palette, split)
    plane.put_events(marks, upright=False)
    if not (np.isfinite(values) | np.isinf(values)).any():
        plane.put_empty(empty)
    if scale:
        _put_scale(plane, height - 1, lo, hi, unit, palette, split)
    return canvas.strips(_table(palette, split), cache)


def grouped(values: Floats, owner: NDArray[np.int64], groups: int) -> Floats:
    """Rows averaged by group; +inf if a row is, -inf or NaN where no row is finite."""
    out = np.full((groups, values.shape[1]), np.nan)
    for group in range(groups):  # as many as the screen has rows
        rows = values[owner == group]
        finite = np.isfinite(rows)
        total = np.where(finite, np.clip(rows, -FAR, FAR), 0.0).sum(axis=0)
        mean = total / np.maximum(finite.sum(axis=0), 1)
        exact = np.where(np.isneginf(rows).any(axis=0), -np.inf, np.nan)
        out[group] = np.where(finite.any(axis=0), mean, exact)
        out[group][np.isposinf(rows).any(axis=0)] = np.inf
    return out


def filled(values: Floats) -> Floats:
    """Each NaN that lies between measured values replaced by the one before it."""
    measured = ~np.isnan(values)
    if measured.all():
        return values
    columns = np.arange(values.shape[1])
    before = np.maximum.accumulate(np.where(measured, columns, -1), axis=1)
    later = np.maximum.accumulate(measured[:, ::-1], axis=1)[:, ::-1]
    gap = ~measured & (before >= 0) & later
    rows = np.arange(len(values))[:, None]
    return np.where(gap, values[rows, np.maximum(before, 0)], values)


def heat_levels(values: Floats, lo: float, hi: float) -> Levels:
    """0 .. HEAT_LEVELS - 1 between ``lo`` and ``hi``; BLANK_LEVEL for NaN."""
    with np.errstate(all="ignore"):
        share = (values - lo) / (hi - lo) if hi > lo else values - lo
        level = np.clip(share, 0.0, 1.0) * (HEAT_LEVELS - 1)
        level = np.where(np.isnan(level), 0.0, level)
    return np.where(np.isnan(values), BLANK_LEVEL, np.rint(level)).astype(np.int16)


def _paired(levels: Levels, kinds: Floats) -> tuple[Levels, Floats]:
    """Two rows in one: the number of the pair of levels, and the graver of the two kinds."""
    upper, lower = kinds[::2], kinds[1::2]
    worst = np.where(np.isposinf(lower) | np.isnan(upper), lower, upper)
    return levels[::2] * (HEAT_LEVELS + 1) + levels[1::2], worst


@lru_cache(16)
def _table(palette: Palette, split: int) -> StyleTable:
    """Base styles; one for each level, a blank one (or one for each pair of those); cursor ones."""
    heat = palette.heat_styles()
    ground = [style.color for style in heat]
    if split == 2:
        colors = [*ground, None]
        pairs = [
            Style(color=upper or palette.background, bgcolor=lower or palette.background)
            for upper in [color and color.name for color in colors]
            for lower in [color and color.name for color in colors]
        ]
        middle: list[Style] = pairs
    else:
        middle = [*heat, palette.dim]
    over = [
        palette.cursor + Style(bgcolor=color.name) if color else palette.cursor for color in ground
    ]
    return StyleTable([*base_styles(palette), *middle, *over, palette.cursor])


def _put_cells(plane: Plane, levels: Levels, glyphs: Glyphs, palette: Palette, split: int) -> None:
    """The field itself."""
    plane.index[...] = levels + FIRST
    if split == 2:
        plane.chars[...] = ord(HALF)
    else:
        plane.chars[...] = _level_chars(glyphs, palette.shaded)[levels]


@lru_cache(8)
def _level_chars(glyphs: Glyphs, shaded: bool) -> NDArray[np.uint32]:
    """The character of each level, the blank one last."""
    shades = glyphs.shades[1:] if shaded or glyphs.ascii else glyphs.shades[-1]
    text = "".join(shades[i * len(shades) // HEAT_LEVELS] for i in range(HEAT_LEVELS)) + " "
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _put_exceptions(plane: Plane, kinds: Floats, glyphs: Glyphs) -> None:
    """Marks of non-finite values and of exact zeros."""
    for flags, glyph, style in (
        (np.isneginf(kinds), glyphs.zero, DIM),
        (np.isposinf(kinds), glyphs.bad, BAD),
    ):
        plane.chars[flags] = ord(glyph)
        plane.index[flags] = style


def _put_cursor(
    plane: Plane, cursor: float | None, levels: Levels, palette: Palette, split: int
) -> None:
    """The cursor line, on the colors that it stands on."""
    column = -1 if cursor is None else plane.column_of(cursor)
    if column < 0:
        return
    first = len(_table(palette, split).styles) - HEAT_LEVELS - 1
    upper = levels[:, column] // (HEAT_LEVELS + 1) if split == 2 else levels[:, column]
    plane.chars[:, column] = ord(plane.glyphs.cursor)
    plane.index[:, column] = CURSOR
    plane.index[:, column] = first + upper


def _put_scale(
    plane: Plane, row: int, lo: float, hi: float, unit: str, palette: Palette, split: int
) -> None:
    """The color scale between its ends, and what it measures."""
    canvas, left = plane.canvas, plane.left
    width = canvas.chars.shape[1]
    least, greatest = power_label(lo), power_label(hi)
    room = width - left - len(least) - 2
    shown = single_cells(unit, width, plane.glyphs.ascii)
    behind = f"{greatest}  {shown}" if shown else greatest
    if room - len(behind) < LEAST_SCALE_WIDTH:
        behind = greatest
    cells = min(SCALE_WIDTH, room - len(behind))
    if cells < LEAST_SCALE_WIDTH:
        return
    canvas.put(row, left, least, DIM)
    levels = np.arange(cells) * (HEAT_LEVELS - 1) // (cells - 1)
    bar = slice(left + len(least) + 1, left + len(least) + 1 + cells)
    canvas.chars[row, bar] = _level_chars(plane.glyphs, palette.shaded)[levels]
    canvas.index[row, bar] = FIRST + levels * (HEAT_LEVELS + 2 if split == 2 else 1)
    canvas.put(row, bar.stop + 1, behind, DIM)
