"""The gradient profiles of several runs on one scale."""

from __future__ import annotations

import numpy as np
from rich.style import Style
from textual.strip import Strip

from ..panels.gradient_profile import LEAST_DECADES, SIGNAL, WEIGHTS, comparison, norms_of
from ..panels.held import Held
from ..panels.norm_column import NUMBER, NormColumn
from ..panels.panel import Instrument
from ..panels.rows import Part
from ..view import View
from .columns import as_comparison, at_cursor, comparing
from .comparison import Comparison, run_style
from .layers import layer_table

SHORTEST_BAR = 3
NAMES = {SIGNAL: ("error signal", "no signal"), WEIGHTS: ("W gradient", "no gradient")}


def draw(view: Comparison, width: int, height: int, held: Held) -> list[Strip]:
    """What the ratio says of each run, then a bar for each layer."""
    metric = _metric(view)
    norms = [norms_of(each, metric) for each in view.runs]
    low, high = held.decades(metric, np.concatenate(norms), LEAST_DECADES)

    def head(run: int, cells: int) -> str:
        if not view.runs[run].snapshot.count:
            return "waiting for the first step"
        lines = comparison(NAMES[metric][0], norms[run], cells)
        return lines[0] if lines else ""

    def cell(run: int, layers: range, cells: int) -> list[Part]:
        column = _column(metric, run_style(view.palette, run), cells, (low, high))
        return column.cell(view, norms[run][layers.start : layers.stop])

    return layer_table(view, head, cell, width, height, held)


def _metric(view: View) -> str:
    return SIGNAL if view.signal else WEIGHTS


def _column(metric: str, style: Style, cells: int, scale: tuple[float, float]) -> NormColumn:
    bar = cells - NUMBER - 1
    return NormColumn(*NAMES[metric], style, bar if bar >= SHORTEST_BAR else 0, NUMBER, scale)


def _title(view: View) -> str:
    name = NAMES[_metric(as_comparison(view))][0]
    return at_cursor(f"gradient profile: {name}, one scale for all", view)


PROFILE = Instrument("profile", _title, comparing(draw), heading="gradient profile")
