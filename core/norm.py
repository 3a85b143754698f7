"""Norm and dot product that neither overflow nor vanish before their result does."""

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


def dot(a: Array, b: Array) -> float:
    """The dot product of two flat arrays of one type, right wherever a float64 can hold it."""
    product = float(np.vdot(a, b))
    if LEAST_SQUARE[a.dtype] < abs(product) < math.inf:
        return product
    with np.errstate(all="ignore"):
        largest_a, largest_b = (float(np.abs(array).max(initial=0)) for array in (a, b))
        if not 0 < largest_a * largest_b < math.inf:
            return product
        return largest_a * (largest_b * float(np.vdot(a / largest_a, b / largest_b)))
