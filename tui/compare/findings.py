"""The findings of several runs."""

from __future__ import annotations

from textual.strip import Strip

from ..panels.findings import FINDINGS as OF_ONE
from ..panels.held import Held
from ..panels.panel import Instrument
from ..panels.rows import row
from .columns import comparing, letter, side_by_side
from .comparison import Comparison

LETTER = 2
"""Cells left of a run's findings."""


def draw(view: Comparison, width: int, height: int, held: Held) -> list[Strip]:
    """What was found in each run; one below the other where all is in one picture."""
    if not view.overlaid:
        return side_by_side(
            view,
            lambda run, width, height, held: _of(view, run, width, height, held),
            width,
            height,
            held,
        )
    strips: list[Strip] = []
    for run in range(view.count):
        share = (height * (run + 1)) // view.count - len(strips)
        strips += _of(view, run, width, share, held.part(run))
    return strips


def _of(view: Comparison, run: int, width: int, height: int, held: Held) -> list[Strip]:
    said = OF_ONE.draw(view.runs[run], max(width - LETTER, 0), height, held)
    name = row(view, [letter(view, run)], min(LETTER, width))
    blank = row(view, (), min(LETTER, width))
    return [held.joined(y, (blank if y else name, strip)) for y, strip in enumerate(said)]


FINDINGS = Instrument("findings", lambda view: "findings", comparing(draw))
