"""Formulas are written down once, as plain NumPy, and recorded on a tape.

``record`` calls a function with ``Taped`` stand-ins of given arrays. Every NumPy operation that the
function makes on them is carried out once, and noted.

What a tape cannot follow (a function beyond those below, a branch on a value) is no error: the
function is then called as it is, and its result copied. Formulas in the tables may be written in
any NumPy; those that are made of ufuncs and sums are fast as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from .tape import Call, Note, Scratch, Tape, Values, copy_into

WHOLE_OPERANDS = (np.maximum, np.minimum)
"""Ufuncs that are fast only if every operand is a whole array: with a single number as one operand
NumPy 2.4 takes a loop that is three times slower."""


class NotTapedError(TypeError):
    """The formula does something that a tape cannot follow."""


def record(
    function: Callable[..., Any],
    *arrays: Values,
    out: Values | None = None,
    scratch: Scratch | None = None,
) -> tuple[list[Call], Any]:
    """The calls that carry out ``function(*arrays)`` again and again, and where the results are.

    Args:
        function: a formula; it may also change the arrays in place. It gets them as ``Taped``.
        arrays: what it reads; their values may be changed between two replays.
        out: where the result is wanted, if the function returns one array; its memory is then not
            part of the result's life: nobody else may write to it within a replay.
        scratch: lends memory for intermediate results.

    Returns:
        The calls, and the result: ``out`` or the arrays that hold it after each replay, in the
        tuple or alone as the function returned them.
    """
    tape = Tape()
    with np.errstate(all="ignore"):  # whatever values the arrays have now, they mean nothing yet
        try:
            returned = function(*(Taped(tape, array) for array in arrays))
            several = isinstance(returned, tuple)
            results = [_result(each) for each in (returned if several else (returned,))]
        except NotTapedError:
            return _as_it_is(function, arrays, out)
    calls, kept = tape.calls(results, out, scratch or Scratch())
    return calls, tuple(kept) if several else kept[0]


def _result(returned: Any) -> Values:
    if not isinstance(returned, Taped):
        raise NotTapedError("the result does not depend on the arrays")
    return returned.array


def _as_it_is(
    function: Callable[..., Any], arrays: Sequence[Values], out: Values | None
) -> tuple[list[Call], Any]:
    """A function that cannot be taped: called anew every time, its results copied."""
    returned = function(*arrays)
    several = isinstance(returned, tuple)
    kept = returned if several else (returned,)
    results = tuple(np.array(each) for each in kept) if out is None else (out,)

    def call() -> None:
        fresh = function(*arrays)
        for target, each in zip(results, fresh if several else (fresh,), strict=True):
            np.copyto(target, each)

    return [call], results if several else results[0]


class Taped(NDArrayOperatorsMixin):
    """Stands for an array in a formula that is being recorded."""

    __slots__ = ("array", "tape")

    def __init__(self, tape: Tape, array: Values) -> None:
        self.tape = tape
        self.array = array

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """As of an array."""
        return self.array.ndim

    @property
    def size(self) -> int:
        """As of an array."""
        return self.array.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """As of an array."""
        return self.array.dtype

    @property
    def T(self) -> Taped:  # noqa: N802  # as NumPy has it
        """As of an array."""
        return Taped(self.tape, self.array.T)

    def __len__(self) -> int:
        return len(self.array)

    def __bool__(self) -> bool:
        raise NotTapedError("a branch on a value")

    __float__ = __int__ = __iter__ = __bool__

    def __getitem__(self, key: Any) -> Taped:
        keys = tuple(map(_bare, key)) if isinstance(key, tuple) else (_bare(key),)
        picked = np.asarray(self.array[keys])
        if np.may_share_memory(picked, self.array):
            return Taped(self.tape, picked)
        if not all(isinstance(each, np.ndarray) for each in keys):
            raise NotTapedError("slices and indices mixed")
        return self._noted(Note(_pick, (self.array, *keys), self.tape.new(picked), {}, False))

    def __setitem__(self, key: Any, value: Any) -> None:
        keys = tuple(map(_bare, key)) if isinstance(key, tuple) else (_bare(key),)
        if not all(isinstance(each, np.ndarray) for each in keys):
            raise NotTapedError("writing to a slice")
        value = np.asarray(_bare(value))
        self.array[keys] = value
        self._noted(Note(_put, (value, *keys), self.array, {}, False))

    def _noted(self, note: Note) -> Taped:
        self.tape.note(note)
        return Taped(self.tape, note.writes)

    def copy(self) -> Any:
        """As of an array."""
        return self.astype(self.dtype)

    def astype(self, dtype: np.dtype[Any]) -> Taped:
        """As of an array."""
        written = self.tape.new(self.array.astype(dtype))
        return self._noted(Note(copy_into, (self.array,), written))

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """As of an array; where it can, as a product with ones, which is faster."""
        flat = self.array.ravel(order="K")
        whole = axis is None and np.may_share_memory(flat, self.array)
        if whole:
            return self._product(flat, np.ones(self.size, self.dtype), ())
        if self.ndim == 2 and axis in (0, 1):
            lines = self.array if axis else self.array.T
            shape = self.array.sum(axis=axis, keepdims=keepdims).shape
            return self._product(lines, np.ones(lines.shape[1], self.dtype), shape)
        return self._reduction(np.add, axis, keepdims)

    def _product(self, lines: Values, ones: Values, shape: tuple[int, ...]) -> Any:
        sums = np.empty(lines.shape[:-1], self.dtype)
        np.dot(lines, ones, sums)
        written = self.tape.new(sums)
        taped = self._noted(Note(np.dot, (lines, ones), written, {}, False))
        return taped if sums.shape == shape else Taped(self.tape, written.reshape(shape))

    def max(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """As of an array."""
        return self._reduction(np.maximum, axis, keepdims)

    def min(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """As of an array."""
        return self._reduction(np.minimum, axis, keepdims)

    def _reduction(self, ufunc: Any, axis: int | None, keepdims: bool) -> Any:
        return ufunc.reduce(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """As of an array."""
        count = self.size if axis is None else self.shape[axis]
        return self.sum(axis, keepdims=keepdims) / count

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method not in ("__call__", "reduce") or ufunc.nout != 1:
            raise NotTapedError(f"{ufunc.__name__}.{method}")
        target = options.pop("out", (None,))[0]
        options = {name: _bare(value) for name, value in options.items()}
        plain = tuple(map(_bare, inputs))
        if method == "reduce":
            return self._reduced(ufunc, plain[0], target, options)
        operands = _operands(ufunc, plain)
        if target is None:
            if "where" in options:
                raise NotTapedError("entries that nobody writes")
            written = self.tape.new(np.asarray(ufunc(*operands, **options)))
        else:
            written = _bare(target)
            ufunc(*operands, out=written, **options)
        # Where operands are stretched, an entry is read again after its place was written.
        whole = ufunc.signature is None and "where" not in options
        reads = (*operands, *(v for v in options.values() if isinstance(v, np.ndarray)))
        return self._noted(
            Note(ufunc, tuple(operands), written, options, whole, ufunc in WHOLE_OPERANDS, reads)
        )

    def _reduced(self, ufunc: np.ufunc, values: Values, target: Any, options: Any) -> Taped:
        options = {name: value for name, value in options.items() if value is not np._NoValue}
        options = {"axis": 0, **options}
        if target is None:
            written = self.tape.new(np.asarray(ufunc.reduce(values, **options)))
        else:
            written = _bare(target)
            ufunc.reduce(values, out=written, **options)
        return self._noted(Note(ufunc.reduce, (values,), written, options, False, True))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        follow = FUNCTIONS.get(function)
        if follow is None:
            raise NotTapedError(getattr(function, "__name__", str(function)))
        return follow(*args, **kwargs)


def _bare(value: Any) -> Any:
    return value.array if isinstance(value, Taped) else value


def _operands(ufunc: np.ufunc, inputs: tuple[Any, ...]) -> tuple[Values, ...]:
    """The inputs as arrays; plain numbers take the type of the arrays beside them."""
    arrays = [value for value in inputs if isinstance(value, np.ndarray)]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    operands = []
    for value in inputs:
        if not isinstance(value, np.ndarray):
            value = np.asarray(value, np.result_type(value, *arrays))
            if ufunc in WHOLE_OPERANDS:
                like = max(arrays, key=lambda array: array.size)
                value = np.full_like(like, value) if like.shape == shape else value
        operands.append(value)
    return tuple(operands)


def _pick(array: Values, *keys_and_out: Values) -> None:
    *keys, out = keys_and_out
    out[...] = array[tuple(keys)]


def _put(value: Values, *keys_and_array: Values) -> None:
    *keys, array = keys_and_array
    array[tuple(keys)] = value


def _where(condition: Taped, one: Any, other: Any) -> Any:
    of = next(each for each in (condition, one, other) if isinstance(each, Taped))
    operands = tuple(np.asarray(_bare(each)) for each in (condition, one, other))
    chosen = of.tape.new(np.where(*(_bare(each) for each in (condition, one, other))))
    weak = tuple(
        each.astype(chosen.dtype) if each.ndim == 0 and at else each
        for at, each in enumerate(operands)
    )
    return of._noted(Note(_choose, weak, chosen, elementwise=False))


def _choose(condition: Values, one: Values, other: Values, out: Values) -> None:
    out[...] = np.where(condition, one, other)


def _clip(values: Any, low: float, high: float) -> Any:
    return np.minimum(np.maximum(values, low), high)


def _full_like(like: Taped, value: float) -> Any:
    filled = like.tape.new(np.full_like(like.array, value))
    constant = np.full_like(like.array, value)
    return like._noted(Note(copy_into, (constant,), filled))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.clip: _clip,
    np.full_like: _full_like,
    np.ones_like: lambda like: _full_like(like, 1),
    np.zeros_like: lambda like: _full_like(like, 0),
    np.copy: lambda values: values.copy(),
    np.sum: lambda values, axis=None, keepdims=False: values.sum(axis, keepdims=keepdims),
    np.mean: lambda values, axis=None, keepdims=False: values.mean(axis, keepdims=keepdims),
    np.max: lambda values, axis=None, keepdims=False: values.max(axis, keepdims=keepdims),
}
"""Functions that are no ufuncs, in terms of those that are."""
