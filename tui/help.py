"""The ``?`` screen: every key of the screen it was asked on, and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from .keymap import Key, plain


def help_text(keys: Sequence[Key], *, ascii_only: bool = False) -> Content:
    """The keys in groups, in the order of the table; those that say nothing are left out."""
    told = [key for key in (plain(keys) if ascii_only else keys) if key.about]
    width = max(cell_len(key.shown) for key in told)
    groups = dict.fromkeys(key.group for key in told)
    blocks: list[Content] = []
    for group in groups:
        lines = [Content.styled(group, "$foreground-muted")]
        for key in told:
            if key.group == group:
                name = Content.styled(key.shown.rjust(width), "bold $primary")
                lines.append(Content.assemble(name, "  ", key.about))
        blocks.append(Content("\n").join(lines))
    return Content("\n\n").join(blocks)


class HelpScreen(ModalScreen[None]):
    """All keys; any of the keys that ask for help or leave closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter,space", "dismiss", "close", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
    ]

    def __init__(self, keys: Sequence[Key], *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._keys = keys
        self._ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        """The table in a box of its own size."""
        with VerticalScroll(id="help", can_focus=False) as box:
            box.border_title = Content("keys")
            box.border_subtitle = Content("esc closes")
            yield Static(help_text(self._keys, ascii_only=self._ascii_only), markup=False)

    def action_scroll(self, rows: int) -> None:
        """Move the table where it does not fit."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)
