"""A bar of two parts: solid up to one share, light up to a second."""

from __future__ import annotations

from ..bars import hbar
from ..glyphs import Glyphs


def two_part_bar(solid: float, light: float, cells: int, glyphs: Glyphs) -> tuple[str, str]:
    """The solid and the light part, together at most ``cells`` cells; no blanks.

    Shares are cut to 0..1, NaN counts as 0. A part that is not 0 has at least a sliver. The parts
    meet at whole cells, since a fraction of a cell between them would look like a gap; only a solid
    part of less than half a cell is shown as the sliver that it is.
    """
    first = max(min(solid, 1.0), 0.0) if solid == solid else 0.0
    second = max(min(light, 1.0), first) if light == light else first
    whole = hbar(first, cells, glyphs).rstrip()
    if second <= first or cells < 1:
        return whole, ""
    if len(whole) > 1 or first * cells >= 0.5:
        whole = glyphs.bar[-1] * min(round(first * cells), max(cells - 1, 1))
    ends = min(max(round(second * cells), len(whole) + 1), cells)
    return whole, glyphs.shades[1] * (ends - len(whole))
