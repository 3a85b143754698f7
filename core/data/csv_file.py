"""A person's own csv file: a header, one column to predict, numbers in all the others."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from re import fullmatch

import numpy as np

from ..errors import InputError
from ..quoting import did_you_mean, listed, quoted
from ..settings import DataSettings
from .csv_text import csv_records
from .dataset import Dataset
from .files import MOST_CELLS, MOST_PROBLEMS, MOST_ROWS, file_name, read_file
from .target import (
    MOST_WHOLE_NUMBER_CLASSES,
    NAMES_AS_NUMBERS,
    Target,
    check_two_classes,
    target_of_names,
    target_of_numbers,
)

MISSING = frozenset({"", "nan", "NaN", "NAN"})
"""Cells of the target that hold no class, whatever the others hold."""


def read_csv(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """Read ``settings.path``; ``settings.target`` names the column to predict.

    UTF-8, with or without a byte order mark; separated by commas, semicolons or tabs, whichever
    gives the header most columns. ``classify`` None decides by the target column: text holds
    classes, whole numbers with at most 20 distinct values too, other numbers are regression
    targets. True asks for classes, False for regression.

    Raises:
        InputError: anything else, up to five problems at once, each with row, line and column.
    """
    name = file_name(settings)
    records = csv_records(read_file(settings, folder), name)
    line, header = next(records)
    columns = [cell.strip() or f"column {i}" for i, cell in enumerate(header, start=1)]
    target = _target_column(columns, settings.target, name, line)
    table = _read_rows(records, columns, target, name)
    rows = len(table.lines)
    if rows < 2:
        held = "a header and no rows" if rows == 0 else "one row"
        raise InputError(f"{name}: holds {held}; at least 2 rows are needed")
    X = np.array(table.values, dtype=np.float64).reshape(rows, len(columns) - 1)
    read = _read_target(table, classify, name, columns[target])
    features = tuple(columns[:target] + columns[target + 1 :])
    return Dataset(X, read.y, read.task, read.classes, features)


@dataclass(slots=True)
class _Table:
    """What was read so far: numbers row after row, and for each row its target and its line."""

    values: array[float] = field(default_factory=lambda: array("d"))
    targets: dict[str, int] = field(default_factory=dict)
    """The distinct cells of the target column, numbered as they came."""
    codes: array[int] = field(default_factory=lambda: array("q"))
    lines: array[int] = field(default_factory=lambda: array("q"))


def _target_column(columns: Sequence[str], target: str, name: str, line: int) -> int:
    """Find the column to predict.

    Raises:
        InputError: names that are given twice, no such column, or no column besides it.
    """
    where: dict[str, list[int]] = {}
    for i, column in enumerate(columns, start=1):
        where.setdefault(column, []).append(i)
    problems = [
        f"{name}, line {line}: {quoted(column)} names {len(places)} columns, "
        f"{places[0]} and {places[1]} among them"
        for column, places in where.items()
        if len(places) > 1
    ][:MOST_PROBLEMS]
    found = target.strip()
    if not found:
        problems.append(
            f"data.target is empty: name the column of {name} to predict; "
            f"columns: {listed(columns)}"
        )
    elif found not in where:
        near = did_you_mean(found, columns)
        problems.append(
            f"data.target = {quoted(found)}: no such column in {name}; "
            f"{near}{' C' if near else 'c'}olumns: {listed(columns)}{_headless(columns)}"
        )
    elif len(columns) == 1:
        problems.append(
            f"{name}: no column besides the target {quoted(found)}; the inputs are missing"
        )
    if problems:
        raise InputError(*problems)
    return where[found][0] - 1


def _headless(columns: Sequence[str]) -> str:
    numbers = _numbers(columns)
    return "" if numbers is None else "; line 1 must name the columns, and holds numbers"


def _read_rows(
    records: Iterator[tuple[int, list[str]]], columns: Sequence[str], target: int, name: str
) -> _Table:
    table = _Table()
    problems: list[str] = []
    width = len(columns)
    others = [column for i, column in enumerate(columns) if i != target]
    most_rows = min(MOST_ROWS, MOST_CELLS // max(len(others), 1))
    for row, (line, cells) in enumerate(records, start=1):
        place = f"{name}, row {row} (line {line})"
        if row > most_rows:
            problems.append(f"{name}: more than {most_rows:,} rows of {width} columns")
        elif len(cells) != width:
            problems.append(f"{place}: {len(cells)} cells; the header has {width}")
        else:
            label = cells.pop(target).strip()
            numbers = _numbers(cells)
            if numbers is None:
                problems += _bad_cells(cells, others, place)
            elif not problems:
                table.values.fromlist(numbers)
                table.codes.append(table.targets.setdefault(label, len(table.targets)))
                table.lines.append(line)
            if label in MISSING:
                problems.append(_bad_cell(label, columns[target], place))
        if len(problems) >= MOST_PROBLEMS or row > most_rows:
            break
    if problems:
        raise InputError(*problems[:MOST_PROBLEMS])
    return table


def _numbers(cells: Sequence[str]) -> list[float] | None:
    """Read every cell as a finite number; None if one is none."""
    try:
        numbers = list(map(float, cells))
    except ValueError:
        return None
    # The sum is a quick look; it may overflow where no number is infinite.
    return numbers if isfinite(sum(numbers)) or all(map(isfinite, numbers)) else None


def _bad_cells(cells: Sequence[str], columns: Sequence[str], place: str) -> list[str]:
    pairs = zip(cells, columns, strict=True)
    return [_bad_cell(cell, column, place) for cell, column in pairs if _numbers([cell]) is None]


def _bad_cell(cell: str, column: str, place: str) -> str:
    start = f"{place}, column {quoted(column)}:"
    cell = cell.strip()
    if not cell:
        return f"{start} the cell is empty"
    try:
        float(cell)
    except ValueError:
        hint = "; write a decimal point" if fullmatch(r"[+-]?\d+,\d+", cell) else ""
        return f"{start} {quoted(cell)} is not a number{hint}"
    return f"{start} {quoted(cell)} is not a finite number"


def _read_target(table: _Table, classify: bool | None, name: str, column: str) -> Target:
    where = f"{name}, column {quoted(column)}"
    codes = np.array(table.codes, dtype=np.int64)
    names = list(table.targets)
    read = [_numbers([label]) for label in names]
    bad = np.array([numbers is None for numbers in read])
    values = np.array([np.nan if numbers is None else numbers[0] for numbers in read])
    if not bad.any():
        target = target_of_numbers(values[codes], classify, where)
    elif classify is False and bad.all():
        raise InputError(f"{where}: {NAMES_AS_NUMBERS}")
    elif classify is False or (
        classify is None and _are_quantities(values[~bad]) and 2 * bad[codes].sum() < len(codes)
    ):
        # Numbers with a stray "n/a" among them are no classes: name the strays.
        raise InputError(
            *(
                _bad_cell(
                    names[codes[row]], column, f"{name}, row {row + 1} (line {table.lines[row]})"
                )
                for row in np.flatnonzero(bad[codes])[:MOST_PROBLEMS]
            )
        )
    else:
        target = target_of_names(names, codes, where)
    check_two_classes(target, where)
    return target


def _are_quantities(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    whole = bool(np.all(values == np.floor(values)))
    return not whole or len(np.unique(values)) > MOST_WHOLE_NUMBER_CLASSES
