"""The optimizer's update, piece by piece, so that a piece stays in the cache from first to last."""

from __future__ import annotations

import numpy as np

from ..aligned import aligned_zeros
from ..optimizers import Transform
from ..record import Array
from .tape import Call, Scratch
from .taped import record

PIECE_BYTES = 1 << 17
"""Bytes of each array in a piece."""
FLUSH_EVERY = 64
"""Steps between two sweeps of what the optimizer remembers."""
FLUSHED = 2.0**12
"""In units of the smallest normal number: what is smaller is swept away. A mean that decays by 0.9
a step needs more than ``FLUSH_EVERY`` steps from there to where arithmetic becomes slow."""


class Update:
    """One optimizer at work on one flat vector of parameters.

    Args:
        optimizer: from the gradient to the update.
        theta: the parameters, changed in place.
        gradient: what the optimizer is given, clipped already.

    Attributes:
        state: what the optimizer remembers.
        update: after ``keep``: what is to be added.
    """

    def __init__(self, optimizer: Transform, theta: Array, gradient: Array) -> None:
        self._optimizer = optimizer
        self._theta = theta
        self._gradient = gradient
        self.state = optimizer.init(theta)
        for name, array in self.state.items():
            self.state[name] = aligned_zeros(array.size, array.dtype)
            self.state[name][...] = array
        self.update: Array = aligned_zeros(theta.size, theta.dtype)
        names = optimizer.factors(1, 0.0)
        self._factors: dict[str, Array] = {n: np.zeros((), theta.dtype) for n in names}
        self._applying = self._recorded(apply=True)
        self._keeping: list[Call] | None = None

    def set_factors(self, step: int, rate: float) -> dict[str, float]:
        """Take the numbers of this step (from 1)."""
        factors = self._optimizer.factors(step, rate)
        for name, value in factors.items():
            self._factors[name][()] = value
        return factors

    def apply(self) -> None:
        """Change the parameters."""
        for call in self._applying:
            call()

    def keep(self) -> Array:
        """The update, which is not applied yet."""
        if self._keeping is None:
            self._keeping = self._recorded(apply=False)
        for call in self._keeping:
            call()
        return self.update

    def flush(self) -> None:
        """Make 0 of what is remembered and so small that no sum will ever feel it.

        Means of gradients that have become 0 decay for ever; on their last stretch, below the
        smallest normal number, arithmetic on them is twenty times slower.
        """
        for array in self.state.values():
            array[np.abs(array) < FLUSHED * np.finfo(array.dtype).tiny] = 0

    def _recorded(self, *, apply: bool) -> list[Call]:
        size = len(self._theta)
        piece = max(PIECE_BYTES // self._theta.itemsize, 1)
        saved = {name: array.copy() for name, array in self.state.items()}
        theta = self._theta.copy()
        state_names, factor_names = list(self.state), list(self._factors)
        scratch = Scratch()
        calls: list[Call] = []

        def formula(*arrays: Array) -> Array:
            gradient, theta, *rest = arrays
            state = dict(zip(state_names, rest, strict=False))
            factors = dict(zip(factor_names, rest[len(state) :], strict=True))
            update = self._optimizer.update(gradient, state, theta, factors)  # type: ignore[arg-type]
            if apply:
                theta += update
                return theta
            return update

        for start in range(0, size, piece):
            part = slice(start, start + piece)
            state = [self.state[name][part] for name in state_names]
            factors = [self._factors[name] for name in factor_names]
            arrays = (self._gradient[part], self._theta[part], *state, *factors)
            out = None if apply else self.update[part]
            calls += record(formula, *arrays, out=out, scratch=scratch)[0]
        # Recording has carried everything out once.
        self._theta[...] = theta
        for name, array in saved.items():
            self.state[name][...] = array
        return calls
