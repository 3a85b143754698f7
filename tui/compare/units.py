"""Units that do not learn, of several runs: dead ReLUs, or saturated sigmoids and tanhs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from textual.strip import Strip

from ...core.record import Row
from ..bars import hbar
from ..number_format import percent_text
from ..panels.held import Held
from ..panels.layer_groups import layers_text
from ..panels.panel import Instrument
from ..panels.rows import Part, pad
from ..view import View
from .columns import at_cursor, comparing
from .comparison import Comparison, run_style
from .layers import layer_table

NUMBER = len("99.9 % dead")
"""Cells of a share and what it is a share of."""


@dataclass(frozen=True, slots=True)
class Idle:
    """The share of units of each layer that do not learn, and why."""

    word: str
    """``dead`` or ``saturated``; empty where no unit can be either."""
    shares: Row
    """(n_layers,); NaN for a layer without such units, or not measured yet."""
    widths: Row


def draw(view: Comparison, width: int, height: int, held: Held) -> list[Strip]:
    """What it comes to in each run, then a bar for each layer; a full bar is every unit."""
    idle = [_idle(each) for each in view.runs]

    def head(run: int, cells: int) -> str:
        return _summary(idle[run])

    def cell(run: int, layers: range, cells: int) -> list[Part]:
        one = idle[run]
        shares = one.shares[layers.start : layers.stop]
        widths = one.widths[layers.start : layers.stop]
        known = np.isfinite(shares)
        if not known.any():
            return [("-", view.palette.dim)]
        share = float(np.average(shares[known], weights=widths[known]))
        bar = max(cells - NUMBER - 1, 0)
        text = f"{percent_text(share)} {'dead' if one.word == 'dead' else 'sat'}"
        return [
            (hbar(share, bar, view.glyphs), run_style(view.palette, run)),
            (" " + pad(text, NUMBER, right=True), view.palette.text),
        ]

    return layer_table(view, head, cell, width, height, held)


def _idle(view: View) -> Idle:
    layers = view.snapshot.layout.layers
    widths = np.array([float(info.width) for info in layers])
    nothing = np.full(len(layers), np.nan)
    if any(info.rectifier for info in layers):
        shares = np.asarray(view.snapshot.last_measured("dead", view.moment), np.float64) / widths
        can = np.array([info.rectifier for info in layers])
        word = "dead"
    elif any(info.bounded for info in layers):
        shares = np.asarray(view.snapshot.last_measured("saturated", view.moment), np.float64)
        can = np.array([info.bounded for info in layers])
        word = "saturated"
    else:
        return Idle("", nothing, widths)
    possible = can & (shares >= 0) & (shares <= 1)
    return Idle(word, np.where(possible, shares, np.nan), widths)


def _summary(idle: Idle) -> str:
    """``12 of 320 ReLU units dead (3.8 %)``, ``saturated: 45 % at most, in layer 10``."""
    known = np.isfinite(idle.shares)
    if not idle.word:
        return "no unit of it can die or saturate"
    if not known.any():
        return f"{idle.word} units not counted yet"
    if idle.word == "dead":
        units, dead = idle.widths[known].sum(), (idle.shares * idle.widths)[known].sum()
        return f"{dead:.0f} of {units:.0f} ReLU units dead ({percent_text(dead / units)})"
    most = int(np.nanargmax(idle.shares))
    where = layers_text([most + 1])
    return f"saturated: {percent_text(float(idle.shares[most]))} at most, in {where}"


TITLE = "units that do not learn"
UNITS = Instrument("units", lambda view: at_cursor(TITLE, view), comparing(draw), heading=TITLE)
