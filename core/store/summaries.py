"""Mean, newest and number of the finite values of every entry, kept up while rows are recorded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..history.pyramid import FOLD
from ..record import Row
from .pieces import Summary

_SKIPPED_AT_ONCE = 1024


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
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._next = 0
        self._rows: Row = np.empty((0, size))
        self._levels: list[_Level] = []

    def add(self, start: int, rows: Row) -> None:
        """Take rows ``(n, size)``, the first of which is row number ``start``.

        Rows that were taken before are passed over; where some are missing nothing is known.
        """
        while self._next < start:
            missing = min(start - self._next, _SKIPPED_AT_ONCE)
            self._take(np.full((missing, self._size), np.nan))
        self._take(rows[self._next - start :])

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
        self._next += len(rows)
        rows = np.concatenate([self._rows, rows]) if len(self._rows) else rows
        whole = len(rows) - len(rows) % FOLD
        self._rows = rows[whole:].copy()
        if whole:
            groups = rows[:whole].reshape(-1, FOLD, self._size)
            finite = np.isfinite(groups)
            values = np.where(finite, groups, 0.0)
            self._add(1, _folded(values, values, finite.astype(np.float64)))

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
            self._add(level + 1, _folded(groups[:, :, 0], groups[:, :, 1], groups[:, :, 2]))


def _folded(mean: Row, last: Row, count: Row) -> Row:
    """Means, newest values and counts of groups ``(n, FOLD, size)`` as one each, ``(n, 3, size)``.

    What has a count of 0 must be finite.
    """
    total = count.sum(axis=1)
    # Weights first: a sum of finite values may overflow.
    weights = count / np.maximum(total, 1.0)[:, np.newaxis]
    newest = count.shape[1] - 1 - (count[:, ::-1] > 0).argmax(axis=1)
    found = np.take_along_axis(last, newest[:, np.newaxis], axis=1)[:, 0]
    return np.stack(((mean * weights).sum(axis=1), found, total), axis=1)
