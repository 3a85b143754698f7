"""Mean, newest and number of the finite values of every entry, kept up while rows are recorded."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..history.pyramid import FOLD, Columns, Flags
from ..record import Row
from . import database
from .pieces import Place, Summary, block_length, decode_entries, is_whole

_TAKEN_AT_ONCE = 128
"""Rows folded by one set of calls: of more the intermediate results take megabytes."""
_PLACES = np.arange(1, FOLD + 1, dtype=np.int8)[:, np.newaxis]
"""Of the rows or entries of a group; 0 is for none."""


@dataclass(slots=True)
class _Level:
    """The summaries of one level that may still be asked for; each ``(3, size)``."""

    start: int = 0
    """Number of the first."""
    entries: list[Row] = field(default_factory=list)
    unfolded: list[Row] = field(default_factory=list)
    """The newest, until there are enough for one of the next level."""


class Summaries:
    """Folds rows as they come, in order, into the summaries of the entries above them.

    Args:
        size: columns of a row.

    Attributes:
        next: number of the row that is wanted next.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.next = 0
        self._rows: Row = np.empty((0, size))
        self._levels: list[_Level] = []

    def add(self, start: int, rows: Row) -> None:
        """Take rows ``(n, size)``, the first of which is row number ``start``.

        Rows that were taken before are passed over; where some are missing nothing is known.
        """
        while self.next < start:
            missing = min(start - self.next, _TAKEN_AT_ONCE)
            self._take(np.full((missing, self._size), np.nan))
        rows = rows[self.next - start :]
        for first in range(0, len(rows), _TAKEN_AT_ONCE):
            self._take(rows[first : first + _TAKEN_AT_ONCE])

    def go_on(self, level: int, start: int, entries: list[Row]) -> None:
        """Take the newest entries of a level, ``(3, size)`` each, instead of folding their rows.

        Args:
            level: from 1 on, each once.
            start: number of the first entry.
            entries: up to the newest that there is.
        """
        stop = start + len(entries)
        unfolded = entries[len(entries) - stop % FOLD :] if stop % FOLD else []
        self._levels.append(_Level(start, list(entries), list(unfolded)))
        if level == 1:
            self.next = stop * FOLD

    def of(self, level: int, start: int, length: int) -> Summary:
        """The summaries of entries of a level, ``(size, length)`` each.

        Raises:
            ValueError: they have not been folded yet, or were forgotten.
        """
        kept = self._levels[level - 1] if level <= len(self._levels) else _Level()
        found = kept.entries[start - kept.start : start - kept.start + length]
        if start < kept.start or len(found) < length:
            raise ValueError(
                f"expected entries {kept.start} to {kept.start + len(kept.entries)} of level "
                f"{level}, got {start} to {start + length}"
            )
        mean, last, count = np.array(found).transpose(1, 2, 0)
        nothing = count == 0
        return Summary(np.where(nothing, np.nan, mean), np.where(nothing, np.nan, last), count)

    def forget(self, level: int, before: int) -> None:
        """Entries of a level before this number will not be asked for again."""
        if level <= len(self._levels):
            kept = self._levels[level - 1]
            dropped = max(before - kept.start, 0)
            kept.start += len(kept.entries[:dropped])
            del kept.entries[:dropped]

    def _take(self, rows: Row) -> None:
        self.next += len(rows)
        rows = np.concatenate([self._rows, rows]) if len(self._rows) else rows
        whole = len(rows) - len(rows) % FOLD
        self._rows = rows[whole:].copy()
        if whole:
            self._add(1, _folded_rows(rows[:whole].reshape(-1, FOLD, self._size)))

    def _add(self, level: int, entries: Row) -> None:
        """Entries ``(n, 3, size)`` that follow on a level."""
        if level > len(self._levels):
            self._levels.append(_Level())
        kept = self._levels[level - 1]
        kept.entries += list(entries)
        kept.unfolded += list(entries)
        whole = len(kept.unfolded) - len(kept.unfolded) % FOLD
        if whole:
            groups = np.array(kept.unfolded[:whole]).reshape(-1, FOLD, 3, self._size)
            del kept.unfolded[:whole]
            self._add(level + 1, _folded_entries(groups))


def resume_summaries(
    summaries: Summaries, connection: sqlite3.Connection, columns: Columns, left: Sequence[int]
) -> None:
    """Give the summaries what a database holds of the newest block of each level.

    Args:
        summaries: nothing was folded yet.
        connection: to the database.
        columns: of the rows.
        left: rows or entries of each level.
    """
    query = "SELECT start, length, crc32, data FROM piece WHERE level=? AND start>=? ORDER BY start"
    for level, stop in enumerate(left[1:], 1):
        start = stop - stop % block_length(level)
        unknown = np.zeros((3, columns.size))
        entries = [unknown] * (stop - start)
        for first, length, crc, data in database.fetch(connection, query, level, start):
            if is_whole(Place(level, first, length), columns, crc, data):
                summary = decode_entries(data, length, columns)[1]
                found = np.nan_to_num(np.stack((summary.mean, summary.last, summary.count)))
                entries[first - start : first - start + length] = list(found.transpose(2, 0, 1))
        summaries.go_on(level, start, entries)


def _folded_rows(groups: Row) -> Row:
    """Means, newest values and counts of what is finite in groups of rows ``(n, FOLD, size)``.

    Returns:
        ``(n, 3, size)``; where nothing is finite all three are 0.
    """
    finite = np.isfinite(groups)
    values = np.where(finite, groups, 0.0)
    # Flags are summed as bytes: as floats that takes three times as long.
    count = finite.view(np.int8).sum(axis=1, dtype=np.int8).astype(np.float64)
    # Weights first: a sum of finite values may overflow.
    values *= (1.0 / np.maximum(count, 1.0))[:, np.newaxis]
    mean = values.sum(axis=1)
    return np.stack((mean, _newest(groups, finite), count), axis=1)


def _folded_entries(groups: Row) -> Row:
    """The same of groups of entries ``(n, FOLD, 3, size)``, each weighted with its count."""
    mean, last, count = groups.transpose(2, 0, 1, 3)
    total = count.sum(axis=1)
    parts = count / np.maximum(total, 1.0)[:, np.newaxis]
    parts *= mean
    return np.stack((parts.sum(axis=1), _newest(last, count > 0), total), axis=1)


def _newest(values: Row, known: Flags) -> Row:
    """Of groups ``(n, FOLD, size)`` the last value that is known; 0 where none is."""
    place = (known.view(np.int8) * _PLACES).max(axis=1, keepdims=True)
    found = np.take_along_axis(values, np.maximum(place, 1).astype(np.intp) - 1, axis=1)
    return np.where(place > 0, found, 0.0)[:, 0]
