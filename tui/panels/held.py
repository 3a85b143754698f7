"""What a panel's widget holds still from frame to frame, so that little has to be repainted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import is_
from typing import Any, TypeVar

from textual.strip import Strip

from ...core.record import Row
from ..chart import StripCache, YRange, log_range

SPARE_DECADES = 2.0
"""Decades that a range of bars may be too wide before it is fitted again."""

T = TypeVar("T")


@dataclass(slots=True)
class Held:
    """Ranges and strips of the last frame. A fresh one gives the same picture, fitted anew."""

    y: YRange = field(default_factory=YRange)
    strips: StripCache = field(default_factory=StripCache)
    _decades: dict[str, tuple[float, float]] = field(default_factory=dict)
    _parts: dict[object, Held] = field(default_factory=dict)
    _joined: dict[int, tuple[tuple[Strip, ...], Strip]] = field(default_factory=dict)
    _made: tuple[tuple[object, ...], Any] = ((), None)

    def part(self, name: object) -> Held:
        """What is held of one part of a panel that has several, such as a column for each run."""
        return self._parts.setdefault(name, Held())

    def joined(self, row: int, parts: tuple[Strip, ...]) -> Strip:
        """Strips side by side as one: the very one of the last frame where they are those."""
        last = self._joined.get(row)
        if last is not None and len(last[0]) == len(parts) and all(map(is_, last[0], parts)):
            return last[1]
        strip = Strip.join(parts)
        self._joined[row] = parts, strip
        return strip

    def made(self, of: tuple[object, ...], make: Callable[[], T]) -> T:
        """What ``make`` gives for these very objects; made anew when one of them is another."""
        known, thing = self._made
        if len(known) != len(of) or not all(map(is_, known, of)):
            thing = make()
            self._made = (of, thing)
        made: T = thing
        return made

    def decades(self, name: str, values: Row, least: float) -> tuple[float, float]:
        """Whole decades (log10) around the positive values, at least ``least`` of them.

        Widens at once when a value leaves; narrows when it is ``SPARE_DECADES`` too wide.
        """
        low, high = log_range(values)
        low = min(low, high - least)
        if name in self._decades:
            bottom, top = self._decades[name]
            wide = min(bottom, low), max(top, high)
            if wide[1] - wide[0] <= high - low + SPARE_DECADES - 1.0:
                low, high = wide
        self._decades[name] = (low, high)
        return low, high
