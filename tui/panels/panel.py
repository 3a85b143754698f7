"""What all panels share: an instrument draws a view as rows, a ``Panel`` puts them on the screen.

An ``Instrument`` is a pure drawing function with its name and title. A ``Panel`` is the one widget
that holds the newest view, has its instrument draw it, and repaints only the rows that changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import NULL_SIZE, Region, Size
from textual.message import Message
from textual.strip import Strip

from ..canvas import Cells, single_cells
from ..plot import inner_size
from ..safe_text import safe_text
from ..still import Still
from ..view import View
from .changed_cells import changed_cells
from .held import Held

BLANK = Style()


class Span(NamedTuple):
    """Cells of one row of a panel's content."""

    row: int
    left: int
    right: int
    """Exclusive."""


class Draw(Protocol):
    """(view, width, height) -> exactly ``height`` strips of exactly ``width`` cells; never raises.

    ``held`` is what the widget keeps still between frames; without it the picture is fitted anew.
    """

    def __call__(
        self, view: View, width: int, height: int, held: Held | None = None, /
    ) -> list[Strip]:
        """Draw."""


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Where in a drawing the steps lie: ``columns`` cells from column ``first`` on."""

    first: int
    columns: int
    start: int
    stop: int
    """Exclusive."""

    def step_at(self, column: int) -> int | None:
        """The step in the middle of a column; None beside the axis."""
        place = column - self.first
        if not 0 <= place < self.columns or self.stop <= self.start:
            return None
        steps = self.stop - self.start
        return min(self.start + (2 * place + 1) * steps // (2 * self.columns), self.stop - 1)


def chart_axis(view: View, width: int, height: int) -> TimeAxis | None:
    """The time axis of a chart or heatmap that fills a panel."""
    left, columns, _ = inner_size(width, height)
    return TimeAxis(left, columns, *view.shown) if columns else None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A panel without its widget: what it is called and how it is drawn."""

    name: str
    """Also the widget's id."""
    title: Callable[[View], str]
    """Plain text for the border."""
    draw: Draw
    axis: Callable[[View, int, int], TimeAxis | None] = lambda view, width, height: None
    """(view, width, height) -> the time axis of that drawing, if it has one."""
    heading: str = ""
    """Plain text for the border while there is no view; empty: the name."""


