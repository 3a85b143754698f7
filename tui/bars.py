"""Horizontal bars as text."""

from __future__ import annotations

import math

from .glyphs import Glyphs


def hbar(fraction: float, width: int, glyphs: Glyphs) -> str:
    """A bar of exactly ``width`` cells, filled from the left as finely as the glyphs can.

    ``fraction`` is cut to 0..1; NaN is an empty bar. Anything above 0 shows at least a sliver.
    """
    if width <= 0:
        return ""
    parts = len(glyphs.bar) - 1
    share = min(max(fraction, 0.0), 1.0) if fraction == fraction else 0.0
    filled = round(share * width * parts)
    if share > 0:
        filled = max(filled, 1)
    full, rest = divmod(filled, parts)
    return (glyphs.bar[-1] * full + glyphs.bar[rest] * (full < width)).ljust(width)[:width]


def log_bar(value: float, lo: float, hi: float, width: int, glyphs: Glyphs) -> str:
    """``hbar`` of log10(value) between ``lo`` and ``hi`` (log10); above zero at least a sliver.

    Zero is empty; NaN, infinities and negative values are the non-finite glyph and blanks.
    """
    if width <= 0:
        return ""
    if not 0 <= value < math.inf:
        return glyphs.bad.ljust(width)
    if value == 0:
        return " " * width
    span = hi - lo
    share = (math.log10(value) - lo) / span if span > 0 else 1.0
    return hbar(max(share, 1e-9), width, glyphs)
