"""The table in a csv file of a history: which of its columns mean something, and their numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import nan

import numpy as np
from numpy.typing import NDArray

from .data.csv_text import csv_records
from .data.files import MOST_PROBLEMS
from .errors import InputError
from .history_facts import COLUMN
from .probes import PROBES
from .quoting import MOST_LISTED, did_you_mean, listed, quoted
from .record import GLOBAL_METRICS, Row

GLOBAL_NAMES = tuple(metric.name for metric in GLOBAL_METRICS)
STEP, SECONDS, LOSS = "step", "seconds", "loss"


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """The columns of a file that mean something here."""

    places: Mapping[str, int]
    """Where each of them is in ``values``."""
    values: Row
    """``(rows, columns)``; NaN where a cell is empty."""
    filled: frozenset[str]
    """Columns with a cell that is not empty."""
    facts: str
    """What the first row holds in the column ``facts``."""
    notes: tuple[str, ...]
    """What was not taken as it stands, a sentence each."""

    def column(self, name: str) -> Row:
        """One of them, ``(rows,)``."""
        column: Row = self.values[:, self.places[name]]
        return column


def read_history_table(content: bytes, name: str) -> HistoryTable:
    """Read the text of a csv file.

    Args:
        content: of the file.
        name: what messages call it.

    Raises:
        InputError: no text of a table, no column ``loss``, or cells that are not what their column
            holds, up to five at once.
    """
    records = csv_records(content, name)
    line, header = next(records)
    names = _names(header, f"{name}, line {line}")
    rows = list(records)
    if not rows:
        raise InputError(f"{name}: holds a header and no steps")
    notes = [f"column {quoted(given)} is not known: {near}" for given, near in _near_misses(names)]
    places = {
        column: at
        for at, column in enumerate(names)
        if column in (STEP, SECONDS, *GLOBAL_NAMES) or metric_of_layer(column) is not None
    }
    values, empty = _numbers(names, places, rows, name)
    columns = {column: place for place, column in enumerate(places)}
    without_loss = empty[:, columns[LOSS]]
    if without_loss.all():
        raise InputError(f"{name}: column {quoted(LOSS)} is empty")
    if without_loss.any():
        _hand_to_the_row_before(values, empty, without_loss)
        count = int(without_loss.sum())
        notes.append(
            f"{count:,} row{'' if count == 1 else 's'} without a loss: what they hold is taken as "
            "measured at the row before"
        )
    facts = rows[0][1][names.index(COLUMN)].strip() if COLUMN in names else ""
    kept = ~without_loss
    filled = frozenset(name for name, at in columns.items() if not empty[kept, at].all())
    return HistoryTable(columns, values[kept], filled, facts, tuple(notes))


def _names(header: Sequence[str], where: str) -> list[str]:
    """The names of the columns.

    Raises:
        InputError: two have the same one, or there is no loss.
    """
    names = [cell.strip() for cell in header]
    name, count = Counter(filter(None, names)).most_common(1)[0] if any(names) else ("", 0)
    if count > 1:
        raise InputError(f"{where}: {quoted(name)} names more than one column")
    if LOSS not in names:
        containing = next((name for name in names if LOSS in name.casefold()), "")
        near = f"did you mean {quoted(containing)}?" if containing else did_you_mean(LOSS, names)
        raise InputError(
            f"{where}: no column {quoted(LOSS)}, which every rule needs; {near}"
            f"{' C' if near else 'c'}olumns: {listed(names)}"
        )
    return names


def _near_misses(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Columns that mean nothing here and are called almost like one that would."""
    wanted = [STEP, SECONDS, *GLOBAL_NAMES, *(f"{probe}_1" for probe in PROBES)]
    known, given = {*wanted, COLUMN, ""}, set(names)
    missing = [name for name in wanted if name not in given]
    others = (name for name in names if name not in known and metric_of_layer(name) is None)
    for name in islice(others, MOST_LISTED):
        if near := did_you_mean(name, missing):
            yield name, near


def metric_of_layer(name: str) -> tuple[str, int] | None:
    """Metric and layer of a column like ``error_signal_3``; None: it is none of ours."""
    found = re.fullmatch(r"(\w+?)_([1-9]\d{0,3})", name, re.ASCII)
    return (found[1], int(found[2])) if found and found[1] in PROBES else None


def _numbers(
    names: Sequence[str],
    places: Mapping[str, int],
    rows: Sequence[tuple[int, list[str]]],
    name: str,
) -> tuple[Row, NDArray[np.bool_]]:
    """The cells of some columns, ``(rows, columns)``, and which of them are empty.

    Raises:
        InputError: a row of another length than the header, or a cell that is no number.
    """
    values = np.full((len(rows), len(places)), nan)
    empty = np.ones(values.shape, np.bool_)
    problems: list[str] = []
    for row, (line, cells) in enumerate(rows):
        if len(cells) != len(names):
            problems.append(f"{name}, line {line}: {len(cells)} cells; the header has {len(names)}")
        else:
            used = [cells[at].strip() for at in places.values()]
            empty[row] = [not cell for cell in used]
            try:
                values[row] = [float(cell or nan) for cell in used]
            except ValueError:
                problems += _bad_cells(zip(places, used, strict=True), f"{name}, line {line}")
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise InputError(*problems[:MOST_PROBLEMS])
    return values, empty


def _bad_cells(cells: Iterable[tuple[str, str]], where: str) -> Iterator[str]:
    for column, cell in cells:
        try:
            float(cell or nan)
        except ValueError:
            yield f"{where}, column {quoted(column)}: {quoted(cell)} is not a number"


def _hand_to_the_row_before(
    values: Row, empty: NDArray[np.bool_], without_loss: NDArray[np.bool_]
) -> None:
    """Some loggers write a row of its own for what they measured beside the loss: join them."""
    before = -1
    for row, absent in enumerate(without_loss.tolist()):
        if not absent:
            before = row
        elif before >= 0:
            told = empty[before] & ~empty[row]
            values[before, told], empty[before, told] = values[row, told], False
