"""A box with a list to choose one thing from, over the screen that it is about."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from .options import Options

T = TypeVar("T")


class ChoosingScreen(ModalScreen[T | None], Generic[T]):
    """Gives what was chosen, or None.

    Args:
        title: what there is to choose from.
        hint: what the keys do.
        box: the id of the box.
        ascii_only: lines are drawn with ASCII.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "close", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
    ]

    def __init__(self, title: str, hint: str, *, box: str, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._title, self._hint, self._box = title, hint, box
        self._given: list[T | None] = []  # by the number of the option

    @abstractmethod
    def entries(self) -> Iterable[tuple[Content, T | None]]:
        """What is listed, and what each gives; None: it cannot be chosen."""

    def compose(self) -> ComposeResult:
        """The list in a box."""
        with Vertical(id=self._box) as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(self._hint)
            yield Options(markup=False, compact=True)

    def on_mount(self) -> None:
        """List everything, and begin with the first that can be chosen."""
        self.app.clear_notifications()  # they would lie on the box
        listed = self.query_one(OptionList)
        for content, given in self.entries():
            self._given.append(given)
            listed.add_option(Option(content, disabled=given is None))
        listed.action_first()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Something was chosen."""
        self.dismiss(self._given[event.option_index])

    def action_move(self, rows: int) -> None:
        """The one above or below."""
        options = self.query_one(OptionList)
        if rows < 0:
            options.action_cursor_up()
        else:
            options.action_cursor_down()
