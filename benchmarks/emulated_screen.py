"""What a terminal would show of the bytes that a program has written to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyte

PRIVATE = re.compile(rb"\x1b\[[?<=>][\d;]*\$?[a-zA-Z]")
"""Private sequences, which pyte takes for text where it does not know them."""
UNFINISHED = re.compile(rb"\x1b(\[[^a-zA-Z]*)?$")


class EmulatedScreen:
    """A screen of so many columns and rows, empty at first."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._pending = b""

    @property
    def lines(self) -> Sequence[str]:
        """Its rows as text."""
        shown: Sequence[str] = self._screen.display
        return shown

    def feed(self, data: bytes) -> None:
        """Obey what was written next; a sequence that is cut off waits for its end."""
        data = self._pending + data
        cut = UNFINISHED.search(data)
        self._pending = data[cut.start() :] if cut else b""
        self._stream.feed(PRIVATE.sub(b"", data[: cut.start()] if cut else data))

    def resize(self, columns: int, rows: int) -> None:
        """Another size; what is shown from here on was drawn for it."""
        self._screen.resize(rows, columns)
        self._screen.reset()
