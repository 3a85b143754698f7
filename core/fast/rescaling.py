"""Backward in the range where arithmetic is exact and fast, however small the deltas become.

Behind eighty sigmoid layers a delta is 1e-50: float32 knows no such number, and on its way there a
processor works on subnormal ones, twenty times slower. So where deltas have become small they are
multiplied by a power of two, which changes no digit, and the exponent is remembered. What is
measured of them is divided by it again in float64; so are the gradients, before anybody uses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import floor, inf, isfinite, log2, sqrt

import numpy as np
from numpy.typing import NDArray

from ..norm import LEAST_SQUARE, norm
from ..record import Row
from .memory import runs
from .passes import Passes
from .tape import Call

LARGE = 1 << 19
"""Bytes of a gradient from which on a second look at it costs more than a few calls."""
LOOK_EVERY = 32
"""Steps between two looks at how small the deltas are; from one to the next they change little."""
SMALL = {"float32": 2.0**-48, "float64": 2.0**-480}
"""The rms of a delta below which it is scaled up to about 1: there its square loses digits."""
HIGHEST_SHIFT = {"float32": 100, "float64": 900}
NOTHING = {"float32": 2.0**-90, "float64": 2.0**-900}
"""The rms of a delta below which the gradients made of it are 0 for an optimizer: added to any
parameter they change no digit, and their squares are no longer numbers of the type."""


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What one look at the deltas decided, until the next."""

    age: int
    """Batches that were run."""
    shifts: NDArray[np.int64]
    """``(n_layers,)``: the delta of a layer is multiplied by 2**shift on its way down."""
    gone: NDArray[np.bool_]
    """``(n_layers,)``: the gradients of these layers are taken for 0."""


class Backward:
    """The backward pass of one network, deltas scaled where they are small.

    Args:
        passes: the network's passes.

    Attributes:
        delta: the deltas, for measuring: as if they had never been scaled.
        weights: the gradients of W, likewise.
        biases: the gradients of b, likewise.
    """

    def __init__(self, passes: Passes) -> None:
        self._passes = passes
        memory = passes.memory
        self._name = memory.z.flat.dtype.name
        # What residual connections carry past a layer would need that layer's exponent.
        self._fixed = passes.has_residual
        self._plain = [call for before, after in passes.backward for call in before + after]
        self._calls = self._plain
        self._settling: list[Call] = []
        self._age = 0
        layers = len(memory.z.layers)
        self._shifts: NDArray[np.int64] = np.zeros(layers, np.int64)
        self._gone: NDArray[np.bool_] = np.zeros(layers, np.bool_)
        self.delta = memory.delta.layered()
        self.weights = memory.gradients.weights()
        self.biases = memory.gradients.biases()
        self._vectors = memory.gradients.vectors()
        self._large = memory.gradients.flat.nbytes >= LARGE
        self._least = LEAST_SQUARE[memory.z.flat.dtype]

    @property
    def scaling(self) -> Scaling:
        """At which layers deltas are scaled now, and since when: all that runs depend on."""
        return Scaling(self._age, self._shifts, self._gone)

    @scaling.setter
    def scaling(self, scaling: Scaling) -> None:
        self._age = scaling.age
        self._plan(scaling.shifts, scaling.gone)

    @property
    def scaled(self) -> bool:
        """Whether any delta is scaled now."""
        return bool(self._settling)

    def run(self) -> None:
        """From the gradient of the loss to all gradients."""
        self.weights.forget()
        if self._fixed or (self._age % LOOK_EVERY and not self._settling):
            for call in self._calls:
                call()
        elif self._settling:
            if not (self._age % LOOK_EVERY and self._ran_well()):
                self._look()
        elif not self._ran_without_small_ones():
            self._look()
        self._age += 1
        if self._settling:
            self._settle()

    def norm(self) -> float:
        """The norm of the whole gradient; of a large one the norms of W are known with it."""
        if self._large and not self._settling:
            square = self.weights.square() + self._vectors.square()
            if self._least < square < inf:
                return sqrt(square)
        return norm(self._passes.memory.gradients.flat)

    def _ran_well(self) -> bool:
        """Run as planned; False where a scaled delta has overflowed, which is nobody's fault."""
        for call in self._calls:
            call()
        return isfinite(norm(self._passes.memory.gradients.flat))

    def _ran_without_small_ones(self) -> bool:
        """Run as planned, nothing scaled; False where a delta has become small."""
        for call in self._calls:
            call()
        small = SMALL[self._name]
        return not any(0 < size < small for size in self.delta.rms().tolist())

    def _look(self) -> None:
        """Run layer by layer, and plan at which layers to scale from now on."""
        memory = self._passes.memory
        layers = len(memory.z.layers)
        shifts, gone = np.zeros(layers, np.int64), np.zeros(layers, np.bool_)
        exponent = 0
        for at, (before, after) in zip(reversed(range(layers)), self._passes.backward, strict=True):
            for call in before:
                call()
            delta = memory.delta.layers[at]
            size = norm(delta) / sqrt(delta.size)
            if 0 < size < SMALL[self._name]:
                shifts[at] = shift = min(-floor(log2(size)), HIGHEST_SHIFT[self._name])
                self._scale(at, shift)()
                exponent, size = exponent + shift, size * 2.0**shift
            for call in after:
                call()
            true = log2(size) - exponent if size > 0 else -inf
            gone[at] = exponent > 0 and true < log2(NOTHING[self._name])
        self._plan(shifts, gone)

    def _scale(self, at: int, shift: int) -> Call:
        delta = self._passes.memory.delta.layers[at]
        return partial(np.multiply, delta, np.array(2.0**shift, delta.dtype), delta)

    def _plan(self, shifts: NDArray[np.int64], gone: NDArray[np.bool_]) -> None:
        """Multiply the deltas of each layer by 2**shift, and take gradients that are gone for 0."""
        self._shifts, self._gone = shifts, gone
        layers = len(shifts)
        calls: list[Call] = []
        for at, (before, after) in zip(reversed(range(layers)), self._passes.backward, strict=True):
            calls += before
            if shifts[at]:
                calls.append(self._scale(at, int(shifts[at])))
            calls += after
        exponents = np.cumsum(shifts[::-1])[::-1].astype(np.float64)
        scaled = bool(shifts.any())
        self._calls = calls if scaled else self._plain
        self._settling = self._plan_settling(gone, exponents)
        factors = 2.0**-exponents if scaled else None
        for layered in (self.delta, self.weights, self.biases):
            layered.factors = factors
            layered.known = None

    def _plan_settling(self, gone: NDArray[np.bool_], exponents: Row) -> list[Call]:
        """What makes scaled gradients what they are."""
        gradients = self._passes.memory.gradients
        keys: list[object] = list(zip(gone.tolist(), exponents.tolist(), strict=True))
        calls: list[Call] = []
        for first, last in runs(keys):
            part = gradients.flat[gradients.bounds[first][0] : gradients.bounds[last - 1][1]]
            if gone[first]:
                calls.append(partial(part.fill, 0))
            elif exponents[first]:
                factor = np.array(2.0 ** -exponents[first], part.dtype)
                calls.append(partial(np.multiply, part, factor, part))
        return calls

    def _settle(self) -> None:
        """Measure the scaled gradients, then make them what they are."""
        for layered in (self.weights, self.biases):
            layered.known = None
            layered.known = layered.norms()
        for call in self._settling:
            call()
