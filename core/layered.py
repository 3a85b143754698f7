"""One array a layer, and what is measured of all of them at once.

A network has many small arrays, and a NumPy call costs more than the arithmetic on one of them.
Where the arrays of neighboring layers lie side by side in memory they are also given as one stack,
a line each, and are measured by one call. What comes out is the same as layer by layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import inf, isfinite, sqrt

import numpy as np
from numpy.typing import NDArray

from .norm import LEAST_SQUARE, norm
from .record import Array, Row

CLEAR_SPREAD = {"float32": 1e-2, "float64": 1e-4}
"""Share of the mean square that a variance must be, for the mean square less the squared mean to
have digits enough: half of those of the type or more."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The arrays of some neighboring layers."""

    layers: slice
    lines: Array
    """``(layers, entries)``: each line contiguous."""
    units: Array | None = None
    """``(layers, units or more, rows)``: the same by units, where they lie one after the other."""


class Layered:
    """An array for each layer of a network, of any shapes.

    Args:
        arrays: one a layer, contiguous in one order or the other.
        stacks: the same memory as stacks, in the order of the layers; None: each for itself.
        factors: what every entry of a layer is to be multiplied by, ``(n_layers,)``; None: 1.
    """

    def __init__(
        self,
        arrays: Sequence[Array],
        stacks: Sequence[Stack] | None = None,
        factors: Row | None = None,
    ) -> None:
        self.arrays = arrays
        self.factors = factors
        self.known: Row | None = None
        """The norms, where they were taken before the arrays were changed."""
        self._means: Row | None = None
        self._stacks = stacks if stacks is not None else _alone(arrays)
        self._sizes = np.array([float(max(array.size, 1)) for array in arrays])
        self._root_sizes = np.sqrt(self._sizes)
        self._dtype = arrays[0].dtype
        self._squares: Array = np.empty(len(arrays), self._dtype)
        self._square_calls = [
            _square(each.lines, self._squares[each.layers]) for each in self._stacks
        ]
        self._sums: Array = np.empty(len(arrays), self._dtype)
        self._sum_calls = [
            (stack.lines, np.ones(stack.lines.shape[1], self._dtype), self._sums[stack.layers])
            for stack in self._stacks
        ]
        self._least = LEAST_SQUARE[self._dtype]
        self._nothing: Row = np.full(len(arrays), np.nan)
        self._asked_idle: Sequence[bool] = ()
        self._idle: Array = self._squares
        self._idle_calls: list[Callable[[], object]] = []

    def norms(self) -> Row:
        """The Euclidean norm of each array."""
        if self.known is not None:
            return self.known
        for call in self._square_calls:
            call()
        values: list[float] = self._squares.tolist()
        norms: Row = np.sqrt(self._squares, dtype=np.float64)
        if not (self._least < min(values) and max(values) < inf):
            self._mend(norms, values)
        return norms if self.factors is None else norms * self.factors

    def _mend(self, norms: Row, values: list[float]) -> None:
        """Take the norms anew whose squares left the range of the type."""
        for at, square in enumerate(values):
            if not self._least < square < inf:
                norms[at] = norm(self.arrays[at])

    def rms(self) -> Row:
        """Root mean square of each array."""
        rms: Row = self.norms() / self._root_sizes
        return rms

    def forget(self) -> None:
        """The arrays have changed."""
        self._means = None

    def means(self) -> Row:
        """Mean of each array."""
        if self._means is None:
            self._means = self._take_means()
        return self._means

    def _take_means(self) -> Row:
        for lines, ones, sums in self._sum_calls:
            np.matmul(lines, ones, sums)
        means: Row = self._sums / self._sizes
        if not isfinite(means.sum()):
            for at in map(int, np.flatnonzero(~np.isfinite(means))):
                means[at] = mean(self.arrays[at])
        return means

    def stds(self) -> Row:
        """Standard deviation of each array."""
        means, norms = self.means(), self.norms()
        squares = norms * norms / self._sizes
        variances = squares - means * means
        stds: Row = np.sqrt(np.maximum(variances, 0.0))
        clear = variances > CLEAR_SPREAD[self._dtype.name] * squares
        if np.count_nonzero(clear) < len(clear):
            for stack in self._stacks:
                if not clear[stack.layers].all():
                    stds[stack.layers] = self._spread(stack, means[stack.layers])
        return stds

    def _spread(self, stack: Stack, means: Row) -> Row:
        centered = stack.lines - means[:, np.newaxis].astype(self._dtype)
        squares: Row = np.vecdot(centered, centered).astype(np.float64)
        stds: Row = np.sqrt(squares / centered.shape[1])
        for at, square in enumerate(squares.tolist()):
            if not self._least < square < inf:
                stds[at] = norm(centered[at]) / sqrt(centered.shape[1])
        return stds

    def idle_units(self, of: Sequence[bool]) -> Row:
        """Units whose entries, none of which is negative, are 0 in every row.

        Args:
            of: the layers that are asked for; the others get NaN.
        """
        if of is not self._asked_idle:
            self._bind_idle(of)
        for call in self._idle_calls:
            call()
        return self._idle.astype(np.float64)

    def _bind_idle(self, of: Sequence[bool]) -> None:
        """Prepare the calls that count the idle units of the layers that are asked for."""
        self._asked_idle, self._idle, self._idle_calls = (
            of,
            np.full(len(of), np.nan, self._dtype),
            [],
        )
        for stack in self._stacks:
            if True not in of[stack.layers]:
                continue
            whole = stack.units
            if whole is None:
                whole = self.arrays[stack.layers.start].T[np.newaxis]
            layers, lines, rows = whole.shape
            every: Array = whole.reshape(layers * lines, rows)
            sums: Array = np.empty(layers * lines, self._dtype)
            counted: Array = np.zeros(lines, self._dtype)
            counted[: self.arrays[stack.layers.start].shape[1]] = 1  # and not the row of ones
            zero, none = np.zeros((), self._dtype), np.empty(layers * lines, self._dtype)
            counts = self._idle[stack.layers]
            self._idle_calls += [
                # A sum of numbers that are not negative is 0 only where all of them are.
                partial(every.dot, _ones(rows, self._dtype), sums),
                partial(np.equal, sums, zero, none),
                partial(none.reshape(layers, lines).dot, counted, counts),
            ]
            others = np.logical_not(of[stack.layers])
            if others.any():  # counted along with those of the stack that are asked for
                self._idle_calls.append(partial(np.copyto, counts, np.nan, where=others))

    def shares(
        self,
        condition: Callable[..., NDArray[np.bool_]],
        of: Sequence[bool],
        *beside: Layered,
    ) -> Row:
        """The share of the entries of each array that meet a condition.

        Args:
            condition: entry by entry, of one array or of as many as are given.
            of: the layers that are asked for; the others get NaN.
            beside: what the condition is told besides: of the same shapes and stacks.
        """
        together = zip(*(other._stacks for other in (self, *beside)), strict=True)
        lines = {stacks[0].layers.start: [stack.lines for stack in stacks] for stacks in together}

        def share(stack: Stack) -> Row:
            counts = list(map(np.count_nonzero, condition(*lines[stack.layers.start])))
            shares: Row = np.array(counts) / self._sizes[stack.layers]
            return shares

        return self._where_asked(of, share)

    def _where_asked(self, of: Sequence[bool], measured: Callable[[Stack], Row]) -> Row:
        values = self._nothing.copy()
        for stack in self._stacks:
            asked = of[stack.layers]
            if True in asked:
                values[stack.layers] = measured(stack)
                if False in asked:  # measured along with the others of the stack
                    values[stack.layers][np.logical_not(asked)] = np.nan
        return values


