"""Forward, loss and backward of one network on batches of one size, as calls bound once."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..activations import ACTIVATIONS
from ..losses import Loss
from ..network import LayerTrace, Network, Trace
from ..normalization import Standardized, standardize, standardize_backward
from ..record import Array
from .memory import Memory
from .tape import Call, Scratch
from .taped import record

SPAN_BYTES = 1 << 17
"""Bytes of one array that elementwise calls treat at once: more layers than fit the cache together
are slower than one layer at a time."""
COPIED = 48
"""Rows and columns from which BLAS multiplies by a copy of a transposed matrix faster than by the
transposed matrix, the copying included."""
IDENTITY = ACTIVATIONS["identity"]


class Passes:
    """One network's passes over a memory.

    Args:
        network: as the reference has it.
        loss: of the outputs.
        batch: rows of every batch.
        targets: an example of a batch's targets; says their shape and type.

    Attributes:
        memory: everything the passes write.
        targets: where a batch's targets are to be put.
        trace: the reference's trace, as views into the memory.
        deltas: likewise, ``(batch, fan_out)``.
        forward: the calls from the inputs to the loss and its gradient.
        backward: for each layer, from the last to the first: the calls that make its delta, and
            those after it: gradients, and what arrives at the layer before.
        loss: ``()``: the loss, after ``forward``.
        has_residual: whether any layer's input is added to a later output.
    """

    def __init__(self, network: Network, loss: Loss, batch: int, targets: NDArray[Any]) -> None:
        self._network = network
        self._plans = network.plans
        self._scratch = Scratch()
        self.has_residual = any(plan.skip_from is not None for plan in self._plans)
        self.memory = memory = Memory(network, batch)
        self.targets: NDArray[Any] = np.zeros((batch, *targets.shape[1:]), targets.dtype)
        self._standardized: list[Standardized | None] = [None] * len(self._plans)
        self.forward: list[Call] = []
        for at in range(len(self._plans)):
            self.forward += self._layer_forward(at)
        outputs = self._output_rows(len(self._plans) - 1)
        calls, (self.loss, doutputs) = record(
            loss.formula, outputs, self.targets, scratch=self._scratch
        )
        self.forward += calls
        self._doutputs: Array = doutputs.T
        self.trace = self._trace(outputs)
        self.deltas = memory.delta.rows
        self._waiting: dict[int, Array] = {}
        slopes = self._slopes()
        products = self._stacked_products()
        self.backward: list[tuple[list[Call], list[Call]]] = []
        for at in reversed(range(len(self._plans))):
            before, after = self._layer_backward(at, in_stack=at in self._stacked)
            self.backward.append((slopes.get(at, []) + before, after + products.get(at, [])))

    # Forward

    def _input(self, at: int) -> Array:
        """What the layer sees, ``(fan_in + 1, batch)``."""
        return self.memory.out.padded[at - 1] if at else self.memory.inputs.T

    def _output_rows(self, at: int) -> Array:
        """``(batch, fan_out)``; index -1: the inputs."""
        return self.memory.out.rows[at] if at >= 0 else self.memory.inputs[:, :-1]

    def _layer_forward(self, at: int) -> list[Call]:
        plan, memory = self._plans[at], self.memory
        z, a, out = memory.z.layers[at], memory.a.layers[at], memory.out.layers[at]
        calls: list[Call] = [partial(memory.parameters.matrices[at].T.dot, self._input(at), z)]
        seen = z
        if memory.n is not memory.z:
            seen = memory.n.layers[at]
            calls += self._normalize(at, z, seen)
        calls += record(plan.activation.value, seen, out=a, scratch=self._scratch)[0]
        carried, mask = a, memory.masks[at]
        if mask is not None:
            calls.append(partial(np.multiply, a, mask, out))
            carried = out
        if plan.skip_from is not None:
            calls.append(partial(np.add, carried, self._output_rows(plan.skip_from - 1).T, out))
        elif out is not a and carried is a:
            calls.append(partial(np.copyto, out, a))
        return calls

    def _normalize(self, at: int, z: Array, seen: Array) -> list[Call]:
        part = self.memory.parameters.parts[at]
        kind = self._plans[at].normalization
        if part.gamma is None or part.beta is None:
            return [partial(np.copyto, seen, z)]

        def parts(z: Array) -> tuple[Array, ...]:
            made = standardize(z, kind, None)
            return made.values, made.inverse_std, made.mean, made.variance

        calls, made = record(parts, z.T, scratch=self._scratch)
        standardized = self._standardized[at] = Standardized(*made)
        scaled, _ = record(
            lambda gamma, values, beta: gamma * values + beta,
            part.gamma,
            standardized.values,
            part.beta,
            out=seen.T,
            scratch=self._scratch,
        )
        return calls + scaled

    def _trace(self, outputs: Array) -> Trace:
        memory = self.memory
        return Trace(
            [
                LayerTrace(
                    x=self._output_rows(at - 1),
                    z=memory.z.rows[at],
                    n=memory.z.rows[at] if made is None else memory.n.rows[at],
                    a=memory.a.rows[at],
                    standardized=made,
                    mask=None if mask is None else mask.T,
                )
                for at, (made, mask) in enumerate(
                    zip(self._standardized, memory.masks, strict=True)
                )
            ],
            outputs,
        )

    # Backward

    def _groups(self) -> list[tuple[int, int]]:
        """Neighboring layers of one activation that fit the cache together."""
        groups: list[tuple[int, int]] = []
        first, size = 0, 0
        for at, plan in enumerate(self._plans):
            bytes_here = self.memory.z.padded[at].nbytes
            other = at and plan.activation is not self._plans[at - 1].activation
            if at > first and (other or size + bytes_here > SPAN_BYTES):
                groups.append((first, at))
                first, size = at, 0
            size += bytes_here
        return [*groups, (first, len(self._plans))]

    def _slopes(self) -> dict[int, list[Call]]:
        """By the layer before whose backward they are due: the slopes of a group of layers."""
        due: dict[int, list[Call]] = {}
        for first, last in self._groups():
            activation = self._plans[first].activation
            if activation is not IDENTITY:
                kinds = (self.memory.n, self.memory.a, self.memory.delta)
                seen, a, slope = (kind.span(first, last) for kind in kinds)
                due[last - 1], _ = record(
                    activation.slope, seen, a, out=slope, scratch=self._scratch
                )
        return due

    def _stacked_products(self) -> dict[int, list[Call]]:
        """The weight gradients of a group of layers of one shape, due after its first layer."""
        self._stacked: set[int] = set()
        due: dict[int, list[Call]] = {}
        memory = self.memory
        bounds = [
            (max(first, start), min(last, stop))
            for first, last in self._groups()
            for start, stop in memory.gradients.runs
        ]
        for first, last in bounds:
            first = max(first, 1)
            if last - first < 2:
                continue
            inputs = memory.out.stacked(first - 1, last - 1)  # (layers, fan_in + 1, batch)
            deltas = memory.delta.stacked(first, last)[:, :-1].transpose(0, 2, 1)
            target = memory.gradients.stacked(first, last)
            due[first] = []
            if min(deltas.shape[1:]) >= COPIED:
                rows = self._scratch.take(np.empty(deltas.shape, deltas.dtype))
                due[first].append(partial(np.copyto, rows, deltas))
                deltas = rows
            due[first].append(partial(np.matmul, inputs, deltas, target))
            self._scratch.reset()
            self._stacked |= set(range(first, last))
        return due

    def _layer_backward(self, at: int, *, in_stack: bool) -> tuple[list[Call], list[Call]]:
        plan, memory = self._plans[at], self.memory
        last = at == len(self._plans) - 1
        arriving = self._doutputs if last else self._arriving(plan.fan_out)
        delta, mask = memory.delta.layers[at], memory.masks[at]
        before: list[Call] = []
        if plan.skip_from is not None:
            before += self._carry(plan.skip_from, arriving)
        if mask is not None:
            before.append(partial(np.multiply, arriving, mask, arriving))
        if plan.activation is IDENTITY:
            before.append(partial(np.copyto, delta, arriving))
        else:
            before.append(partial(np.multiply, arriving, delta, delta))  # where the slopes are
        before += self._normalize_backward(at, delta)
        after: list[Call] = []
        if not in_stack:
            after.append(partial(self._input(at).dot, delta.T, memory.gradients.matrices[at]))
        if at:
            next_arriving = self._arriving(plan.fan_in)
            after.append(partial(memory.parameters.parts[at].W.dot, delta, next_arriving))
            if at in self._waiting:
                after.append(partial(np.add, next_arriving, self._waiting.pop(at), next_arriving))
        return before, after

    def _arriving(self, width: int) -> Array:
        batch = self.memory.z.batch
        return self.memory.arriving[: width * batch].reshape(width, batch)

    def _carry(self, source: int, arriving: Array) -> list[Call]:
        """What a residual connection carries to the output that it came from."""
        if source in self._waiting:
            waiting = self._waiting[source]
            return [partial(np.add, waiting, arriving, waiting)]
        self._waiting[source] = np.empty_like(arriving)
        return [partial(np.copyto, self._waiting[source], arriving)]

    def _normalize_backward(self, at: int, delta: Array) -> list[Call]:
        made, kind = self._standardized[at], self._plans[at].normalization
        part, gradient = self.memory.parameters.parts[at], self.memory.gradients.parts[at]
        if made is None or gradient.gamma is None or part.gamma is None:
            return []
        dn = delta.T  # (batch, fan_out)
        calls: list[Call] = []

        def note(formula: Any, *arrays: Array, out: Array | None) -> None:
            calls.extend(record(formula, *arrays, out=out, scratch=self._scratch)[0])

        note(lambda dn, v: (dn * v).sum(axis=0), dn, made.values, out=gradient.gamma)
        note(lambda dn: dn.sum(axis=0), dn, out=gradient.beta)
        note(
            lambda dn, gamma, *made: standardize_backward(dn * gamma, Standardized(*made), kind),
            dn,
            part.gamma,
            made.values,
            made.inverse_std,
            made.mean,
            made.variance,
            out=dn,
        )
        return calls
