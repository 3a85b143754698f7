"""Rows out of an SQLite file whose structure may be damaged: page by page, whatever leads to them.

SQLite finds a row by walking from the root of its table; where a page on the way is gone, so is all
below it, and of a file that has been cut off it reads nothing at all. Here every page that looks
like a leaf of a table is read on its own. What is found is not believed: the rows of a run have
checksums. Pages, cells and records: https://www.sqlite.org/fileformat2.html, sections 1.6 and 2.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from ..data.files import LONGEST_PATH
from ..errors import DataError
from ..quoting import quoted
from .database import LARGEST_BLOB, PAGE_SIZE
from .places import SQLITE

TABLE_LEAF, INDEX_LEAF = 13, 10
FIRST_PAGE = 100
"""Bytes of the file's header, before the first page's own."""
MOST_COLUMNS = 8
"""None of our tables has more."""
MOST_TIMES = 4
"""A file whose cells claim more than so many times its own length is no work of ours."""
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Value = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One row, or what looks like one."""

    leaf: int
    """Type of its page."""
    rowid: int
    """0 in a table without row ids."""
    size: int
    """Bytes of its record."""
    local: bytes
    """Those that lie on its page."""
    overflow: int
    """Number of the page on which the rest begins; 0: there is none."""


class SalvageFile:
    """A database file that is read page by page; a context manager.

    Args:
        path: of the file, which is not changed.

    Raises:
        OSError: it cannot be opened, or its header cannot be read.
        DataError: from ``cells`` and ``values``: a page cannot be read; one line.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        head = self._file.read(FIRST_PAGE)
        self._bytes = self._file.seek(0, 2)
        self.is_database = head.startswith(SQLITE)
        """Whether it begins as one does."""
        size = int.from_bytes(head[16:18], "big") if self.is_database else PAGE_SIZE
        size = 65536 if size == 1 else size
        known = 512 <= size <= 65536 and not size & (size - 1)
        self._page = size if known else PAGE_SIZE
        reserved = head[20] if self.is_database and known else 0
        self._usable = max(self._page - reserved, 480)
        self._left = MOST_TIMES * self._bytes
        self.version, self.application = (
            (int.from_bytes(head[at : at + 4], "big") for at in (60, 68))
            if len(head) == FIRST_PAGE
            else (0, 0)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def cells(self) -> Iterator[Cell]:
        """Every cell of every page that looks like a leaf."""
        for number in range(1, -(-self._bytes // self._page) + 1):
            page = self._read(number)
            at = FIRST_PAGE if number == 1 and self.is_database else 0
            if len(page) < at + 8 or page[at] not in (TABLE_LEAF, INDEX_LEAF):
                continue
            count = int.from_bytes(page[at + 3 : at + 5], "big")
            pointers = page[at + 8 : at + 8 + 2 * min(count, self._page // 4)]
            for (pointer,) in struct.iter_unpack(">H", pointers[: len(pointers) // 2 * 2]):
                cell = self._cell(page, page[at], pointer)
                if cell is not None:
                    yield cell

    def values(self, cell: Cell, most: int = MOST_COLUMNS) -> list[Value] | None:
        """The first columns of a cell; None where it holds no record of ours.

        Blobs and texts that go on beyond the cell's page are read to their end.
        """
        head, at = _varint(cell.local, 0)
        if not 0 < head <= len(cell.local):
            return None
        kinds: list[int] = []
        while at < head:
            kind, at = _varint(cell.local, at)
            kinds.append(kind)
        if len(kinds) > MOST_COLUMNS or at != head:
            return None
        lengths = [_length(kind) for kind in kinds]
        if any(length is None for length in lengths):
            return None
        ends = [head]
        for length in lengths[:most]:
            ends.append(ends[-1] + (length or 0))
        data = cell.local if ends[-1] <= len(cell.local) else self._whole(cell)
        if data is None or ends[-1] > len(data):
            return None
        parts = zip(kinds, ends[:-1], ends[1:], strict=False)
        return [_value(kind, data[start:stop]) for kind, start, stop in parts]

    def _read(self, number: int) -> bytes:
        """A page; of one that there is not, whatever leads to it, nothing."""
        start = (number - 1) * self._page
        if not 0 <= start < self._bytes:
            return b""
        try:
            self._file.seek(start)
            return self._file.read(self._page)
        except OSError as error:
            name = quoted(self._file.name, LONGEST_PATH)
            raise DataError(f"{name} cannot be read: {error.strerror}") from error

    def _cell(self, page: bytes, leaf: int, pointer: int) -> Cell | None:
        size, at = _varint(page, pointer)
        rowid = 0
        if leaf == TABLE_LEAF:
            rowid, at = _varint(page, at)
        if not 0 < size <= LARGEST_BLOB or at > len(page):
            return None
        room = self._local(size, leaf)
        local = page[at : at + room]
        after = page[at + room : at + room + 4]
        if len(local) < room or (room < size and len(after) < 4):
            return None
        overflow = int.from_bytes(after, "big") if room < size else 0
        return Cell(leaf, _signed(rowid), size, local, overflow)

    def _local(self, size: int, leaf: int) -> int:
        """How many bytes of a record lie on its page; the names in the format's description."""
        usable = self._usable
        most = usable - 35 if leaf == TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if size <= most:
            return size
        least = (usable - 12) * 32 // 255 - 23
        best = least + (size - least) % (usable - 4)
        return best if best <= most else least

    def _whole(self, cell: Cell) -> bytes | None:
        """A record with what lies on other pages; None where some of it is gone."""
        parts, missing, number = [cell.local], cell.size - len(cell.local), cell.overflow
        while missing > 0:
            self._left -= self._page
            if number == 0 or self._left < 0:
                return None
            page = self._read(number)
            part = page[4 : min(4 + missing, self._usable)]
            if len(part) < min(missing, self._usable - 4):
                return None
            parts.append(part)
            missing -= len(part)
            number = int.from_bytes(page[:4], "big")
        return b"".join(parts)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of SQLite's variable length, and where it ends; beyond the data: 0."""
    value = 0
    for count in range(9):
        if at >= len(data):
            return 0, at + 1
        byte = data[at]
        at += 1
        if count == 8:
            return value << 8 | byte, at
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return value, at


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _length(kind: int) -> int | None:
    """Bytes of a column of a type; None: there is no such type."""
    if kind >= 12:
        return (kind - 12) // 2
    if kind in (0, 8, 9):
        return 0
    return 8 if kind == 7 else _INTEGERS.get(kind)


def _value(kind: int, data: bytes) -> Value:
    if kind == 0:
        return None
    if kind == 7:
        return float(struct.unpack(">d", data)[0])
    if kind in (8, 9):
        return kind - 8
    if kind < 12:
        return int.from_bytes(data, "big", signed=True)
    return data if kind % 2 == 0 else data.decode("utf-8", "replace")
