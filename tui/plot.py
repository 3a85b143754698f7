"""What plotext draws: the axes of a live chart, cached, and curves for print.

plotext is given nothing it could trip over: axes are laid out in whole cells, with ticks and labels
of our own, so no number of a run ever reaches it. Each picture has a figure of its own, because the
module-level one of plotext is shared by all threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABEL_WIDTH = 6
GUTTER = LABEL_WIDTH + 1
"""Cells left of the plot: tick labels and the axis. Fixed, so that columns never shift."""
FOOT = 2
"""Rows below the plot: the axis and its labels."""
MIN_WIDTH = 20
MIN_HEIGHT = 6

Ticks = tuple[tuple[int, str], ...]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A drawn frame: its characters and the rectangle inside the axes."""

    chars: NDArray[np.uint32]
    """Code points (height, width), read-only."""
    axes: NDArray[np.bool_]
    """Which cells are lines rather than labels, (height, width), read-only."""
    left: int
    top: int
    width: int
    height: int

    @property
    def rows(self) -> list[str]:
        """The frame as text."""
        return ["".join(map(chr, row)) for row in self.chars.tolist()]


def inner_size(width: int, height: int) -> tuple[int, int, int]:
    """(left, width, height) of the plot inside a frame; without room there is no axis."""
    left = GUTTER if width >= MIN_WIDTH else 0
    foot = FOOT if height >= MIN_HEIGHT and left else 0
    return left, max(width - left, 0), max(height - foot, 0)


@lru_cache(64)
def frame(
    width: int,
    height: int,
    y_ticks: Ticks,
    x_ticks: Ticks,
    *,
    box: bool = True,
) -> Frame:
    """Axes of ``width`` x ``height`` cells. Ticks are (cell row from the top or column, label).

    Args:
        width: cells; below ``MIN_WIDTH`` there are no axes.
        height: cells; below ``MIN_HEIGHT`` there is no x axis.
        y_ticks: at rows of the plot, 0 on top. Labels longer than ``LABEL_WIDTH`` are left out.
        x_ticks: at columns of the plot. Labels that would touch are left out by plotext.
        box: draw with box-drawing characters, else in ASCII.
    """
    left, inner_width, inner_height = inner_size(width, height)
    rows = [" " * width] * height
    if left and inner_height:
        foot = height > inner_height
        labels = {row: label for row, label in y_ticks if 0 <= row < inner_height}
        shown = tuple((row, label) for row, label in labels.items() if len(label) <= LABEL_WIDTH)
        rows = picture(width, inner_height, shown, x_ticks if foot else ())[:height]
    if not box:
        rows = [row.translate(ASCII_BOX) for row in rows]
    text = "".join(rows).encode("utf-32-le", "replace")
    chars = np.frombuffer(text, np.uint32).reshape(height, width)
    axes = np.zeros((height, width), np.bool_)
    axes[:inner_height, left - 1 : left] = True
    if left:
        axes[inner_height : inner_height + 1] = True
    axes.setflags(write=False)
    return Frame(chars, axes, left, 0, inner_width, inner_height)


ASCII_BOX = str.maketrans("│─└┤┬", "|-+++")
"""Axes in ASCII."""


def picture(
    width: int,
    inner_height: int,
    y_ticks: Ticks,
    x_ticks: Ticks,
    curves: Sequence[tuple[Floats, Floats, str]] = (),
) -> list[str]:
    """Axes with curves: ``inner_height + FOOT`` rows of ``width`` cells, without color.

    Args:
        width: cells, ``MIN_WIDTH`` at least.
        inner_height: rows above the x axis, 1 at least.
        y_ticks: (row from the top, label).
        x_ticks: (column, label).
        curves: (x, y, marker) in cells of the plot, finite, y upwards. The marker is a character or
            ``braille``.
    """
    inner_width = width - GUTTER
    figure = _figure(width, inner_height + FOOT)
    figure.xlim(0, max(inner_width - 1, 1))
    figure.ylim(0, max(inner_height - 1, 1))
    figure.scatter([0], [0], marker=" ")  # without data plotext draws no ticks
    for x, y, marker in curves:
        figure.plot(x.tolist(), y.tolist(), marker=marker)
    # Blank labels off the plot keep the gutter and the label row where there are no others.
    labels = [(inner_height - 1 - row, label.rjust(LABEL_WIDTH)) for row, label in y_ticks]
    figure.yticks(*_columns([(-1, " " * LABEL_WIDTH), *labels]))
    figure.xticks(*_columns([*x_ticks, (2 * width, " ")]))
    rows = _uncolored(figure.build()).split("\n")
    return [row.ljust(width)[:width] for row in rows[: inner_height + FOOT]]


def _columns(ticks: list[tuple[int, str]]) -> tuple[list[int], list[str]]:
    return [place for place, _ in ticks], [label for _, label in ticks]


def _figure(width: int, height: int) -> Any:
    """A plotext figure of its own, without color and not clamped to the terminal."""
    from plotext._figure import _figure_class  # late: 20 ms that only a chart has to pay

    figure = _figure_class()
    figure._limit_size(False, False)
    figure.plot_size(width, height)
    figure.theme("clear")
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    return figure


def _uncolored(picture: str) -> str:
    from plotext._utility import uncolorize

    return str(uncolorize(picture))
