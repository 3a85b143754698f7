"""Widgets of which nothing scrolls: to lay them out once is enough."""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import Size
from textual.widget import Widget


class Still(Widget):
    """A widget without anything to scroll.

    Textual lays the whole screen out again, and paints it, whenever a layout has given a widget
    another size: scrollbars may have come or gone.
    """

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)


class StillContainer(Still, Container):
    """A container of such widgets."""
