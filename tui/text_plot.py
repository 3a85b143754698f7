"""Curves for print: what ``--plot`` shows where there is no screen."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from .axes import fit_linear, fit_log
from .plane import x_ticks, y_ticks
from .plot import ASCII_BOX, inner_size, picture
from .safe_text import safe_text

Floats = NDArray[np.float64]

MARKERS = ("braille", "o", "x", "+")
ASCII_MARKERS = ("*", "o", "x", "+")
BRAILLE_SAMPLE = "⠒⠒"
LEAST_WIDTH, LEAST_HEIGHT = 32, 8


def draw_text_plot(
    curves: Mapping[str, tuple[Floats, Floats]],
    *,
    width: int = 72,
    height: int = 18,
    log: bool = False,
    title: str = "",
    box: bool = True,
) -> str:
    """A picture for print, drawn by plotext: lines of text without color or escapes.

    Args:
        curves: (steps, values) by name, in any order of steps, each of shape (points,).
        width: cells, 32 at least.
        height: rows of axes and curves, 8 at least; title and legend come on top of them.
        log: log10 axis; what is not positive is left out.
        title: a line above.
        box: draw with box-drawing characters and braille, else in ASCII.

    What cannot be drawn is counted in the last line.
    """
    width, height = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    _, columns, rows = inner_size(width, height)
    points = {name: _drawable(*curve, log=log) for name, curve in curves.items()}
    steps, values = (
        np.concatenate([np.empty(0), *(point[axis] for point in points.values())])
        for axis in (0, 1)
    )
    x_range = (float(steps.min()), float(steps.max()) + 1) if steps.size else (0.0, 1.0)
    fit = fit_log if log else fit_linear
    y_range = fit(float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    drawn, legend = [], []
    for (name, (x, y)), marker in zip(
        points.items(), cycle(MARKERS if box else ASCII_MARKERS), strict=False
    ):
        across = _shares(x, *x_range) * columns - 0.5
        drawn.append((*_thinned(across, _shares(y, *y_range) * (rows - 1)), marker))
        legend.append(f"{marker.replace('braille', BRAILLE_SAMPLE)} {safe_text(name, 24)}")
    lines = picture(width, rows, y_ticks(y_range, rows, log, 1), x_ticks(x_range, columns), drawn)
    lost = sum(np.size(x) for x, _ in curves.values()) - steps.size
    if lost:
        why = "not finite or not positive" if log else "not finite"
        legend.append(f"(not drawn: {lost:,} {why})")
    if not box:
        lines = [line.translate(ASCII_BOX) for line in lines]
    lines = [safe_text(title, width), *lines, "   ".join(legend)]
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())


def _drawable(steps: Floats, values: Floats, *, log: bool) -> tuple[Floats, Floats]:
    """The points that have a place on the axes, by step; values are log10 with ``log``."""
    steps, values = np.asarray(steps, np.float64), np.asarray(values, np.float64)
    sound = np.isfinite(steps) & np.isfinite(values)
    if log:
        sound &= values > 0
    steps, values = steps[sound], values[sound]
    order = np.argsort(steps, kind="stable")
    return steps[order], np.log10(values[order]) if log else values[order]


def _shares(values: Floats, lo: float, hi: float) -> Floats:
    """Values as 0 .. 1 between ``lo`` and ``hi``, also where the span overflows."""
    if hi - lo == np.inf:
        values, lo, hi = values / 4, lo / 4, hi / 4
    return (values - lo) / (hi - lo)


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """First, least, greatest and last point of each column: fast, and no spike is lost."""
    if not len(x):
        return x, y
    column = np.floor(x + 0.5)
    starts = np.flatnonzero(np.diff(column, prepend=-np.inf))
    stops = np.append(starts[1:], len(x)) - 1
    least, greatest = np.lexsort((y, column))[starts], np.lexsort((-y, column))[starts]
    kept = np.unique(np.concatenate([starts, least, greatest, stops]))
    return x[kept], y[kept]