class Panel(Still, can_focus=True):
    """The widget of every instrument.

    The dashboard calls ``show`` with each new view. With the class ``-bare`` a panel has no border.
    """

    DEFAULT_CSS = """
    Panel {
        width: 1fr;
        height: 1fr;
        border: round $foreground-disabled;
        border-title-color: $text-muted;
        border-title-style: none;
        background: $background;
        color: $foreground;
        pointer: default;
        &:focus { border: round $primary; border-title-color: $primary; border-title-style: bold; }
        &.-bare { border: none; }
    }
    """
    ALLOW_SELECT = False

    class CursorMoved(Message):
        """A person pointed at a step of a time axis."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Zoomed(Message):
        """A person turned the wheel over a step of a time axis."""

        def __init__(self, step: int, closer: bool) -> None:
            super().__init__()
            self.step = step
            self.closer = closer
            """Fewer steps are to be shown, around ``step``."""

    def __init__(self, instrument: Instrument, *, classes: str | None = None) -> None:
        super().__init__(id=instrument.name, classes=classes)
        self.instrument = instrument
        self._view: View | None = None
        self._words = ""
        self._title = ""
        self._held = Held()
        self._strips: list[Strip] = []
        self._drawn: tuple[View | None, Size] = None, NULL_SIZE
        self._hidden = False
        self._dragged_to: int | None = None  # the step under a held mouse button
        self._entitle(instrument.heading or instrument.name)

    def wait(self, words: str = "") -> None:
        """Show no view until there is a new one, but this line; it may come from outside."""
        self._view, self._words = None, words
        self._drawn = None, NULL_SIZE
        self._held = Held()
        self._entitle(self.instrument.heading or self.instrument.name)
        self._redraw()

    def show(self, view: View) -> None:
        """Show this view: rows that look as before are left alone."""
        self.repaint(self.take(view))

    def take(self, view: View) -> list[Span] | None:
        """Draw this view and say which cells look different from before; None: all of them.

        The caller sees to it that they are painted.
        """
        self._view = view
        self._entitle(safe_text(self.instrument.title(view)))
        return [] if self._hidden else self._redrawn()

    def _entitle(self, title: str) -> None:
        if title != self._title:
            self._title = title
            self.border_title = Content(title)  # a str would be read as markup

    def repaint(self, spans: list[Span] | None) -> None:
        """Ask Textual to paint these cells; None: all."""
        if spans is None:
            self.refresh()
        elif spans:
            self.refresh(*(Region(left, y, right - left, 1) for y, left, right in spans))

    @property
    def view(self) -> View | None:
        """What is shown."""
        return self._view

    @property
    def strips(self) -> list[Strip]:
        """The rows that are shown, on no background."""
        return self._strips

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region."""
        # Textual forgets them only in widgets that draw themselves whole: here they would pile up.
        self._dirty_regions.clear()
        if self._is_stale:
            self._redrawn()  # a new layout is painted before its widgets are told of their sizes
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the drawing on the panel's background."""
        base = self.visual_style.rich_style
        if y < len(self._strips):
            return self._strips[y].apply_style(base)
        return Strip.blank(self.size.width, base)

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._redraw()

    def on_hide(self) -> None:
        """Draw nothing while nobody can see it."""
        self._hidden = True

    def on_show(self) -> None:
        """Catch up with what was not drawn."""
        self._hidden = False
        self._redraw()

    @property
    def _is_stale(self) -> bool:
        """Whether what was drawn last was another view, or for another size."""
        view, size = self._drawn
        return view is not self._view or size != self.size

    def _redraw(self) -> None:
        if self._is_stale:
            self.repaint(self._redrawn())

    def _redrawn(self) -> list[Span] | None:
        """Draw; which cells are new."""
        size = self.size
        self._drawn = self._view, size
        width, height = size
        if self._view is None:
            strips = _with_words(self._words, width, height)
        else:
            strips = self.instrument.draw(self._view, width, height, self._held)
        shown, self._strips = self._strips, strips
        if len(shown) != len(strips):
            return None
        return [
            Span(y, left, right)
            for y, (before, now) in enumerate(zip(shown, strips, strict=True))
            if before is not now
            for left, right in changed_cells(before, now)
        ]

    # The mouse

    def _step_at(self, event: events.MouseEvent) -> int | None:
        offset = event.get_content_offset(self)
        if self._view is None or offset is None:
            return None
        axis = self.instrument.axis(self._view, *self.size)
        return axis.step_at(offset.x) if axis else None

    def _point(self, event: events.MouseEvent) -> None:
        step = self._step_at(event)
        if step is not None and step != self._dragged_to:
            self._dragged_to = step
            self.post_message(self.CursorMoved(step))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor where the person points, and take hold of it."""
        if event.button == 1 and self._dragged_to is None:
            self._point(event)
            if self._dragged_to is not None:
                self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the cursor."""
        if self._dragged_to is not None:
            self._point(event)

    def on_mouse_up(self) -> None:
        """Let go of the cursor."""
        if self._dragged_to is not None:
            self._dragged_to = None
            self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in where the mouse is."""
        self._zoom(event, closer=True)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out where the mouse is."""
        self._zoom(event, closer=False)

    def _zoom(self, event: events.MouseEvent, *, closer: bool) -> None:
        step = self._step_at(event)
        if step is not None:
            event.stop()
            self.post_message(self.Zoomed(step, closer))


def _with_words(words: str, width: int, height: int) -> list[Strip]:
    """Blank rows, a line of words in the first one."""
    text = single_cells(words, width).ljust(width)
    return [Cells([Segment(text if y == 0 else " " * width, BLANK)], width) for y in range(height)]
