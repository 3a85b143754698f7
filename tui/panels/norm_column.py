"""A column of norms: a bar on a log scale and a number each; words for what has no length."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.style import Style

from ...core.record import Row
from ..view import View
from .rows import Part, pad
from .two_part_bar import two_part_bar

NUMBER = 9
"""Cells of a number: ``2.2e-06``, or the words ``exactly 0``."""
RANGE = 18
"""Cells of two numbers: ``2.2e-06 .. 1.3e-05``."""


@dataclass(frozen=True, slots=True)
class NormColumn:
    """How the norms of one metric are drawn in every row."""

    name: str
    """What stands above."""
    nothing: str
    """What is said of an exact zero."""
    style: Style
    bar: int
    """Cells of the bar; 0: numbers only."""
    number: int
    """Cells of the number: ``RANGE`` shows the least and the greatest of several layers."""
    scale: tuple[float, float]
    """Where bars begin and end, log10."""

    @property
    def cells(self) -> int:
        """The whole width."""
        return self.number + (self.bar + 1 if self.bar else 0)

    @property
    def full_name(self) -> str:
        """The name with the scale: ``error signal, log 1e-7 to 1e0``."""
        return f"{self.name}, log 1e{self.scale[0]:.0f} to 1e{self.scale[1]:.0f}"

    def heading(self, full: bool) -> str:
        """What stands above, as wide as the column; ``full``: with the scale."""
        name = self.full_name if full else self.name
        if len(name) > self.cells:
            name = name[: name.index(" ") + 5]  # W grad
        return pad(name, self.cells, right=not self.bar)

    def cell(
        self, view: View, values: Row, *, mark: float = math.nan, first: bool = True
    ) -> list[Part]:
        """One layer's norm, or the range of several.

        Args:
            view: what to draw with.
            values: the norms.
            mark: log10 of a norm whose place in the bar is marked; NaN: none is.
            first: False is the second row of a tall bar: without words and number.
        """
        palette, glyphs = view.palette, view.glyphs
        norms: list[float] = values.tolist()  # of few numbers Python is faster than NumPy
        bad = [norm for norm in norms if not math.isfinite(norm)]
        if bad:
            word = ("" if len(bad) == len(norms) else "some ") + bad_word(bad[0])
            return self._in_words(glyphs.bad, "not finite", word, palette.error, first)
        low, high = min(norms), max(norms)
        if low == 0:
            word = "exactly 0" if high == 0 else "some 0"
            return self._in_words(glyphs.zero, self.nothing, word, palette.warning, first)
        number = f"{low:.1e}"
        if len(values) > 1 and self.number >= RANGE:
            number = f"{low:.1e} .. {high:.1e}"
        # Of several layers, solid up to the least and light up to the greatest.
        light = self._share(high) if len(values) > 1 else 0.0
        solid, rest = two_part_bar(self._share(low), light, self.bar, glyphs)
        drawn = solid + rest
        blank = " " * (self.bar - len(drawn))
        tail = blank + self._number(number if first else "")
        place = self._place(mark)
        if place is None:
            return [(solid, self.style), (rest, self.style), (tail, palette.text)]
        sign = (glyphs.upright, palette.text)
        if place < len(drawn):
            return [
                (drawn[:place], self.style),
                sign,
                (drawn[place + 1 :], self.style),
                (tail, palette.text),
            ]
        before = place - len(drawn)
        return [
            (drawn, self.style),
            (tail[:before], palette.text),
            sign,
            (tail[before + 1 :], palette.text),
        ]

    def _place(self, decades: float) -> int | None:
        """The cell of the bar where a bar of that log10 would end; None beside the scale."""
        low, high = self.scale
        share = (decades - low) / (high - low)
        if not (self.bar and 0.0 <= share <= 1.0):
            return None
        return min(int(share * self.bar), self.bar - 1)

    def _in_words(
        self, sign: str, words: str, number: str, style: Style, first: bool
    ) -> list[Part]:
        said = f"{sign} {words}"
        said = said if len(said) <= self.bar else sign
        if not first:
            said = number = ""
        return [(pad(said, self.bar) + self._number(number), style)]

    def _number(self, text: str) -> str:
        return (" " if self.bar else "") + pad(text, self.number, right=True)

    def _share(self, value: float) -> float:
        """How far along the scale a positive value lies; never quite at its start."""
        low, high = self.scale
        return max((math.log10(value) - low) / (high - low), 1e-3)


def bad_word(value: float) -> str:
    """What a value that is not finite is called."""
    return "NaN" if math.isnan(value) else "infinite"
