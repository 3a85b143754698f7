"""The arrays that one step writes, allocated once, features first.

Every array is ``(features + 1, batch)``: transposed against the reference, so that the last row can
be a row of ones below the activations. ``W`` and ``b`` of a layer lie one behind the other in the
vector of all parameters, which makes them one matrix ``(fan_in + 1, fan_out)``: the ones turn the
bias into a part of the matrix product, forward and backward. The arrays of one kind lie one behind
the other in one flat vector, so that what is elementwise is one call for many layers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from ..aligned import aligned_zeros
from ..layer_plan import LayerPlan
from ..layered import Layered
from ..network import Network, Parameters
from ..record import Array, Row
from ..stack import Stack
from .tape import Scratch
from .taped import record


class Kind:
    """One array a layer: all preactivations, or all deltas.

    Args:
        widths: units of each layer.
        batch: rows.
        dtype: of the arrays.
        ones: below each array there is a row of ones.
    """

    def __init__(
        self, widths: list[int], batch: int, dtype: np.dtype[np.floating], *, ones: bool = False
    ) -> None:
        self.widths = widths
        self.batch = batch
        ends = np.cumsum([(width + 1) * batch for width in widths]).tolist()
        self._bounds = list(pairwise([0, *ends]))
        self.flat: Array = aligned_zeros(ends[-1], dtype)
        self.padded = [
            self.flat[start:stop].reshape(width + 1, batch)
            for (start, stop), width in zip(self._bounds, widths, strict=True)
        ]
        """``(features + 1, batch)``."""
        if ones:
            for array in self.padded:
                array[-1] = 1
        self.layers = [array[:-1] for array in self.padded]
        """``(features, batch)``."""
        self.rows = [array.T for array in self.layers]
        """``(batch, features)``, as the reference has it."""

    def span(self, first: int, last: int) -> Array:
        """The memory of the layers from ``first`` up to before ``last``, last rows included."""
        return self.flat[self._bounds[first][0] : self._bounds[last - 1][1]]

    def stacked(self, first: int, last: int) -> Array:
        """``(layers, features + 1, batch)`` of neighboring layers of one width."""
        return self.span(first, last).reshape(last - first, self.widths[first] + 1, self.batch)

    def layered(self, factors: Row | None = None) -> Layered:
        """For measuring; arrays ``(batch, features)``."""
        stacks = []
        for first, last in runs(self.widths):
            units = self.stacked(first, last)
            entries = self.widths[first] * self.batch
            lines = units.reshape(last - first, -1)[:, :entries]
            stacks.append(Stack(slice(first, last), lines, units))
        return Layered(self.rows, stacks, factors, partial(record, scratch=Scratch()))


def runs(keys: list[object] | list[int]) -> list[tuple[int, int]]:
    """Where equal neighbors begin and end: ``[3, 3, 5] -> [(0, 2), (2, 3)]``."""
    starts = [at for at, key in enumerate(keys) if not at or key != keys[at - 1]]
    return list(pairwise([*starts, len(keys)]))


class Blocks:
    """The parameters of each layer inside a flat vector, or their gradients or updates.

    Args:
        network: says what the layers are.
        flat: the vector.
    """

    def __init__(self, network: Network, flat: Array) -> None:
        plans = network.plans
        self.flat = flat
        self.parts: list[Parameters] = network.views(flat)
        self.bounds = list(pairwise([0, *np.cumsum([plan.size for plan in plans]).tolist()]))
        self.matrices = [
            flat[start : start + (plan.fan_in + 1) * plan.fan_out].reshape(-1, plan.fan_out)
            for (start, _), plan in zip(self.bounds, plans, strict=True)
        ]
        """``(fan_in + 1, fan_out)``: W, and b as its last row."""
        shapes: list[object] = [(plan.fan_in, plan.fan_out, plan.normalization) for plan in plans]
        self.runs = runs(shapes)
        """Neighboring layers of one shape."""
        self._plans = plans

    def stacked(self, first: int, last: int) -> Array:
        """``(layers, fan_in + 1, fan_out)`` of neighboring layers of one shape."""
        plan = self._plans[first]
        block = self.flat[self.bounds[first][0] : self.bounds[last - 1][1]]
        lines = block.reshape(last - first, plan.size)
        whole = (plan.fan_in + 1) * plan.fan_out
        return lines[:, :whole].reshape(last - first, plan.fan_in + 1, plan.fan_out)

    def weights(self, factors: Row | None = None) -> Layered:
        """The weights of each layer, for measuring."""
        return self._layered(lambda plan: slice(plan.fan_in), factors)

    def biases(self, factors: Row | None = None) -> Layered:
        """The biases of each layer, for measuring."""
        return self._layered(lambda plan: slice(plan.fan_in, plan.fan_in + 1), factors)

    def vectors(self) -> Layered:
        """All of each layer but its weights: b, gamma and beta."""
        return self._layered(lambda plan: slice(plan.fan_in, None), None)

    def _layered(self, rows: Callable[[LayerPlan], slice], factors: Row | None) -> Layered:
        """Some rows of each layer's ``(fan_in + 1 or 3, fan_out)``, as one line."""
        stacks = []
        for first, last in self.runs:
            plan = self._plans[first]
            block = self.flat[self.bounds[first][0] : self.bounds[last - 1][1]]
            start, stop, _ = rows(plan).indices(plan.size // plan.fan_out)
            lines = block.reshape(last - first, plan.size)
            part = lines[:, start * plan.fan_out : stop * plan.fan_out]
            stacks.append(Stack(slice(first, last), part))
        return Layered([line for stack in stacks for line in stack.lines], stacks, factors)


class Memory:
    """All that one forward and backward pass of a batch writes.

    Args:
        network: whose passes they are; its parameters and gradients are used in place.
        batch: rows.
    """

    def __init__(self, network: Network, batch: int) -> None:
        plans, dtype = network.plans, network.dtype
        widths = [plan.fan_out for plan in plans]
        self.inputs: Array = np.ones((batch, plans[0].fan_in + 1), dtype)
        """``(batch, inputs + 1)``: rows of the data, as they lie there; the last column is 1."""
        self.z = Kind(widths, batch, dtype)
        normalizes = any(plan.normalization != "none" for plan in plans)
        self.n = Kind(widths, batch, dtype) if normalizes else self.z
        """What the activation sees."""
        self.a = Kind(widths, batch, dtype, ones=True)
        changed = any(plan.dropout or plan.skip_from is not None for plan in plans)
        self.out = Kind(widths, batch, dtype, ones=True) if changed else self.a
        """What the next layer sees: after dropout and residual."""
        self.delta = Kind(widths, batch, dtype)
        """First the slopes, then in their place the deltas."""
        self.masks = [
            np.ones((plan.fan_out, batch), dtype) if plan.dropout else None for plan in plans
        ]
        self.arriving: Array = aligned_zeros(max(widths) * batch, dtype)
        """dL/d(output) of the layer that backward is at."""
        self.parameters = Blocks(network, network.theta)
        self.gradients = Blocks(network, network.gradient)
