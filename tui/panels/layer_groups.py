"""Layers in words, and which of them share a row when there are more layers than rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def layer_groups(layers: int, rows: int) -> list[range]:
    """Neighbouring layers (from 0) in at most ``rows`` groups that cover all of them.

    The first and the last layer keep a row of their own where there is room for it: they are what
    is compared.
    """
    if layers < 1 or rows < 1:
        return []
    if layers <= rows:
        return [range(layer, layer + 1) for layer in range(layers)]
    if rows < 3:
        return _split(0, layers, rows)
    return [range(1), *_split(1, layers - 1, rows - 2), range(layers - 1, layers)]


def group_label(group: range) -> str:
    """``4``, or ``4-7`` for layers 4 to 7, counted from 1."""
    first, last = group.start + 1, group.stop
    return str(first) if first == last else f"{first}-{last}"


def _split(start: int, stop: int, parts: int) -> list[range]:
    edges = [start + (stop - start) * part // parts for part in range(parts + 1)]
    return [range(left, right) for left, right in pairwise(edges)]


def layers_text(layers: Iterable[int] | NDArray[np.intp]) -> str:
    """``layer 4``, ``layers 1-3, 7`` for indices from 1; empty without layers."""
    spans: list[list[int]] = []
    for layer in sorted(set(layers)):
        if spans and layer == spans[-1][1] + 1:
            spans[-1][1] = layer
        else:
            spans.append([layer, layer])
    words = [str(first) if first == last else f"{first}-{last}" for first, last in spans]
    if not words:
        return ""
    one = len(spans) == 1 and spans[0][0] == spans[0][1]
    return f"{'layer' if one else 'layers'} {', '.join(words)}"
