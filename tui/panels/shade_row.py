"""A share over time as one row of shades: the glyph says as much as the colour does."""

from __future__ import annotations

import numpy as np
from rich.style import Style

from ...core.record import Row
from ..view import View
from .rows import Part

NONE = "."
"""A cell in which the share was measured and is nothing."""


def held_on(view: View, share: Row) -> Row:
    """A share measured now and then, ``(columns,)`` of the steps shown, NaN where it was not.

    Between two measurements the older one stands; nothing stands after the newest step.
    """
    measured = np.flatnonzero(np.isfinite(share))
    if not measured.size:
        return share
    column = np.arange(len(share))
    before = np.searchsorted(measured, column, side="right") - 1
    held = np.where(before >= 0, share[measured[np.maximum(before, 0)]], np.nan)
    start, stop = view.shown
    steps = start + column * (stop - start) / len(share)
    held[steps > view.snapshot.last_step] = np.nan
    return held


def shade_row(view: View, shares: Row, style: Style) -> list[Part]:
    """A cell for each share 0..1, a blank for NaN; runs of one style in one part."""
    shades = view.glyphs.shades
    parts: list[Part] = []
    for share in shares:
        if not np.isfinite(share):
            cell: Part = (" ", view.palette.dim)
        elif share <= 0:
            cell = (NONE, view.palette.dim)
        else:
            level = min(1 + int(share * (len(shades) - 1)), len(shades) - 1)
            cell = (shades[level], style)
        if parts and parts[-1][1] == cell[1]:
            parts[-1] = (parts[-1][0] + cell[0], cell[1])
        else:
            parts.append(cell)
    return parts
