"""A tape: a NumPy formula is written down once, as plain code, and replayed without its costs.

``record`` calls a function with ``Taped`` stand-ins of given arrays. Every NumPy operation the
function makes on them is carried out once, and noted with the very arrays it read and wrote.
Replaying is calling the notes in order: the same operations on the same memory, but no new array,
no Python code of the formula, no number to be converted. Intermediate arrays whose values are no
longer needed lend their memory to later ones, so that a long formula stays in the cache.

What a tape cannot follow (a function beyond those below, a branch on a value) is no error: the
function is then called as it is, and its result copied. Formulas in the tables may be written in
any NumPy; those that are made of ufuncs and sums are fast as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

Call = Callable[[], object]
"""One operation, bound to the arrays that it reads and writes."""

Values = NDArray[Any]

WHOLE_OPERANDS = (np.maximum, np.minimum)
"""Ufuncs that are fast only if every operand is a whole array: with a single number as one operand
NumPy 2.4 takes a loop that is three times slower."""


class NotTapedError(TypeError):
    """The formula does something that a tape cannot follow."""


class Scratch:
    """Arrays for intermediate results, lent and given back.

    Formulas that are replayed one after the other may share a scratch: nothing in it outlives one.
    """

    def __init__(self) -> None:
        self._free: dict[tuple[Any, ...], list[Values]] = {}
        self._all: list[tuple[tuple[Any, ...], Values]] = []

    @property
    def arrays(self) -> int:
        """How many arrays there are."""
        return len(self._all)

    def take(self, like: Values) -> Values:
        """An array of this shape, type and order."""
        free = self._free.get(_kind(like))
        if free:
            return free.pop()
        new: Values = np.empty_like(like)
        self._all.append((_kind(like), new))
        return new

    def give(self, array: Values) -> None:
        """Have it back; its values are no longer needed."""
        self._free.setdefault(_kind(array), []).append(array)

    def reset(self) -> None:
        """Have everything back."""
        self._free = {}
        for kind, array in self._all:
            self._free.setdefault(kind, []).append(array)


def _kind(array: Values) -> tuple[Any, ...]:
    return array.shape, array.strides, array.dtype


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
            returned = function(*map(tape.watch, arrays))
            return tape.calls(returned, out, scratch or Scratch())
        except NotTapedError:
            return _as_it_is(function, arrays, out)


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


@dataclass(slots=True, eq=False)
class Note:
    """One operation on a tape."""

    function: Callable[..., Any]
    reads: tuple[Values, ...]
    writes: Values
    options: dict[str, Any] = field(default_factory=dict)
    elementwise: bool = True
    """Each entry is read before it is written: what is read may be overwritten."""
    out_by_name: bool = False
    used: tuple[Values, ...] = ()
    """All that is read, where options are arrays too."""

    def __post_init__(self) -> None:
        self.used = self.used or self.reads


class Tape:
    """The notes of one formula, in order."""

    def __init__(self) -> None:
        self._notes: list[Note] = []
        self._own: dict[int, Values] = {}  # by id: arrays that the tape has made

    def watch(self, array: Values) -> Taped:
        """A stand-in of the array."""
        return Taped(self, array)

    def note(self, note: Note) -> Taped:
        """Write an operation down that was just carried out."""
        self._notes.append(note)
        return Taped(self, note.writes)

    def new(self, array: Values) -> Values:
        """Remember an array as one of the tape's own, of which only the values count."""
        self._own[id(array)] = array
        return array

    def calls(self, returned: Any, out: Values | None, scratch: Scratch) -> tuple[list[Call], Any]:
        """The notes as calls, and the arrays of what the function returned."""
        several = isinstance(returned, tuple)
        results = [self._array(each) for each in (returned if several else (returned,))]
        if out is not None:
            self._send(results[0], out)
            results = [out]
        places = self._place(results, scratch)

        def at(array: Any) -> Any:
            return places.get(id(array), array)

        calls: list[Call] = []
        for note in self._notes:
            reads, writes = map(at, note.reads), at(note.writes)
            options = {name: at(value) for name, value in note.options.items()}
            if note.out_by_name:
                calls.append(partial(note.function, *reads, out=writes, **options))
            else:
                calls.append(partial(note.function, *reads, writes, **options))
        scratch.reset()
        kept = tuple(at(result) for result in results)
        return calls, kept if several else kept[0]

    def _array(self, returned: Any) -> Values:
        if not isinstance(returned, Taped):
            raise NotTapedError("the result does not depend on the arrays")
        return returned.array

    def _send(self, result: Values, out: Values) -> None:
        """Have the result end up in ``out``."""
        last = self._notes[-1] if self._notes else None
        same = result.shape == out.shape and result.dtype == out.dtype
        if last is not None and last.writes is result and self._writers(result) == 1 and same:
            last.writes = out
            return
        self._notes.append(Note(np.positive, (result,), out))

    def _writers(self, array: Values) -> int:
        return sum(note.writes is array for note in self._notes)

    def _place(self, results: list[Values], scratch: Scratch) -> dict[int, Values]:
        """Memory for the tape's own arrays: each is lent from its first write to its last use."""
        ends: dict[int, int] = {}
        lasting = {id(result) for result in results}
        for at, note in enumerate(self._notes):
            for array in (*note.used, note.writes):
                ends[id(array)] = at
                if array.base is not None and id(array.base) in self._own:
                    lasting |= {id(array.base)}  # a view of it may be used later
        places: dict[int, Values] = {}
        for at, note in enumerate(self._notes):
            ended = {id(a): a for a in note.used if id(a) in places and ends[id(a)] == at}
            ended.pop(id(note.writes), None)
            # Memory that is read for the last time may be written in the same operation.
            over = [key for key, a in ended.items() if note.elementwise and _same(a, note.writes)]
            for key in over:
                scratch.give(places[key])
            new = id(note.writes)
            if new in self._own and new not in places and new not in lasting:
                places[new] = scratch.take(note.writes)
            for key in ended.keys() - set(over):
                scratch.give(places[key])
        return places


