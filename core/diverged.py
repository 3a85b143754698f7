"""Naming the first value of a step that is not finite: the quantity, the layer, how many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType

import numpy as np

from .network import Parameters, Trace
from .record import Array, NonFinite

NOTHING: Mapping[str, Sequence[Parameters]] = MappingProxyType({})


def first_nonfinite(
    step: int,
    trace: Trace,
    loss: float,
    deltas: Sequence[Array],
    gradients: Sequence[Parameters],
    updates: Sequence[Parameters],
    *,
    gradient_norm: float = 0.0,
    remembered: Mapping[str, Sequence[Parameters]] = NOTHING,
) -> NonFinite | None:
    """The first value that is not finite, in the order in which the step computed them.

    Forward from the first layer to the last (z, z normalized, a), the loss, backward from the last
    layer to the first (delta, then the gradients), the norm of the whole gradient, what the
    optimizer remembers, the updates. None when every value is finite.

    Args:
        step: the step's number.
        trace: of the forward pass.
        loss: of the batch.
        deltas: dL/dz of each layer.
        gradients: of each layer.
        updates: of each layer.
        gradient_norm: of the whole gradient; it may overflow where no entry does.
        remembered: the arrays of the optimizer's state by name, each a layer at a time.
    """
    computed = _until_backward(trace, loss, deltas, gradients, gradient_norm)
    for layer, quantity, values in chain(computed, _after_backward(remembered, updates)):
        finite = np.isfinite(values)
        if finite.all():
            continue
        return NonFinite(
            step=step,
            layer=layer,
            quantity=quantity,
            count=int(values.size - np.count_nonzero(finite)),
            size=int(values.size),
            largest_finite=float(np.abs(values[finite]).max(initial=0.0)),
        )
    return None


Named = tuple[int | None, str, Array]


def _until_backward(
    trace: Trace,
    loss: float,
    deltas: Sequence[Array],
    gradients: Sequence[Parameters],
    gradient_norm: float,
) -> Iterator[Named]:
    for index, layer in enumerate(trace.layers, start=1):
        yield index, "z", layer.z
        if layer.n is not layer.z:
            yield index, "normalized z", layer.n
        yield index, "a", layer.a
    yield None, "loss", np.array([loss])
    for index in range(len(deltas), 0, -1):
        yield index, "delta", deltas[index - 1]
        for name, gradient in gradients[index - 1].named():
            yield index, f"d{name}", gradient
    yield None, "gradient norm", np.array([gradient_norm])


def _after_backward(
    remembered: Mapping[str, Sequence[Parameters]], updates: Sequence[Parameters]
) -> Iterator[Named]:
    for quantity, layers in remembered.items():
        for index, layer in enumerate(layers, start=1):
            for name, values in layer.named():
                yield index, f"{quantity} of {name}", values
    for index, layer in enumerate(updates, start=1):
        for name, update in layer.named():
            yield index, f"update of {name}", update
