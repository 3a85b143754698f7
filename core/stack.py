"""The arrays of neighboring layers that lie side by side in memory, as one array."""

from __future__ import annotations

from dataclasses import dataclass

from .record import Array


@dataclass(frozen=True, slots=True)
class Stack:
    """The arrays of some neighboring layers."""

    layers: slice
    lines: Array
    """``(layers, entries)``: each line contiguous."""
    units: Array | None = None
    """``(layers, units or more, rows)``: the same by units, where they lie one after the other."""

    @property
    def whole(self) -> Array:
        """The lines with whatever lies between them: one piece of memory, ``(layers, ...)``."""
        return self.lines if self.units is None else self.units.reshape(len(self.units), -1)
