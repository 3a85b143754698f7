"""The bottom row: the keys that are needed most, as many as the width holds, each one clickable."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from .keymap import Key, plain

GAP = 2


def fitting(
    keys: Sequence[Key], labels: Mapping[str, str], width: int, news: Collection[str] = ()
) -> list[Key]:
    """The keys to show in ``width`` cells, in the order of the table; the lowest ranks go first.

    ``labels`` replaces labels by ``Key.keys``; an empty one hides the key. Keys in ``news`` come
    before all others.
    """
    room = width
    chosen: list[Key] = []
    wanted = (key for key in keys if key.rank and labels.get(key.keys, key.label))
    for key in sorted(wanted, key=lambda key: 0 if key.keys in news else key.rank):
        needed = cell_len(hint(key, labels)) + (GAP if chosen else 0)
        if needed > room:
            break
        room -= needed
        chosen.append(key)
    return [key for key in keys if key in chosen]


def hint(key: Key, labels: Mapping[str, str]) -> str:
    """What the line says of a key."""
    return f"{key.pair or key.shown} {labels.get(key.keys, key.label)}"


class KeyLine(Widget):
    """One row of keys and what they do.

    Args:
        keys: the table of the screen.
        ascii_only: arrows are written as words.
    """

    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        padding: 0 1;
        background: $background;
        color: $text-muted;
        & > .key-line--key { color: $foreground; text-style: bold; }
        & > .key-line--news { color: $warning; text-style: bold; }
    }
    """
    COMPONENT_CLASSES = {"key-line--key", "key-line--news"}  # noqa: RUF012  # as Textual has it
    ALLOW_SELECT = False

    def __init__(self, keys: Sequence[Key], *, ascii_only: bool = False) -> None:
        super().__init__()
        self._keys = plain(keys) if ascii_only else keys
        self._labels: dict[str, str] = {}
        self._news: frozenset[str] = frozenset()

    def show(self, labels: Mapping[str, str], news: Collection[str] = ()) -> None:
        """Use these labels for some keys (by ``Key.keys``), and point out those that have news."""
        if (labels, frozenset(news)) != (self._labels, self._news):
            before = self._hints()
            self._labels = dict(labels)
            self._news = frozenset(news)
            left = 0
            for old, new in zip_longest(before, self._hints()):
                if old != new:
                    # What is left of it stays as it is, and need not be sent.
                    self.refresh(Region(left, 0, max(self.size.width - left, 0), 1))
                    break
                left += cell_len(old[1]) + GAP

    def render(self) -> Content:
        """The hints that fit."""
        strong = self.get_visual_style("key-line--key", partial=True)
        news = self.get_visual_style("key-line--news", partial=True)
        parts: list[Content] = []
        for key, text in self._texts():
            label = self._labels.get(key.keys, key.label)
            content = Content(text).stylize(strong, 0, len(text) - len(label))
            parts.append(content.stylize(news) if key.keys in self._news else content)
        return Content(" " * GAP).join(parts)

    async def on_click(self, event: events.Click) -> None:
        """Do what the hint under the mouse says."""
        place = event.get_content_offset(self)
        left = 0
        for key, text in self._texts():
            right = left + cell_len(text)
            if place is not None and left <= place.x < right:
                await self.run_action(key.target)
            left = right + GAP

    def _hints(self) -> list[tuple[Key, str, bool]]:
        return [(key, text, key.keys in self._news) for key, text in self._texts()]

    def _texts(self) -> list[tuple[Key, str]]:
        return [
            (key, hint(key, self._labels))
            for key in fitting(self._keys, self._labels, self.size.width, self._news)
        ]
