"""One training step up to its gradients, the fast way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layered import Layered
from ..losses import Loss
from ..minibatches import Indices
from ..network import Network, Trace
from ..record import Array
from .passes import Passes
from .rescaling import Backward


class FastStep:
    """Loss and gradients of batches of one network and one data set.

    Args:
        network: its parameters are read and its gradients filled in place.
        loss: of the outputs.
        X: all training inputs, ``(n, inputs + 1)``, the last column of ones (``with_ones``).
        targets: theirs, as the loss wants them.
        batch: rows of every batch.

    Attributes:
        trace: of the last batch, as the reference has it; views, which the next batch overwrites.
        deltas: likewise.
        backward: measures what comes of the backward pass.
        z: the preactivations, for measuring.
        n: what the activations see.
        a: the activations.
    """

    def __init__(
        self, network: Network, loss: Loss, X: Array, targets: NDArray[Any], batch: int
    ) -> None:
        self._passes = passes = Passes(network, loss, batch, targets)
        self._memory = passes.memory
        self._X = X
        self._targets = targets
        self.backward = Backward(passes)
        self.trace: Trace = passes.trace
        self.deltas: Sequence[Array] = passes.deltas
        self.z: Layered = self._memory.z.layered()
        self.n: Layered = self._memory.n.layered()
        self.a: Layered = self._memory.a.layered()

    def run(self, rows: Indices, masks: Sequence[Array | None]) -> float:
        """The loss of the batch of these rows; the gradients are in the network.

        Args:
            rows: numbers of the rows.
            masks: for dropout, ``(batch, fan_out)`` or None for each layer; empty: nothing is
                dropped.
        """
        passes, memory = self._passes, self._memory
        self.z.forget()
        self.a.forget()
        self._X.take(rows, 0, memory.inputs, "clip")  # clip: raise would make a copy
        self._targets.take(rows, 0, passes.targets, "clip")
        for mask, target in zip(masks, memory.masks, strict=False):
            if mask is not None and target is not None:
                target[...] = mask.T
        for call in passes.forward:
            call()
        self.backward.run()
        return float(passes.loss)

    def loss_again(self) -> float:
        """The loss of the same rows under the same masks at the parameters as they are now.

        Batch normalization takes the batch's statistics and leaves the running ones alone. The
        trace and what is measured of it are then of this pass; the gradients stay.
        """
        for call in self._passes.forward:
            call()
        self.z.forget()
        self.a.forget()
        return float(self._passes.loss)

    def preactivations_are_finite(self) -> bool:
        """Whether every z is; their squares may say no where only they overflow."""
        flat = self._memory.z.flat
        return bool(np.isfinite(np.vdot(flat, flat)))


def with_ones(X: Array) -> Array:
    """The inputs ``(n, inputs)`` with a column of ones behind them."""
    return np.hstack([X, np.ones((len(X), 1), X.dtype)])
