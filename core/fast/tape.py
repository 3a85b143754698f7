"""A tape: the NumPy operations of a formula, noted with the arrays they read and write.

Replaying is calling the notes in order: the same operations on the same memory, but no new array,
no Python code of the formula, no number to be converted. Intermediate arrays whose values are no
longer needed lend their memory to later ones, so that a long formula stays in the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Call = Callable[[], object]
"""One operation, bound to the arrays that it reads and writes."""

Values = NDArray[Any]


def copy_into(values: Values, out: Values) -> None:
    """Copy, from one type to another if need be: three times as fast as ``np.positive``."""
    np.copyto(out, values)


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

    def note(self, note: Note) -> None:
        """Write an operation down that was just carried out."""
        self._notes.append(note)

    def new(self, array: Values) -> Values:
        """Remember an array as one of the tape's own, of which only the values count."""
        self._own[id(array)] = array
        return array

    def calls(
        self, results: list[Values], out: Values | None, scratch: Scratch
    ) -> tuple[list[Call], list[Values]]:
        """The notes as calls, and where the results are then."""
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
        return calls, [at(result) for result in results]

    def _send(self, result: Values, out: Values) -> None:
        """Have the result end up in ``out``."""
        last = self._notes[-1] if self._notes else None
        same = result.shape == out.shape and result.dtype == out.dtype
        if last is not None and last.writes is result and self._writers(result) == 1 and same:
            last.writes = out
            return
        self._notes.append(Note(copy_into, (result,), out))

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
