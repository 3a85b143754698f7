"""One array a layer, and what is measured of all of them at once.

A network has many small arrays, and a NumPy call costs more than the arithmetic on one of them.
Where the arrays of neighboring layers lie side by side in memory they are also given as one stack,
a line each, and are measured by one call. What comes out is the same as layer by layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from math import inf, isfinite, sqrt

import numpy as np

from .norm import LEAST_SQUARE, norm
from .record import Array, Row
from .shares import Call, Condition, Record, Shares
from .stack import Stack

CLEAR_SPREAD = {"float32": 1e-2, "float64": 1e-4}
"""Share of the mean square that a variance must be, for the mean square less the squared mean to
have digits enough: half of those of the type or more."""


class Layered:
    """An array for each layer of a network, of any shapes.

    Args:
        arrays: one a layer, contiguous in one order or the other.
        stacks: the same memory as stacks, in the order of the layers; None: each for itself.
        factors: what every entry of a layer is to be multiplied by, ``(n_layers,)``; None: 1.
        record: turns a condition on arrays into calls bound to them.
    """

    def __init__(
        self,
        arrays: Sequence[Array],
        stacks: Sequence[Stack] | None = None,
        factors: Row | None = None,
        record: Record | None = None,
    ) -> None:
        self.arrays = arrays
        self.factors = factors
        self.known: Array | None = None
        """The norms, where they were taken before the arrays were changed."""
        self._means: Array | None = None
        self._norms: Array | None = None
        self._taken: list[float] | None = None  # the squares, where they are those of the arrays
        self._stacks = stacks if stacks is not None else _alone(arrays)
        self._dtype = arrays[0].dtype
        self._sizes: Array = np.array([max(array.size, 1) for array in arrays], self._dtype)
        self._root_sizes: Array = np.sqrt(self._sizes)
        self._per_term: Array = np.array([len(array) for array in arrays], self._dtype)
        self._per_term /= self._root_sizes
        self._squares: Array = np.empty(len(arrays), self._dtype)
        self._square_calls = [
            _square(each.lines, self._squares[each.layers]) for each in self._stacks
        ]
        self._sums: Array = np.empty(len(arrays), self._dtype)
        self._sum_calls = [_sum(each.lines, self._sums[each.layers]) for each in self._stacks]
        self._least = LEAST_SQUARE[self._dtype]
        self._clear: Array = np.array(CLEAR_SPREAD[self._dtype.name], self._dtype)
        self._asked_idle: Sequence[bool] = ()
        self._idle: Array = self._squares
        self._idle_calls: list[Call] = []
        self._record = record
        self._asked_shares: Sequence[Condition | None] = ()
        self._shares = Shares((), ())

    def norms(self) -> Array:
        """The Euclidean norm of each array."""
        if self.known is not None:
            return self.known
        values = self._taken or self._take_squares()
        norms: Array = np.sqrt(self._squares)
        if not (self._least < min(values) and max(values) < inf):
            norms = self._mended(norms, values)
        return norms if self.factors is None else norms * self.factors

    def square(self) -> float:
        """The sum of the squares of all entries, without ``factors``; it may leave the range.

        Until ``forget``, norms take no other look at the entries.
        """
        self._taken = self._take_squares()
        return sum(self._taken)

    def _take_squares(self) -> list[float]:
        for call in self._square_calls:
            call()
        values: list[float] = self._squares.tolist()
        return values

    def _mended(self, norms: Array, values: list[float]) -> Row:
        """Norms with those taken anew whose squares left the range of the type."""
        mended: Row = norms.astype(np.float64)
        for at, square in enumerate(values):
            if not self._least < square < inf:
                mended[at] = norm(self.arrays[at])
        return mended

    def rms(self) -> Array:
        """Root mean square of each array."""
        norms = self.norms() if self._norms is None else self._norms
        rms: Array = norms / self._root_sizes
        return rms

    def rms_of_terms(self) -> Array:
        """Root mean square of what each array is the mean of: its entries times its rows."""
        rms: Array = self.norms() * self._per_term
        return rms

    def forget(self) -> None:
        """The arrays have changed."""
        self._means = self._norms = self._taken = None

    def means(self) -> Array:
        """Mean of each array."""
        if self._means is None:
            self._means = self._take_means()
        return self._means

    def _take_means(self) -> Array:
        for call in self._sum_calls:
            call()
        means: Array = self._sums / self._sizes
        if not isfinite(sum(means.tolist())):
            means = means.astype(np.float64)
            for at in map(int, np.flatnonzero(~np.isfinite(means))):
                means[at] = mean(self.arrays[at])
        return means

    def stds(self) -> Array:
        """Standard deviation of each array."""
        means, norms = self.means(), self.norms()
        self._norms = norms
        squares = norms * norms / self._sizes
        variances = squares - means * means
        clear = variances > squares * self._clear
        if False not in clear.tolist():
            return np.sqrt(variances)
        stds: Array = np.sqrt(np.maximum(variances, 0.0))
        for stack in self._stacks:
            if not clear[stack.layers].all():
                stds[stack.layers] = self._spread(stack, means[stack.layers])
        return stds

    def _spread(self, stack: Stack, means: Array) -> list[float]:
        centered = stack.lines - means[:, np.newaxis].astype(self._dtype)
        size = centered.shape[1]
        return [
            sqrt(square / size) if self._least < square < inf else norm(line) / sqrt(size)
            for square, line in zip(np.vecdot(centered, centered).tolist(), centered, strict=True)
        ]

    def idle_units(self, of: Sequence[bool]) -> Array:
        """Units whose entries, none of which is negative, are 0 in every row.

        Args:
            of: the layers that are asked for; the others get NaN.
        """
        if of is not self._asked_idle:
            self._bind_idle(of)
        for call in self._idle_calls:
            call()
        return self._idle.copy()

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
            zero, none = np.zeros((), self._dtype), np.empty(layers * lines, np.bool_)
            ones: Array = np.empty((layers, lines), self._dtype)
            counts = self._idle[stack.layers]
            self._idle_calls += [
                # A sum of numbers that are not negative is 0 only where all of them are.
                partial(every.dot, _ones(rows, self._dtype), sums),
                partial(np.equal, sums, zero, none),
                partial(np.copyto, ones, none.reshape(layers, lines)),  # as fast as two products
                partial(ones.dot, counted, counts),
            ]
            others = np.logical_not(of[stack.layers])
            if others.any():  # counted along with those of the stack that are asked for
                self._idle_calls.append(partial(np.copyto, counts, np.nan, where=others))

    def shares(self, conditions: Sequence[Condition | None], *beside: Layered) -> Row:
        """The share of the entries of each array that meet its layer's condition.

        Args:
            conditions: one a layer, of one array or of as many as are given; the layers that have
                none get NaN.
            beside: what the conditions are told besides: of the same shapes and stacks.
        """
        if conditions is not self._asked_shares:
            stacks = zip(*(other._stacks for other in (self, *beside)), strict=True)
            self._asked_shares = conditions
            self._shares = Shares(conditions, stacks, self._record)
        return self._shares.measured()


def _square(lines: Array, squares: Array) -> Call:
    """The call that puts the sum of squares of each line where it belongs."""
    if len(lines) == 1:  # which a dot product of one line does in half the time
        return partial(np.dot, lines[0], lines[0], squares.reshape(()))
    return partial(np.vecdot, lines, lines, squares)


def _sum(lines: Array, sums: Array) -> Call:
    """The call that puts the sum of each line where it belongs."""
    ones = _ones(lines.shape[1], lines.dtype)
    if len(lines) == 1:
        return partial(np.dot, lines[0], ones, sums.reshape(()))
    return partial(np.matmul, lines, ones, sums)


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