def _square(lines: Array, squares: Array) -> Callable[[], object]:
    """The call that puts the sum of squares of each line where it belongs."""
    if len(lines) == 1:  # which a dot product of one line does in half the time
        return partial(np.dot, lines[0], lines[0], squares.reshape(()))
    return partial(np.vecdot, lines, lines, squares)


def _alone(arrays: Sequence[Array]) -> list[Stack]:
    return [
        Stack(
            slice(at, at + 1),
            array.reshape(1, -1) if array.flags.c_contiguous else array.T.reshape(1, -1),
        )
        for at, array in enumerate(arrays)
    ]


@lru_cache(64)
def _ones(size: int, dtype: np.dtype[np.floating]) -> Array:
    ones = np.ones(size, dtype)
    ones.flags.writeable = False
    return ones


def rms(array: Array) -> float:
    """Root mean square of all entries; neither overflows nor vanishes before the entries do."""
    return norm(array) / sqrt(array.size)


def mean(array: Array) -> float:
    """Mean of all entries, right wherever a float64 can hold it."""
    usual = float(array.mean(dtype=np.float64))
    if not isfinite(usual) and np.isfinite(array).all():
        return float((array / array.size).sum(dtype=np.float64))
    return usual


def std(array: Array) -> float:
    """Standard deviation of all entries, safe for entries near the ends of the range."""
    return rms(array - array.dtype.type(mean(array)))
