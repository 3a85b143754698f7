"""The Euclidean norm that does not lie: neither overflows nor vanishes before its entries do."""

from __future__ import annotations

import math

import numpy as np

from .record import Array

LEAST_SQUARE = {
    np.dtype(name): float(np.finfo(name).tiny / np.finfo(name).eps)
    for name in ("float32", "float64")
}


def norm(array: Array) -> float:
    """The Euclidean norm of all entries, right wherever a float64 can hold it.

    NaN where an entry is NaN, else inf where one is infinite; 0 for no entries at all. Where the
    squares leave the range of the array's type, they are taken again of entries scaled to 1.
    """
    flat = array.ravel(order="K")
    square = float(np.vdot(flat, flat))  # which warns of nothing, unlike dot
    # Below tiny / eps, squares may have lost digits or become 0.
    if LEAST_SQUARE[flat.dtype] < square < math.inf:
        return math.sqrt(square)
    with np.errstate(all="ignore"):
        largest = float(np.abs(flat).max(initial=0))
        if largest == 0 or not math.isfinite(largest):
            return largest
        scaled = flat / largest
        return largest * math.sqrt(float(np.vdot(scaled, scaled)))
