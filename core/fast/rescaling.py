"""Backward in the range where arithmetic is exact and fast, however small the deltas become.

Behind eighty sigmoid layers a delta is 1e-50: float32 knows no such number, and on its way there a
processor works on subnormal ones, twenty times slower. So where deltas have become small they are
multiplied by a power of two, which changes no digit, and the exponent is remembered. What is
measured of them is divided by it again in float64; so are the gradients, before anybody uses them.
"""

from __future__ import annotations

from functools import partial
from math import floor, isfinite, log2, sqrt

import numpy as np

from ..norm import norm
from ..record import Row
from .memory import runs
from .passes import Passes
from .tape import Call

LOOK_EVERY = 32
"""Steps between two looks at how small the deltas are; from one to the next they change little."""
SMALL = {"float32": 2.0**-48, "float64": 2.0**-480}
"""The rms of a delta below which it is scaled up to about 1: there its square loses digits."""
HIGHEST_SHIFT = {"float32": 100, "float64": 900}
NOTHING = {"float32": 2.0**-90, "float64": 2.0**-900}
"""The rms of a delta below which the gradients made of it are 0 for an optimizer: added to any
parameter they change no digit, and their squares are no longer numbers of the type."""


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
        self.delta = memory.delta.layered()
        self.weights = memory.gradients.weights()
        self.biases = memory.gradients.biases()

    @property
    def scaled(self) -> bool:
        """Whether any delta is scaled now."""
        return bool(self._settling)

    def run(self) -> None:
        """From the gradient of the loss to all gradients."""
        if self._fixed or (self._age % LOOK_EVERY and not self._settling):
            for call in self._calls:
                call()
        elif not (self._age % LOOK_EVERY and self._ran_well()):
            self._look()
        self._age += 1
        if self._settling:
            self._settle()

    def _ran_well(self) -> bool:
        """Run as planned; False where a scaled delta has overflowed, which is nobody's fault."""
        for call in self._calls:
            call()
        return isfinite(norm(self._passes.memory.gradients.flat))

    def _look(self) -> None:
        """Run layer by layer, and plan at which layers to scale from now on."""
        memory = self._passes.memory
        layers = len(memory.z.layers)
        calls: list[Call] = []
        exponents, sizes = np.zeros(layers), np.zeros(layers)
        exponent = 0
        for at, (before, after) in zip(reversed(range(layers)), self._passes.backward, strict=True):
            for call in before:
                call()
            calls += before
            delta = memory.delta.layers[at]
            size = norm(delta) / sqrt(delta.size)
            if 0 < size < SMALL[self._name]:
                shift = min(-floor(log2(size)), HIGHEST_SHIFT[self._name])
                scale = partial(np.multiply, delta, np.array(2.0**shift, delta.dtype), delta)
                scale()
                calls.append(scale)
                exponent, size = exponent + shift, size * 2.0**shift
            for call in after:
                call()
            calls += after
            exponents[at], sizes[at] = exponent, size
        self._calls = calls if exponent else self._plain
        self._settling = self._plan_settling(sizes, exponents)
        factors = 2.0**-exponents if exponent else None
        for layered in (self.delta, self.weights, self.biases):
            layered.factors = factors
            layered.known = None

    def _plan_settling(self, sizes: Row, exponents: Row) -> list[Call]:
        """What makes scaled gradients what they are."""
        gradients = self._passes.memory.gradients
        true = np.log2(sizes, where=sizes > 0, out=np.full(len(sizes), -np.inf)) - exponents
        gone = (true < log2(NOTHING[self._name])) & (exponents > 0)
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
