"""Going down: the gradients of a batch, the update they make, and whether all of it is finite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .diverged import first_nonfinite
from .fast.memory import Blocks
from .fast.rescaling import Scaling
from .fast.step import FastStep
from .fast.update import FLUSH_EVERY, Update
from .losses import LOSSES
from .minibatches import Indices
from .network import Network
from .norm import dot, norm
from .optimizers import make_clipping, make_optimizer
from .probes import StepView
from .record import Array, NonFinite
from .settings import TrainingSettings


@dataclass(frozen=True, slots=True, eq=False)
class DescentState:
    """All that the next step depends on besides the parameters and the batch."""

    memory: Mapping[str, Array]
    """What the optimizer remembers, by name; each like the flat vector of parameters."""
    began: int
    """Steps before the optimizer's first one."""
    largest_gradient: float
    scaling: Scaling


SAFETY = 1e9
"""What may be between the largest entry of a vector and the largest sum on the way to it."""


class Descent:
    """One network on its way down, batch by batch, by the fast path and one optimizer.

    Args:
        network: trained in place.
        settings: the loss, the optimizer and its clipping.
        X: all training inputs, ``(n, inputs + 1)``, the last column of ones (``with_ones``).
        targets: theirs, as the loss wants them.
        batch: rows of every batch.

    Attributes:
        fast: the passes; its arrays are those of the last batch.
        kept: the update of the last batch is there as an array.
    """

    def __init__(
        self,
        network: Network,
        settings: TrainingSettings,
        X: Array,
        targets: NDArray[Any],
        batch: int,
    ) -> None:
        self._network = network
        self.fast = FastStep(network, LOSSES[settings.loss], X, targets, batch)
        self._clip = make_clipping(settings)
        self._clipped: Array = network.gradient
        if self._clip is not None:
            self._clipped = np.zeros_like(network.gradient)
        self._optimizer = make_optimizer(settings)
        self._update = Update(self._optimizer, network.theta, self._clipped)
        self._blocks = Blocks(network, self._update.update)
        self.kept = False
        self._began = 0
        self._largest_gradient = 0.0
        # Where no entry can be larger than this, no square or sum of them overflows either.
        self._safe = float(np.finfo(network.dtype).max) / SAFETY

    @property
    def memory(self) -> Mapping[str, Array]:
        """What the optimizer remembers, by name; writable in place."""
        return self._update.state

    def state(self) -> DescentState:
        """What the next step depends on, as a copy."""
        memory = {name: array.copy() for name, array in self._update.state.items()}
        return DescentState(memory, self._began, self._largest_gradient, self.fast.backward.scaling)

    def restore(self, state: DescentState, step: int) -> None:
        """Go on from a state, after so many steps.

        An optimizer that remembers other things than the state holds starts anew.
        """
        self.fast.backward.scaling = state.scaling
        self._largest_gradient = state.largest_gradient
        if state.memory.keys() != self._update.state.keys():
            self.restart(step)
            return
        self._began = state.began
        for name, array in state.memory.items():
            self._update.state[name][...] = array

    def restart(self, step: int) -> None:
        """Have the optimizer forget everything: its next step, after so many, is its first."""
        self._began = step
        for array in self._update.state.values():
            array.fill(0)

    def view(self, probe_rows: Array) -> StepView:
        """What probes measure: of the last batch, whichever that is.

        Args:
            probe_rows: inputs of the fixed probe set, ``(rows, inputs)``.
        """
        return StepView(
            network=self._network,
            delta=self.fast.backward.delta,
            weight_gradients=self.fast.backward.weights,
            bias_gradients=self.fast.backward.biases,
            z=self.fast.z,
            n=self.fast.n,
            a=self.fast.a,
            weights=Blocks(self._network, self._network.theta).weights(),
            weight_updates=self._blocks.weights(),
            probe_rows=probe_rows,
        )

    def compute(self, rows: Indices, masks: Sequence[Array | None]) -> tuple[float, float]:
        """The loss of the batch of these rows, and the norm of its gradient before clipping.

        Args:
            rows: numbers of the rows.
            masks: as for ``FastStep.run``.
        """
        return self.fast.run(rows, masks), self.fast.backward.norm()

    def clipped_norm(self, total: float) -> float:
        """Norm of the gradient after clipping; ``total`` is that before it."""
        return total if self._clip is None else norm(self._clipped)

    def prepare(self, step: int, loss: float, total: float, rate: float) -> NonFinite | None:
        """Get ready to change the parameters, unless something is not finite: then say what.

        Args:
            step: its number, from 1.
            loss: of the batch.
            total: norm of the gradient.
            rate: of this step.

        Returns:
            The first value that is not finite.
        """
        if self._clip is not None:
            self._clipped[...] = self._clip(self._network.gradient)
        factors = self._update.set_factors(step - self._began, rate)
        self._largest_gradient = max(self._largest_gradient, total)
        largest = self._optimizer.largest(self._largest_gradient, factors)
        sound = isfinite(loss) and isfinite(total) and self.fast.preactivations_are_finite()
        self.kept = False
        if not (sound and largest < self._safe):
            self.keep()
            # Squares have a finite sum unless an entry is not finite (or they overflow, as the
            # search will tell).
            for array in (self._update.update, *self._update.state.values()):
                sound = sound and isfinite(np.vdot(array, array))
        if sound:
            return None
        network, state = self._network, self._update.state
        return first_nonfinite(
            step,
            self.fast.trace,
            loss,
            self.fast.deltas,
            network.gradients,
            self._blocks.parts,
            gradient_norm=total,
            remembered={name: network.views(array) for name, array in state.items()},
        )

    def keep(self) -> None:
        """Have the update as an array; after ``prepare``."""
        if not self.kept:
            self._update.keep()
            self.kept = True

    def promised(self) -> float:
        """By how much the loss of the batch would fall by the update if it were linear: -g . d.

        g is the gradient of the loss before clipping, d the update, which must be there as an
        array. Below zero where momentum goes uphill.
        """
        return -dot(self._network.gradient, self._update.update)

    def trust_ratio(self, loss: float, promised: float) -> float:
        """How much of what was promised has come true, after ``apply``; 1 for tiny steps.

        The same batch under the same dropout masks (Conn, Gould, Toint: "Trust-region methods",
        2000, section 6.1). The step's arrays are overwritten by those after the update.

        Args:
            loss: of the batch before the update.
            promised: for the update.

        Returns:
            (loss before - loss after) / promised: -inf (or inf, of a negative promise) where the
            loss is not finite any more, NaN where nothing was promised.
        """
        after = self.fast.loss_again()
        fallen = loss - after if isfinite(after) else -inf
        return fallen / promised if promised else nan

    def apply(self, step: int) -> None:
        """Change the parameters, and what else a step changes.

        Args:
            step: its number, from 1.
        """
        if self.kept:
            self._network.theta += self._update.update
        else:
            self._update.apply()
        if (step - 1) % FLUSH_EVERY == 0:
            self._update.flush()
        self._network.absorb_statistics(self.fast.trace)
