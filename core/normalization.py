"""Batch and layer normalization: z made standard, its way back, and the running statistics.

Batch normalization gives each unit mean 0 and variance 1 over the rows of the batch (Ioffe and
Szegedy 2015), layer normalization each row over the units of the layer (Ba et al. 2016). Scale and
shift, gamma and beta, belong to the layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .record import Array

EPSILON = 1e-5
"""Added to every variance, as in PyTorch."""
RUNNING_MOMENTUM = 0.1
"""Share of the newest batch in the running statistics of batch normalization, as in PyTorch."""


@dataclass(frozen=True, slots=True)
class Standardized:
    """z with mean 0 and variance 1, and what made it so."""

    values: Array
    """``(batch, fan_out)``."""
    inverse_std: Array
    """``(1, fan_out)`` for batch, ``(batch, 1)`` for layer normalization, as all that follows."""
    mean: Array
    variance: Array


@dataclass(slots=True)
class RunningStatistics:
    """Mean and variance of a batch-normalized layer's z, ``(fan_out,)`` each, for evaluation."""

    mean: Array
    variance: Array

    def absorb(self, batch: Standardized) -> None:
        """Move towards the statistics of one batch (unbiased variance, as in PyTorch)."""
        rows = len(batch.values)
        variance = batch.variance[0] * (rows / max(rows - 1, 1))
        self.mean += RUNNING_MOMENTUM * (batch.mean[0] - self.mean)
        self.variance += RUNNING_MOMENTUM * (variance - self.variance)


def standardize(z: Array, normalization: str, running: RunningStatistics | None) -> Standardized:
    """``z (batch, fan_out)`` by its own statistics, or by running ones where they are given.

    An infinite variance would make an innocent 0 of every z: it makes NaN instead.
    """
    if running is None:
        axis = 0 if normalization == "batch" else 1
        mean = z.mean(axis=axis, keepdims=True)
        centered = z - mean
        variance = np.square(centered).mean(axis=axis, keepdims=True)
    else:
        mean, variance = running.mean[np.newaxis], running.variance[np.newaxis]
        centered = z - mean
    inverse_std = 1.0 / np.sqrt(variance + EPSILON) + 0.0 * variance
    return Standardized(centered * inverse_std, inverse_std, mean, variance)


def standardize_backward(ds: Array, standardized: Standardized, normalization: str) -> Array:
    """dL/dz from ``ds``, dL/d(standardized values), ``(batch, fan_out)`` both.

    The mean and the variance depend on z too: hence the two terms that are subtracted.
    """
    axis = 0 if normalization == "batch" else 1
    values = standardized.values
    along = (ds * values).mean(axis=axis, keepdims=True)
    dz: Array = standardized.inverse_std * (ds - ds.mean(axis=axis, keepdims=True) - values * along)
    return dz
