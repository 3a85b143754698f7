"""Giving each input mean 0 and standard deviation 1, for numbers of any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

ROUNDING = 4 * np.finfo(np.float64).eps
"""A spread below this share of the largest magnitude is rounding, and no signal."""


def fit(X: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and scale (features,) of each column of ``X (n, features)``, n at least 1.

    The scale is the standard deviation (dividing by n). Where a feature is constant, to within
    rounding or subnormal numbers, it is 1, and the mean of equal values is exactly that value, so
    that they become exactly 0. Nothing overflows, whatever finite numbers ``X`` holds: both are
    computed on columns scaled by a power of two, which costs no accuracy.
    """
    low, high = X.min(axis=0), X.max(axis=0)
    magnitude = np.maximum(np.abs(low), np.abs(high))
    exponent = np.frexp(magnitude)[1]
    scaled = np.ldexp(X, -exponent)  # all within (-1, 1)
    center = scaled.mean(axis=0)
    center += (scaled - center).mean(axis=0)  # the first sum has rounding errors that grow with n
    center = np.clip(center, np.ldexp(low, -exponent), np.ldexp(high, -exponent))
    spread = np.sqrt(np.square(scaled - center).mean(axis=0))
    spread = np.minimum(spread, np.nextafter(1.0, 0.0))  # or rounding makes 2 ** 1024 of it
    mean, scale = np.ldexp(center, exponent), np.ldexp(spread, exponent)
    constant = (scale <= ROUNDING * magnitude) | (scale < np.finfo(np.float64).tiny)
    return mean, np.where(constant, 1.0, scale)


def apply(X: Matrix, mean: Matrix, scale: Matrix) -> Matrix:
    """``(X - mean) / scale``, in float64; infinite only where the result itself is too large."""
    with np.errstate(over="ignore"):
        # Halves, because the difference of two large numbers may overflow where its quotient fits.
        return np.asarray((X * 0.5 - mean * 0.5) / scale * 2.0)
