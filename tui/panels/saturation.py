"""What the dead ReLUs panel shows of a network without ReLUs: where its units are saturated."""

from __future__ import annotations

import numpy as np
from textual.strip import Strip

from ...core.record import Row
from ..bars import hbar
from ..number_format import percent_text
from ..view import View
from .layer_groups import group_label, layer_groups
from .rows import Part, pad, rows, wrap

LABEL = 5
SHARE = 6
"""Cells of a row's label and of a share in per cent."""


def draw_without_rectifiers(view: View, width: int, height: int) -> list[Strip]:
    """What to do with this panel when no unit can die; saturation, where units can saturate."""
    palette = view.palette
    text = (
        "No ReLU layers, so no unit can be dead or silent. "
        "Try --set network.activation=relu to see some."
    )
    lines: list[list[Part]] = [[(line, palette.dim)] for line in wrap(text, width)]
    bounded = [i for i, info in enumerate(view.snapshot.layout.layers) if info.bounded]
    room = height - len(lines) - 2
    if not bounded or room < 1 or not view.snapshot.count:
        return rows(view, lines, width, height)
    saturated = np.asarray(view.snapshot.last_measured("saturated", view.moment), dtype=np.float64)
    groups = layer_groups(len(bounded), room)
    which = "each layer" if len(groups) == len(bounded) else "each row, at most"
    lines += [[], [(f"saturated activations of {which}", palette.text)]]
    for picked in groups:
        layers = [bounded[i] for i in picked]
        label = group_label(range(layers[0], layers[-1] + 1))
        lines.append(_saturation_row(view, label, saturated[layers], width))
    return rows(view, lines, width, height)


def _saturation_row(view: View, label: str, shares: Row, width: int) -> list[Part]:
    palette = view.palette
    known = shares[np.isfinite(shares)]
    share = float(known.max()) if known.size else float("nan")
    text = percent_text(share) if known.size else "?"
    bar = max(width - LABEL - 1 - 1 - SHARE, 0)
    filled = hbar(min(max(share, 0.0), 1.0), bar, view.glyphs) if known.size else " " * bar
    return [
        (pad(label, LABEL, right=True) + " ", palette.text),
        (filled, palette.warning),
        (" " + pad(text, SHARE, right=True), palette.text),
    ]
