"""Shuffled mini-batches: every batch full, every row once an epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]


class Minibatches:
    """A stream of row numbers cut into batches of one size.

    The stream is one fresh permutation of all rows after the other. A batch that crosses the end
    of an epoch takes its last rows from the next permutation, so that no batch is smaller than
    the others: a batch of three rows would put a spike into every curve once an epoch.

    Args:
        rows: rows in the training part.
        size: rows in a batch; at least ``rows``: every batch is all of them, in their order.
        rng: shuffles.

    Attributes:
        waiting: rows already shuffled that no batch has had yet; replaced, never changed.
    """

    def __init__(self, rows: int, size: int, rng: np.random.Generator) -> None:
        self.rows = rows
        self.size = min(size, rows)
        self._rng = rng
        self.waiting: Indices = np.empty(0, np.intp)
        self._all: Indices = np.arange(rows)

    def draw(self) -> Indices:
        """The rows of the next batch, ``(size,)``."""
        if self.size == self.rows:
            return self._all
        if len(self.waiting) < self.size:
            self.waiting = np.concatenate((self.waiting, self._rng.permutation(self.rows)))
        batch, self.waiting = self.waiting[: self.size], self.waiting[self.size :]
        return batch

    def epochs(self, step: int) -> float:
        """Passes over the training part after so many steps."""
        return step * self.size / self.rows

    def ends_epoch(self, step: int) -> bool:
        """Whether a pass over the training part ends in a step (from 1)."""
        return step * self.size % self.rows < self.size
