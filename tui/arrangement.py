"""Which layout a terminal of a given size gets; the layouts are in ``backscope.tcss``."""

from __future__ import annotations

from enum import StrEnum

LEAST_WIDTH, LEAST_HEIGHT = 60, 16


class Arrangement(StrEnum):
    """The layouts; each is a class of the dashboard."""

    TINY = "-tiny"
    """Nothing fits: a line says so."""
    SMALL = "-small"
    """From 60 x 16: status row, loss, profile, norms, findings; the others are a key away."""
    MEDIUM = "-medium"
    """From 100 x 34: all panels, two equal columns."""
    LARGE = "-large"
    """From 160 x 48: all panels, the time axes wider."""


def arrange(width: int, height: int) -> Arrangement:
    """The layout for a terminal of so many columns and rows."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return Arrangement.TINY
    if width >= 160 and height >= 48:
        return Arrangement.LARGE
    if width >= 100 and height >= 34:
        return Arrangement.MEDIUM
    return Arrangement.SMALL


def too_small(width: int, height: int) -> str:
    """What is said where nothing fits."""
    needed = f"{LEAST_WIDTH} x {LEAST_HEIGHT}"
    return f"Backscope needs {needed}; this terminal is {width} x {height}"
