"""The key line: as much as fits, the most needed first."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App

from backscope.tui.key_line import GAP, KeyLine, fitting, hint
from backscope.tui.keymap import DASHBOARD, GALLERY


def length(keys, labels):
    return sum(cell_len(hint(key, labels)) for key in keys) + GAP * max(len(keys) - 1, 0)


@pytest.mark.parametrize("keys", [DASHBOARD, GALLERY])
@pytest.mark.parametrize("width", range(0, 200, 3))
def test_it_never_is_wider_than_its_room(keys, width):
    assert length(fitting(keys, {}, width), {}) <= width


def test_on_80_columns_it_shows_what_is_needed_most():
    shown = [key.pair or key.shown for key in fitting(DASHBOARD, {"space": "resume"}, 78)]
    assert {"space", "s", "+ -", "v", "← →", "?", "q"} <= set(shown)


def test_more_room_never_loses_a_key():
    before = []
    for width in range(0, 250):
        now = fitting(DASHBOARD, {}, width)
        assert set(before) <= set(now)
        before = now


def test_keys_stand_in_the_order_of_the_table():
    shown = fitting(DASHBOARD, {}, 120)
    assert shown == sorted(shown, key=DASHBOARD.index)


def test_an_empty_label_hides_its_key():
    assert "escape" in {key.keys for key in fitting(GALLERY, {"escape": "back"}, 200)}
    assert "escape" not in {key.keys for key in fitting(GALLERY, {"escape": ""}, 200)}


def test_a_label_may_be_replaced():
    (pause,) = (key for key in DASHBOARD if key.keys == "space")
    assert hint(pause, {}) == "space pause"
    assert hint(pause, {"space": "resume"}) == "space resume"


def test_a_key_that_has_news_is_shown_even_on_a_narrow_line():
    assert "o" not in {key.keys for key in fitting(DASHBOARD, {}, 78)}
    assert "o" in {key.keys for key in fitting(DASHBOARD, {}, 78, {"o"})}


async def test_only_what_changes_of_the_line_is_sent():
    class Line(App[None]):
        def compose(self):
            yield KeyLine(DASHBOARD)

    async with Line().run_test(size=(160, 5)) as pilot:
        line = pilot.app.query_one(KeyLine)
        sent = []
        line.refresh = lambda *regions, **options: sent.append(regions)
        line.show({"f": "unfreeze"})
        ((region,),) = sent
        shown = line.render().plain
        assert shown[region.x :].startswith("f unfreeze")
        assert region.right == line.size.width
        line.show({"f": "unfreeze"})
        assert len(sent) == 1
