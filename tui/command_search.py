"""Textual's command palette, with a cursor that stands still: a blinking one sends for ever.

And with a page that needs room, as in ``options``.
"""

from __future__ import annotations

from textual.command import CommandList, CommandPalette
from textual.widgets import Input

from .options import has_room


class CommandSearch(CommandPalette):
    """Find a key's action by words."""

    def on_mount(self) -> None:
        """Stop the cursor's blinking."""
        self.query_one(Input).cursor_blink = False

    def _action_command_list(self, action: str) -> None:
        if has_room(self.query_one(CommandList)):
            super()._action_command_list(action)