def _same(one: Values, other: Values) -> bool:
    return _kind(one) == _kind(other)


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
        return self.tape.note(Note(_pick, (self.array, *keys), self.tape.new(picked), {}, False))

    def __setitem__(self, key: Any, value: Any) -> None:
        keys = tuple(map(_bare, key)) if isinstance(key, tuple) else (_bare(key),)
        if not all(isinstance(each, np.ndarray) for each in keys):
            raise NotTapedError("writing to a slice")
        value = np.asarray(_bare(value))
        self.array[keys] = value
        self.tape.note(Note(_put, (value, *keys), self.array, {}, False))

    def copy(self) -> Any:
        """As of an array."""
        return np.positive(self)

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
        taped = self.tape.note(Note(np.dot, (lines, ones), written, {}, False))
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
        return self.tape.note(
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
        return self.tape.note(Note(ufunc.reduce, (values,), written, options, False, True))

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
    tape = next(each.tape for each in (condition, one, other) if isinstance(each, Taped))
    operands = tuple(np.asarray(_bare(each)) for each in (condition, one, other))
    chosen = tape.new(np.where(*(_bare(each) for each in (condition, one, other))))
    weak = tuple(
        each.astype(chosen.dtype) if each.ndim == 0 and at else each
        for at, each in enumerate(operands)
    )
    return tape.note(Note(_choose, weak, chosen, elementwise=False))


def _choose(condition: Values, one: Values, other: Values, out: Values) -> None:
    out[...] = np.where(condition, one, other)


def _clip(values: Any, low: float, high: float) -> Any:
    return np.minimum(np.maximum(values, low), high)


def _full_like(like: Taped, value: float) -> Any:
    filled = like.tape.new(np.full_like(like.array, value))
    constant = np.full_like(like.array, value)
    return like.tape.note(Note(np.positive, (constant,), filled))


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
