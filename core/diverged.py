"""Naming the first value of a step that is not finite: the quantity, the layer, how many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .network import Parameters, Trace
from .record import Array, NonFinite


def first_nonfinite(
    step: int,
    trace: Trace,
    loss: float,
    deltas: Sequence[Array],
    gradients: Sequence[Parameters],
    updates: Sequence[Parameters],
) -> NonFinite | None:
    """The first value that is not finite, in the order in which the step computed them.

    Forward from the first layer to the last (z, then a), the loss, backward from the last layer to
    the first (delta, then the gradients), the updates. None when every value is finite.
    """
    for layer, quantity, values in _in_order(trace, loss, deltas, gradients, updates):
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


def _in_order(
    trace: Trace,
    loss: float,
    deltas: Sequence[Array],
    gradients: Sequence[Parameters],
    updates: Sequence[Parameters],
) -> Iterator[tuple[int | None, str, Array]]:
    for index, layer in enumerate(trace.layers, start=1):
        yield index, "z", layer.z
        yield index, "a", layer.a
    yield None, "loss", np.array([loss])
    for index in range(len(deltas), 0, -1):
        yield index, "delta", deltas[index - 1]
        for name, gradient in gradients[index - 1].named():
            yield index, f"d{name}", gradient
    for index, layer_updates in enumerate(updates, start=1):
        for name, update in layer_updates.named():
            yield index, f"update of {name}", update
