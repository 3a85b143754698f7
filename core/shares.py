"""What share of the entries of a layer meet a condition, layer by layer, a few layers at a time.

A condition is plain NumPy, entry by entry. It is evaluated of many layers at once where those lie
one after the other, whatever lies between them included, as one call on one piece of memory costs
less than one on many lines; but of no more than stay in the cache. What lies between is not
counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .record import Array, Row
from .stack import Stack

AT_ONCE = 1 << 15
"""Entries of which a condition is evaluated at once."""

Call = Callable[[], object]
Condition = Callable[..., NDArray[np.bool_]]
"""Of one array or several of one shape: which entries meet it."""


class Record(Protocol):
    """Turns a condition on arrays into calls that are bound to them."""

    def __call__(
        self, function: Condition, /, *arrays: Array, out: NDArray[np.bool_]
    ) -> tuple[Sequence[Call], Any]:
        """The calls that leave in ``out`` what the function gives, whatever the arrays hold."""


class Shares:
    """The calls that evaluate conditions on the arrays of some layers, bound once.

    Args:
        conditions: one a layer; None: it has none.
        stacks: of the arrays that the conditions are of, one stack of each, in the order of the
            layers.
        record: binds the calls; None: a condition is called as it is.
    """

    def __init__(
        self,
        conditions: Sequence[Condition | None],
        stacks: Iterable[tuple[Stack, ...]],
        record: Record | None = None,
    ) -> None:
        self._counted = np.flatnonzero([condition is not None for condition in conditions])
        self._sizes = np.full(len(conditions), np.nan)
        self._pieces: list[tuple[Sequence[Call], list[NDArray[np.bool_]]]] = []
        self._record = record or _as_it_is
        buffer: NDArray[np.bool_] = np.empty(0, np.bool_)
        for together in stacks:
            first, entries = together[0].layers.start, together[0].lines.shape[1]
            self._sizes[together[0].layers] = max(entries, 1)
            at_once = max(AT_ONCE // max(entries, 1), 1)
            for start, stop in _alike(conditions[together[0].layers], at_once):
                condition = conditions[first + start]
                if condition is None:
                    continue
                arrays = [stack.whole[start:stop].reshape(-1) for stack in together]
                if len(buffer) < arrays[0].size:
                    buffer = np.empty(arrays[0].size, np.bool_)
                met = buffer[: arrays[0].size]
                calls, _ = self._record(condition, *arrays, out=met)
                self._pieces.append((calls, list(met.reshape(stop - start, -1)[:, :entries])))

    def measured(self) -> Row:
        """The shares now; NaN of layers that have no condition."""
        counts: list[int] = []
        for calls, met in self._pieces:
            for call in calls:
                call()
            counts += map(np.count_nonzero, met)
        shares = np.full(len(self._sizes), np.nan)
        shares[self._counted] = counts
        shares /= self._sizes
        return shares


def _alike(keys: Sequence[object], most: int) -> Iterator[tuple[int, int]]:
    """Where runs of equal neighbors begin and end, at most so many in each."""
    start = 0
    for stop in range(1, len(keys) + 1):
        if stop == len(keys) or keys[stop] != keys[start] or stop - start == most:
            yield start, stop
            start = stop


def _as_it_is(
    condition: Condition, /, *arrays: Array, out: NDArray[np.bool_]
) -> tuple[Sequence[Call], None]:
    return [lambda: np.copyto(out, condition(*arrays))], None
