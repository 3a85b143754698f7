"""A list to choose from, in a terminal with room for it and without."""

import pytest
from textual.app import App
from textual.widgets.option_list import Option

from backscope.tui.options import Options


class Listing(App[None]):
    def compose(self):
        yield Options(*(Option(str(number)) for number in range(40)))


@pytest.mark.parametrize("rows", [24, 2, 1])
async def test_a_page_can_be_turned_in_a_terminal_of_any_size(rows):
    async with Listing().run_test(size=(20, rows)) as pilot:
        listed = pilot.app.query_one(Options)
        listed.focus()
        listed.action_first()
        await pilot.press("pagedown", "pagedown", "pageup")
        assert (0 < listed.highlighted < 40) is (rows > 2)
