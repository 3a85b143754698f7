"""A list to choose from in which a page is a page of what can be seen.

Without a line of room Textual 8.2 looks for the place of an option among no lines, and fails.
"""

from __future__ import annotations

from textual.widgets import OptionList


class Options(OptionList):
    """Options of which a page can be turned in a terminal of any size."""

    def action_page_up(self) -> None:
        """A page up, if any of it can be seen."""
        if has_room(self):
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """A page down, likewise."""
        if has_room(self):
            super().action_page_down()  # type: ignore[no-untyped-call]


def has_room(options: OptionList) -> bool:
    """Whether a line of a list can be seen."""
    return bool(options.scrollable_content_region)
