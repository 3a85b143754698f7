"""A history at one moment: what every reader asks its questions of."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..record import Event, Layout, NonFinite, Row
from .envelope import Envelope, envelope
from .pyramid import BLOCK_ROWS, CHUNK, FOLD, Columns, Entries, Flags, Level, Rows, View

RATE_WINDOW = 1.0
"""Seconds of training that steps per second are measured over."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A history as it was at one moment; it stays so while the run goes on.

    Values are a float for a global metric and an array ``(n_layers,)`` for a per-layer one. For
    steps whose rows are gone, a value is the largest one of the finest entry that is kept; how many
    steps that entry has is their ``resolution``.

    Attributes:
        layout: the columns.
        count: records there are.
        first_step: step of the first record; 1 where there is none.
        last_step: step of the last record; ``first_step - 1`` where there is none.
        events: what happened, in order.
        nonfinite: the first value that was not finite, as the trainer named it.
    """

    layout: Layout
    count: int
    first_step: int
    last_step: int
    events: tuple[Event, ...]
    nonfinite: NonFinite | None
    _view: View = field(repr=False)
    _columns: Columns = field(repr=False)
    _first_measured: dict[str, tuple[int, Row]] = field(repr=False)

    @property
    def seconds(self) -> float:
        """Training time so far, pauses left out."""
        return self._time(self.count - 1) if self.count else 0.0

    @property
    def steps_per_second(self) -> float:
        """Steps per second over the last ``RATE_WINDOW`` seconds; 0 where that cannot be told."""
        if self.count < 2:
            return 0.0
        last = self.count - 1
        row = min(self._rows_before(self._time(last) - RATE_WINDOW), last - 1)
        elapsed = self._time(last) - self._time(row)
        return (last - row) / elapsed if elapsed > 0.0 else 0.0

    @property
    def last_finite_step(self) -> int | None:
        """The newest step of which every measured value is finite; None where there is none."""
        if not self.count:
            return None
        row = self._newest(self.count - 1, self._columns.all_finite, self._columns.finite)
        return None if row < 0 else self.first_step + row

    def latest(self, name: str) -> float | Row:
        """A metric at the last step; NaN where it was not measured there."""
        return self._value(name, self.count - 1)

    def last_measured(self, name: str, step: int | None = None) -> float | Row:
        """The newest measured value at or before ``step`` (None: of all); NaN where there is none.

        A scheduled per-layer metric counts as measured at a step where the first or the last layer
        that has it was.
        """
        return self._value(name, self._measured_row(name, step))

    def measured_step(self, name: str, step: int | None = None) -> int | None:
        """The step of ``last_measured``; None where there is none."""
        row = self._measured_row(name, step)
        return None if row < 0 else self.first_step + row

    def first_measured(self, name: str) -> float | Row:
        """The oldest measured value; NaN where there is none."""
        if name not in self._columns.marks:
            return self._value(name, min(self.count, 1) - 1)
        row, values = self._first_measured.get(name, (self.count, None))
        if values is not None and row < self.count:
            return self._shaped(name, values)
        start = self.count - self.count % CHUNK
        for steps, rows in self.rows(self.first_step + start):
            measured = self._columns.measured(rows, name)
            if measured.any():
                return self._value(name, int(steps[measured.argmax()]) - self.first_step)
        return self._value(name, -1)

    def resolution(self, step: int) -> int:
        """How many steps the finest value kept for a step stands for: 1 where its row is kept."""
        levels: tuple[Level[Rows] | Level[Entries], ...] = (self._view.rows, *self._view.levels)
        row = min(max(step - self.first_step, 0), self.count - 1)
        return next((kept.unit for kept in levels if kept.find(row) is not None), 1)

    def seconds_at(self, step: int) -> float:
        """Training time at the end of a step (of its entry where the row is gone)."""
        row = min(max(step - self.first_step, 0), self.count - 1)
        return self._time(row) if self.count else 0.0

    def step_at(self, seconds: float) -> int:
        """The first step that had not ended before so much training time; the last one if all had.

        Asked of coarse entries first, it costs a few blocks however long the run is.
        """
        return self.first_step + min(self._rows_before(seconds), max(self.count - 1, 0))

    def envelope(self, name: str, start: int, stop: int, columns: int) -> Envelope:
        """The extremes of a metric over the steps ``start`` to before ``stop``, in columns.

        The range may reach beyond the steps there are. The cost depends on ``columns`` only.

        Raises:
            KeyError: no such metric.
            ValueError: an empty range or no columns.
        """
        edges, low, high, bad = envelope(
            self._view,
            self._columns,
            self.layout.columns(name),
            self.count,
            start - self.first_step,
            stop - self.first_step,
            columns,
        )
        if not self.layout.per_layer(name):
            low, high, bad = low[:, 0], high[:, 0], bad[:, 0]
        return Envelope(edges + self.first_step, low, high, bad)

    def rows(
        self, start: int | None = None, stop: int | None = None
    ) -> Iterator[tuple[NDArray[np.int64], Row]]:
        """The rows still kept of the steps ``start`` to before ``stop`` (None: all), in blocks.

        Yields:
            Steps ``(n,)`` and values ``(n, layout.size)``, read-only, at most 1024 rows at a time.
        """
        row = 0 if start is None else max(start - self.first_step, 0)
        end = self.count if stop is None else min(stop - self.first_step, self.count)
        while (row := self._view.rows.kept_from(row)) < end:
            found = self._view.rows.find(row)
            assert found is not None, "kept_from gave a row that is kept"
            block, at = found
            values = block.values[at : min(BLOCK_ROWS, at + end - row)]
            values.flags.writeable = False
            yield self.first_step + np.arange(row, row + len(values)), values
            row += len(values)

    def _measured_row(self, name: str, step: int | None) -> int:
        row = self.count - 1 if step is None else min(step, self.last_step) - self.first_step
        mark = self._columns.marks.get(name)
        if row < 0 or mark is None:
            return max(row, -1)
        return self._newest(row, mark, lambda rows: self._columns.measured(rows, name))

    def _shaped(self, name: str, values: Row) -> float | Row:
        return values.copy() if self.layout.per_layer(name) else float(values[0])

    def _value(self, name: str, row: int) -> float | Row:
        """A metric in a row; NaN before the first."""
        columns = self.layout.columns(name)
        if row < 0:
            return self._shaped(name, np.full(columns.stop - columns.start, np.nan))
        rows = self._view.rows.find(row)
        if rows is not None:
            return self._shaped(name, rows[0].values[rows[1], columns])
        block, at = self._entry(row)
        return self._shaped(name, block.high[columns, at])

    def _time(self, row: int) -> float:
        rows = self._view.rows.find(row)
        block, at = self._entry(row) if rows is None else rows
        return float(block.seconds[at])

    def _rows_before(self, seconds: float) -> int:
        """How many rows ended before a training time."""
        low, high = 0, self.count
        for number in range(len(self._view.levels), 0, -1):
            level = self._view.levels[number - 1]
            found = level.find(low)
            if found is None:
                continue  # dropped: coarser entries say all that is known
            # Those of one entry of the level above lie in one block; of the highest there are few.
            whole = (
                min(self._view.complete(number, self.count), high) // level.unit - low // level.unit
            )
            times = found[0].seconds[found[1] : found[1] + max(whole, 0)]
            entry = bisect_left(times, seconds)
            low += entry * level.unit
            if entry < whole:
                high = low + level.unit
        return bisect_left(range(high), seconds, low, key=self._time)

    def _entry(self, row: int) -> tuple[Entries, int]:
        """The finest entry kept of a row that was folded long ago."""
        for kept in self._view.levels:
            found = kept.find(row)
            if found is not None:
                return found
        if self._view.gap is not None:
            return self._view.gap.find(row)
        raise ValueError(f"expected a row before {self.count}, got {row}")

    def _newest(self, row: int, mark: int, holds: Callable[[Row], Flags]) -> int:
        """The newest row at or before ``row`` with a mark; -1 where there is none."""
        folded = self.count - self.count % CHUNK
        start = folded if row >= folded else row - row % FOLD
        rows = self._view.rows.find(row)
        if rows is not None:
            block, at = rows
            found = np.flatnonzero(holds(block.values[at - (row - start) : at + 1]))
            if found.size:
                return start + int(found[-1])
            if not start:
                return -1
            row = start - 1
        block_of_entries, at = self._entry(row)
        return int(block_of_entries.newest[at, mark])
