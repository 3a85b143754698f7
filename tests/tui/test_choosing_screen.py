"""A list to choose one thing from: by keys, and never what cannot be chosen."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.content import Content
from textual.widgets import OptionList

from backscope.tui.choosing_screen import ChoosingScreen


class Fruit(ChoosingScreen[str]):
    def __init__(self):
        super().__init__("fruit", "esc closes", box="fruit")

    def entries(self):
        yield Content("[/] not markup"), None
        yield Content("apple"), "apple"
        yield Content("a stone"), None
        yield Content("pear"), "pear"


class Market(App[None]):
    def on_mount(self):
        self.bought = []
        self.push_screen(Fruit(), self.bought.append)


@pytest.mark.parametrize(
    ("keys", "bought"),
    [
        (["enter"], "apple"),
        (["down", "enter"], "pear"),
        (["j", "k", "enter"], "apple"),
        (["j", "j", "enter"], "apple"),
        (["escape"], None),
        (["q"], None),
    ],
)
async def test_keys_choose_and_pass_over_what_cannot_be_chosen(keys, bought):
    async with Market().run_test() as pilot:
        assert str(pilot.app.screen.query_one("#fruit").border_title) == "fruit"
        await pilot.press(*keys)
        assert pilot.app.bought == [bought]


async def test_what_cannot_be_chosen_is_shown_all_the_same():
    async with Market().run_test() as pilot:
        options = pilot.app.screen.query_one(OptionList)
        assert options.option_count == 4
        assert options.render_line(0).text.strip() == "[/] not markup"


async def test_a_list_that_opens_is_not_covered_by_a_message_from_before():
    async with Market().run_test() as pilot:
        await pilot.press("escape")
        pilot.app.notify("something that is over")
        await pilot.pause()
        assert list(pilot.app._notifications)
        await pilot.app.push_screen(Fruit())
        await pilot.pause()
        assert not list(pilot.app._notifications)
        assert not pilot.app.screen.query("Toast")
