"""Pictures side by side: equal columns with a faint line between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.strip import Strip

from ..panels.held import Held
from ..panels.panel import Draw, TimeAxis
from ..panels.rows import Part, row
from ..view import View
from .comparison import LETTERS, Comparison, run_style

GAP = 3
"""Cells between two columns: a blank, a line, a blank."""

DrawRun = Callable[[int, int, int, Held], list[Strip]]
"""(run, width, height, held) -> its picture."""


def column_width(width: int, count: int) -> int:
    """Cells of each of so many columns."""
    return max((width - GAP * (count - 1)) // max(count, 1), 0)


def side_by_side(
    view: Comparison, draw: DrawRun, width: int, height: int, held: Held
) -> list[Strip]:
    """The picture of every run in a column of its own."""
    each = column_width(width, view.count)
    columns = [draw(run, each, height, held.part(run)) for run in range(view.count)]
    line = "|" if view.glyphs.ascii else "│"
    # Where the columns are too many for the width there is a blank row.
    gap = row(view, [(f" {line} ", view.palette.frame)], min(GAP, width))
    rest = row(view, (), width - each * view.count - GAP * (view.count - 1))
    if each < 1:
        return [row(view, (), width)] * height
    strips = []
    for y in range(height):
        parts = [columns[0][y]]
        for column in columns[1:]:
            parts += [gap, column[y]]
        strips.append(held.joined(y, (*parts, rest)))
    return strips


def letter(view: Comparison, run: int) -> Part:
    """The letter of a run, and a blank."""
    return f"{LETTERS[run]} ", run_style(view.palette, run)


@dataclass(frozen=True, slots=True)
class ColumnAxis(TimeAxis):
    """The time axis of several columns, each with the same."""

    pitch: int
    """From one column to the next."""
    count: int

    def step_at(self, column: int) -> int | None:
        """The step in the middle of a cell column; None beside all axes."""
        which, place = divmod(column, self.pitch)
        # Without ``super()``, which a class with slots does not have here.
        return TimeAxis.step_at(self, place) if 0 <= which < self.count else None


def comparing(
    draw: Callable[[Comparison, int, int, Held], list[Strip]],
) -> Draw:
    """A drawing of comparisons as one of views: a lone view is a comparison of one."""

    def drawn(view: View, width: int, height: int, held: Held | None = None) -> list[Strip]:
        if width < 1 or height < 1:
            return [row(view, (), width)] * max(height, 0)
        return draw(as_comparison(view), width, height, held or Held())

    return drawn


def as_comparison(view: View) -> Comparison:
    """The comparison that a view is."""
    if isinstance(view, Comparison):
        return view
    return Comparison.of((view,), names=(view.experiment.name,), changes=((),))


def at_cursor(words: str, view: View) -> str:
    """A panel's title, with the step that a person looks back at."""
    return words if view.cursor is None else f"{words} at step {view.cursor:,}"
