"""Pieces of a history as bytes: rows or pyramid entries that lie side by side, with a checksum.

A piece never crosses the border of a block (1024 rows, or 256 entries of a level). While a block is
being filled it has several; once it is full they are written as one. The checksum covers which
piece it is as well: one that has been moved is damaged too. SQLite itself has no checksums.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..history.pyramid import BLOCK_ENTRIES, BLOCK_ROWS, FOLD, Columns, Entries, Flags, Rows
from ..record import Row

_PLACE = struct.Struct("<qqqqq")


@dataclass(frozen=True, slots=True)
class Place:
    """Which piece it is."""

    level: int
    """0: rows; k: entries of 16**k rows."""
    start: int
    """Number of its first row or entry on the level, from 0."""
    length: int
    """Rows or entries."""

    @property
    def block(self) -> int:
        """Number of the block that it lies in."""
        return self.start // block_length(self.level)


@dataclass(frozen=True, slots=True)
class Summary:
    """What entries keep besides the extremes; ``(size, n)``, NaN where nothing finite was."""

    mean: Row
    """Mean of the finite values."""
    last: Row
    """The newest finite value."""
    count: Row
    """How many finite values there were."""


def block_length(level: int) -> int:
    """Rows or entries of a block of a level."""
    return BLOCK_ENTRIES if level else BLOCK_ROWS


def unit(level: int) -> int:
    """Rows that one entry of a level stands for."""
    return int(FOLD**level)


def checksum(place: Place, columns: Columns, data: bytes) -> int:
    """CRC-32 of a piece, its place and the shape of its rows."""
    shape = columns.size, columns.all_finite
    head = _PLACE.pack(place.level, place.start, place.length, *shape)
    return zlib.crc32(data, zlib.crc32(head))


def is_whole(place: Place, columns: Columns, crc: Any, data: Any) -> bool:
    """Whether a piece is as it was written: nothing that a file says of itself is believed."""
    level, start, length = place.level, place.start, place.length
    if not (isinstance(start, int) and isinstance(length, int) and isinstance(data, bytes)):
        return False
    room = block_length(level) - start % block_length(level)
    if start < 0 or not 0 < length <= room or len(data) != data_length(level, length, columns):
        return False
    return bool(checksum(place, columns, data) == crc)


def encode_rows(values: Row, seconds: Row) -> bytes:
    """Rows ``(n, size)`` and the training time at the end of each."""
    return b"".join((_little(values).data, _little(seconds).data))


def encode_entries(entries: Entries, summary: Summary) -> bytes:
    """Entries ``(size, n)`` with their summary."""
    low, high, bad, seconds, newest = entries
    numbers = (low, high, summary.mean, summary.last, summary.count, seconds)
    parts = (_little(part).data for part in numbers)
    return b"".join((*parts, _little(newest, "<i8").data, np.ascontiguousarray(bad).data))


def data_length(level: int, length: int, columns: Columns) -> int:
    """Bytes that a piece must have."""
    size, marks = columns.size, columns.all_finite + 1
    if level == 0:
        return 8 * length * (size + 1)
    return 8 * length * (5 * size + 1 + marks) + length * size


def decode_rows(data: bytes, length: int, columns: Columns) -> Rows:
    """What ``encode_rows`` was given."""
    values = np.frombuffer(data, "<f8", length * columns.size).reshape(length, columns.size)
    return Rows(values, np.frombuffer(data, "<f8", length, values.nbytes))


def decode_entries(data: bytes, length: int, columns: Columns) -> tuple[Entries, Summary]:
    """What ``encode_entries`` was given."""
    size, marks = columns.size, columns.all_finite + 1
    numbers = np.frombuffer(data, "<f8", 5 * size * length).reshape(5, size, length)
    at = numbers.nbytes
    seconds = np.frombuffer(data, "<f8", length, at)
    newest = np.frombuffer(data, "<i8", length * marks, at + 8 * length).reshape(length, marks)
    bad = np.frombuffer(data, np.uint8, size * length, at + 8 * length * (1 + marks))
    flags: Flags = bad.reshape(size, length) != 0
    low, high, mean, last, count = numbers
    return Entries(low, high, flags, seconds, newest), Summary(mean, last, count)


def join_rows(pieces: list[Rows]) -> Rows:
    """Rows that follow each other, as one."""
    if len(pieces) == 1:
        return pieces[0]
    return Rows(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))


def join_entries(pieces: list[Entries]) -> Entries:
    """Entries that follow each other, as one."""
    if len(pieces) == 1:
        return pieces[0]
    axes = (1, 1, 1, 0, 0)
    parts = zip(zip(*pieces, strict=True), axes, strict=True)
    return Entries(*(np.concatenate(part, axis=axis) for part, axis in parts))


def _little(array: NDArray[np.generic], dtype: str = "<f8") -> NDArray[np.generic]:
    return np.ascontiguousarray(array, dtype)
