"""Textual's command palette, with a cursor that stands still: a blinking one sends for ever."""

from __future__ import annotations

from textual.command import CommandPalette
from textual.widgets import Input


class CommandSearch(CommandPalette):
    """Find a key's action by words."""

    def on_mount(self) -> None:
        """Stop the cursor's blinking."""
        self.query_one(Input).cursor_blink = False
