"""What a chart draws: one curve as the least and greatest value of every sub-column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from ..core.record import Row
from .palette import Palette
from .traces import Pattern

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One curve: the least and greatest value in each sub-column, NaN where nothing was measured.

    Arrays have shape ``(columns,)``, columns as ``plot_columns`` says; they divide the chart's
    ``x_range`` evenly. Values are raw: ``draw_chart(log=True)`` takes the logarithms.
    """

    label: str
    low: Row
    high: Row
    style: Style
    bad: Flags | None = None
    """A non-finite value was measured in the column: marked at the top edge."""
    band: tuple[Row, Row] | None = None
    """(low, high) of an area drawn in ``palette.band`` behind all curves."""
    pattern: Pattern = "solid"
    highlighted: bool = False
    """Drawn above the others, in bold."""


def middle(low: Row, high: Row, *, log: bool = False) -> Row:
    """The middle of an envelope (geometric with ``log``): the line for a ``band=(low, high)``."""
    with np.errstate(all="ignore"):
        if log:
            between: Row = np.sqrt(low) * np.sqrt(high)
            return np.where(low > 0, between, high)
        return low / 2 + high / 2


def layer_series(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    bad: Flags,
    palette: Palette,
    *,
    bands: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    highlighted: int | None = None,
) -> tuple[Series, ...]:
    """One series a layer, labelled L1 ..., in ``palette.layer_colors``; arrays (columns, layers).

    ``bands`` are the (low, high) of their bands. ``highlighted`` is a layer's index, from 1, or
    None.
    """
    styles = palette.layer_colors(low.shape[1])
    return tuple(
        Series(
            f"L{i + 1}",
            low[:, i],
            high[:, i],
            style,
            bad[:, i],
            band=None if bands is None else (bands[0][:, i], bands[1][:, i]),
            highlighted=i + 1 == highlighted,
        )
        for i, style in enumerate(styles)
    )
