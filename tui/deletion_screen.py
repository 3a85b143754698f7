"""The question before a recorded run is deleted."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from .safe_text import safe_text


class DeletionScreen(ModalScreen[bool]):
    """Gives True where the run is to be deleted; whatever else is pressed keeps it.

    Args:
        name: the run, as it is listed.
        ascii_only: lines are drawn with ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape,enter,q,space", "answer(False)", show=False),
    ]

    def __init__(self, name: str, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._name_shown = safe_text(name, 60)

    def compose(self) -> ComposeResult:
        """The question in a box."""
        with Vertical(id="deletion") as box:
            box.border_title = Content("delete a run")
            yield Static(
                Content(f"Delete {self._name_shown} and all that was measured of it?"),
                markup=False,
            )
            yield Static(Content("y deletes it for good; n keeps it"), markup=False)

    def action_answer(self, deleted: bool) -> None:
        """Give the answer."""
        self.dismiss(deleted)
