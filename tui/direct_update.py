"""Painting panels past the compositor: what they say has changed goes straight to the terminal.

For a handful of changed cells Textual queues messages, renders every widget around them and cuts
the rows up again; a panel that nothing covers knows better which cells are new. Everything else
(layout, borders, overlays, other widgets) stays with the compositor; the rows of a panel that it
remembers are dropped here, so that it finds the newest ones when it is its turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Offset
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from .canvas import Cells
from .narrow_update import PLAIN, RESET, Codes, codes_of, move_to, put
from .panels import Panel
from .panels.panel import Span
from .view import View


class Brush:
    """What the styles of a panel's strips become on the terminal.

    Args:
        ground: the panel's own style, under those of its strips.
        filters: what the app does to every style.
        background: the panel's background, for the filters.
        depth: how many colors the terminal has.
    """

    def __init__(
        self, ground: Style, filters: Sequence[LineFilter], background: Color, depth: ColorSystem
    ) -> None:
        self._ground = ground
        self._filters = filters
        self._background = background
        self.depth = depth
        self._known: dict[Style | None, tuple[Style, Codes | None]] = {}

    def finished(self, style: Style | None) -> tuple[Style, Codes | None]:
        """A style as it is sent, and its codes; None where codes do not say all of it."""
        known = self._known.get(style)
        if known is None:
            segments = [Segment("x", self._ground + style if style else self._ground)]
            for each in self._filters:
                segments = each.apply(segments, self._background)
            shown = segments[0].style or Style.null()
            known = self._known[style] = (shown, codes_of(shown, self.depth))
        return known


class Patch(NamedTuple):
    """Cells of one row of the screen, and how their styles are sent."""

    x: int
    y: int
    width: int
    segments: list[Segment]
    brush: Brush


class PatchUpdate(CompositorUpdate):
    """Patches, as one update of the screen.

    They are sent color by color: another color costs twice the bytes of another place.
    """

    def __init__(self, patches: Iterable[Patch]) -> None:
        self._patches = sorted(patches, key=_first_codes)

    def render_segments(self, console: Console) -> str:
        """The characters and codes that are written to the terminal."""
        out: list[str] = []
        now: Codes = PLAIN
        column, row = -1, -1
        for x, y, width, segments, brush in self._patches:
            out.append(move_to(x, y, column if row == y else -1))
            column, row = x + width, y
            for text, style, _ in segments:
                shown, codes = brush.finished(style)
                now = put(out, text, shown, codes, now, brush.depth)
        if now != PLAIN:
            out.append(RESET)
        return "".join(out)


def _first_codes(patch: Patch) -> Codes:
    return patch.brush.finished(patch.segments[0].style)[1] or PLAIN


class Painter:
    """Shows views on the panels of one screen."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self._brushes: dict[object, Brush] = {}
        self._map: object = None
        self._places: dict[Widget, Offset | None] = {}

    def paint(self, panels: Iterable[Panel], view: View) -> None:
        """Have the panels show a view, and write what is new to the terminal at once.

        Where that cannot be (something covers a panel, there is no terminal), the compositor is
        asked to.
        """
        app = self._screen.app
        direct = not (app._batch_count or app.is_headless or app.is_inline)
        patches: list[Patch] = []
        for panel in panels:
            spans = panel.take(view)
            place = self._place(panel) if direct and spans else None
            if spans is None or place is None:
                panel.repaint(spans)
            elif spans:
                panel._styles_cache.clear()
                patches += cut(panel.strips, spans, place, self._brush(panel))
        if patches:
            app._display(self._screen, PatchUpdate(patches))  # type: ignore[arg-type]  # Textual's

    def _place(self, panel: Panel) -> Offset | None:
        """Where the panel's first cell is on the screen; None where other widgets are above it."""
        visible = self._screen._compositor.visible_widgets
        if visible is not self._map:
            self._map, self._places = visible, {}
        if panel not in self._places:
            self._places[panel] = uncovered(visible, panel)
        return self._places[panel]

    def _brush(self, panel: Panel) -> Brush:
        app = self._screen.app
        ground, filters = panel.visual_style.rich_style, app.get_line_filters()
        depth = app.console._color_system or ColorSystem.TRUECOLOR
        key = (ground, tuple(filters), depth)
        if key not in self._brushes:
            background = panel.background_colors[1]
            self._brushes = {key: Brush(ground, filters, background, depth)}
        return self._brushes[key]


def uncovered(visible: dict[Widget, tuple[Any, Any]], widget: Widget) -> Offset | None:
    """Where the content of a widget begins, if the screen shows all of it; otherwise None.

    Args:
        visible: region and clip of each widget, those in front first.
        widget: which one.
    """
    if widget not in visible:
        return None
    region, clip = visible[widget]
    inside = region.shrink(widget.styles.gutter)
    if not clip.contains_region(inside):
        return None
    for other, (above, limits) in visible.items():
        if other is widget:
            break
        if above.intersection(limits).overlaps(inside):
            return None
    offset: Offset = inside.offset
    return offset


def cut(
    strips: Sequence[Strip], spans: Iterable[Span], place: Offset, brush: Brush
) -> Iterator[Patch]:
    """Patches of the spans of a panel whose first cell is at a place of the screen."""
    for y, left, right in spans:
        segments = cells(strips[y], left, right)
        if segments:
            yield Patch(place.x + left, place.y + y, right - left, segments, brush)


def cells(strip: Strip, left: int, right: int) -> list[Segment]:
    """The segments of a stretch of a row."""
    if not isinstance(strip, Cells):
        return list(strip.crop(left, right))
    found: list[Segment] = []
    x = 0
    for text, style, _ in strip:
        end = x + len(text)
        if end > left:
            found.append(Segment(text[max(left - x, 0) : right - x], style))
        if end >= right:
            break
        x = end
    return found
