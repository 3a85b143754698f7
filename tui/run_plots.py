"""Pictures of a run for print: what ``--plot`` adds to the summary."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..core.history import Snapshot
from .text_plot import draw_text_plot

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]

HEIGHT = 14
COLUMNS = 256
"""Parts of the run of which each curve shows the extremes."""


def run_plots(snapshot: Snapshot, *, width: int, box: bool) -> str:
    """The loss, and the error signal of the first, the middle and the last layer, on log axes.

    Args:
        snapshot: the run; nothing is drawn of one that has no step.
        width: cells.
        box: the terminal can show box-drawing characters and braille.
    """
    if not snapshot.count:
        return ""
    losses = {"training": _curve(snapshot, "loss")}
    if not np.isnan(snapshot.last_measured("validation_loss")):
        losses["validation"] = _curve(snapshot, "validation_loss")
    n_layers = snapshot.layout.n_layers
    signals = {
        f"layer {layer}": _curve(snapshot, "error_signal", layer - 1)
        for layer in sorted({1, (n_layers + 1) // 2, n_layers})
    }
    return "\n".join(
        draw_text_plot(curves, width=width, height=HEIGHT, log=True, title=title, box=box)
        for title, curves in (("loss", losses), ("error signal", signals))
    )


def _curve(snapshot: Snapshot, name: str, layer: int | None = None) -> Curve:
    """The least and the greatest value of each part of the run, at the part's first step."""
    start, stop = snapshot.first_step, snapshot.last_step + 1
    found = snapshot.envelope(name, start, stop, min(COLUMNS, stop - start))
    low, high = (x if layer is None else x[:, layer] for x in (found.low, found.high))
    measured = ~np.isnan(low)
    steps = found.edges[:-1][measured]
    return np.concatenate([steps, steps]), np.concatenate([low[measured], high[measured]])
