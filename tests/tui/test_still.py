"""Widgets of which nothing scrolls."""

import pytest
from textual.app import App
from textual.containers import Container
from textual.geometry import Size

from backscope.tui.still import StillContainer


class Stage(App):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def compose(self):
        yield self.kind()


@pytest.mark.parametrize(("kind", "again"), [(StillContainer, False), (Container, True)])
async def test_only_what_could_scroll_asks_for_another_layout_when_it_has_a_new_size(kind, again):
    async with Stage(kind).run_test(size=(40, 10)) as pilot:
        widget = pilot.app.query_one(kind)
        asked = []
        widget.refresh = lambda *regions, layout=False, **options: asked.append(layout)
        new = Size(41, 11)
        assert widget._size_updated(new, new, new)
        assert widget.virtual_size == new
        assert (True in asked) == again
