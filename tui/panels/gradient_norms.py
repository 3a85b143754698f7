"""Gradient norms of every layer over time: as lines, or as a heatmap layers x time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from textual.strip import Strip

from ..chart import draw_chart, heat_columns, heatmap, layer_series, middle, plot_columns
from ..view import View
from .happenings import marks
from .held import Held
from .panel import Instrument, chart_axis
from .rows import rows

if TYPE_CHECKING:
    from ...core.history import Envelope

LEAST_DECADES = 3.0
"""Decades of the heatmap's colour scale: a healthy network must look even."""


def draw(view: View, width: int, height: int, held: Held | None = None) -> list[Strip]:
    """The W gradient's norm, or the error signal, on a log scale."""
    columns = heat_columns(width) if view.heatmap else plot_columns(width, view.glyphs)
    if width < 1 or height < 1 or columns < 1:
        return rows(view, [], width, height)
    name = "error_signal" if view.signal else "weight_gradient_norm"
    envelope = view.snapshot.envelope(name, *view.shown, columns)
    picture = _heatmap if view.heatmap else _lines
    return picture(view, width, height, envelope, held or Held())


def _lines(view: View, width: int, height: int, envelope: Envelope, held: Held) -> list[Strip]:
    low, high = envelope.low, envelope.high
    start, stop = view.shown
    thinned = stop - start > len(low)
    line = middle(low, high, log=True) if thinned else low
    fine = view.palette.colored and view.glyphs.columns * view.glyphs.rows > 4
    # As for the loss: the bands hold every value, each line runs through its layer's middle.
    bands = (low, high) if thinned and fine else None  # coarse, none could be told from another
    ends = (line, line) if thinned else (low, high)
    curves = layer_series(*ends, envelope.bad, view.palette, bands=bands)
    return draw_chart(
        curves,
        width=width,
        height=height,
        x_range=view.shown,
        y_range=held.y.update(low, high, log=True),
        palette=view.palette,
        glyphs=view.glyphs,
        log=True,
        marks=marks(view),
        cursor=view.cursor,
        legend="end",
        empty=_empty(view, envelope),
        cache=held.strips,
    )


def _heatmap(view: View, width: int, height: int, envelope: Envelope, held: Held) -> list[Strip]:
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.log10(envelope.high.T)
    values[envelope.bad.T] = np.inf
    low, high = held.decades("heat", envelope.high, LEAST_DECADES)
    return heatmap(
        values,
        width=width,
        height=height,
        x_range=view.shown,
        lo=low,
        hi=high,
        row_labels=[f"L{layer.index}" for layer in view.snapshot.layout.layers],
        palette=view.palette,
        glyphs=view.glyphs,
        unit="error signal" if view.signal else "W gradient norm",
        marks=marks(view),
        cursor=view.cursor,
        empty=_empty(view, envelope),
        cache=held.strips,
    )


def _empty(view: View, envelope: Envelope) -> str:
    if not view.snapshot.count:
        return "waiting for the first step"
    if np.any(envelope.high == 0):
        return "every gradient here is exactly 0"
    return "nothing to show in this range"


TITLE = "W gradient norms, log"


def _title(view: View) -> str:
    return "error signal per layer, log" if view.signal else TITLE


GRADIENT_NORMS = Instrument("gradient_norms", _title, draw, chart_axis, TITLE)
