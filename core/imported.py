"""A history read back from a csv file: one that Backscope wrote, or any other with a loss in it.

What Backscope wrote carries the facts of its run (``history_facts.py``): the history read from it
gives the findings that the run itself gave, to the last bit. A file from elsewhere needs no more
than a column ``loss``; it is judged by what it has, and says which rules could not judge it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .data.csv_text import csv_records
from .data.files import LONGEST_PATH, MOST_PROBLEMS, read_path
from .diagnosis.needs import NEEDS
from .errors import InputError
from .findings import Facts
from .history import History
from .history.pyramid import APPLIES_TO, BLOCK_ROWS
from .history_facts import COLUMN, HistoryFacts, read_facts_line
from .probes import PROBES
from .quoting import did_you_mean, listed, quoted
from .record import GLOBAL_METRICS, LayerInfo, Layout, Metric, Row, StepRecord

MOST_DROPPED = 5_000_000
"""Steps whose rows a long run may have dropped; passing over them takes some seconds."""
GLOBAL_NAMES = tuple(metric.name for metric in GLOBAL_METRICS)
STEP, SECONDS, LOSS = "step", "seconds", "loss"
NEEDS_WIDTHS = ("silent", "dead")
"""Counts of units, which say nothing without the width of the layer."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A history that was read from a file, and what is known of its run."""

    history: History
    facts: Facts
    unjudged: Mapping[str, tuple[str, ...]]
    """Kinds of findings that cannot be made, and what is missing for each."""
    notes: tuple[str, ...]
    """What was not taken as it stands, a sentence each."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The columns of a file that mean something here, ``(rows, columns)``."""

    names: tuple[str, ...]
    values: Row
    """NaN where a cell is empty ..."""
    empty: NDArray[np.bool_]
    """... and here True."""

    def at(self, name: str) -> int:
        """The place of a column."""
        return self.names.index(name)


def import_history(path: str, folder: Path = Path()) -> Imported:
    """Read a history back.

    Args:
        path: of the csv file, as it was given.
        folder: where a relative one starts.

    Raises:
        InputError: no such file, no text of a table, no column ``loss``, or cells that are not what
            their column holds, up to five at once.
    """
    name = quoted(path, LONGEST_PATH)
    records = csv_records(read_path(path, folder, "a history is a csv file"), name)
    line, header = next(records)
    names = _names(header, f"{name}, line {line}")
    rows = list(records)
    if not rows:
        raise InputError(f"{name}: holds a header and no steps")
    known = _known(names, rows[0], name)
    notes = [f"column {quoted(given)} is not known: {near}" for given, near in _near_misses(names)]
    layout = _layout(names, known, name)
    table = _only_with_losses(_table(names, rows, name), notes)
    if not len(table.values):
        raise InputError(f"{name}: column {quoted(LOSS)} is empty")
    steps = _steps(table, known, name, notes)
    history = _history(table, steps, layout, known)
    facts = Facts(**{"steps_planned": int(steps[-1]), "baseline": nan, **known.facts})
    return Imported(history, facts, _unjudged(table, layout, known), tuple(notes))


def _names(header: Sequence[str], where: str) -> list[str]:
    """The names of the columns.

    Raises:
        InputError: two have the same one, or there is no loss.
    """
    names = [cell.strip() for cell in header]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InputError(f"{where}: {quoted(twice[0])} names more than one column")
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
    missing = [name for name in wanted if name not in names]
    for name in names:
        if name and name not in (*wanted, COLUMN) and _layer_of(name) is None:
            near = did_you_mean(name, missing)
            if near:
                yield name, near


def _layer_of(name: str) -> tuple[str, int] | None:
    """Metric and layer of a column like ``error_signal_3``; None: it is none of ours."""
    found = re.fullmatch(r"(\w+?)_([1-9]\d{0,3})", name, re.ASCII)
    return (found[1], int(found[2])) if found and found[1] in PROBES else None


def _known(names: Sequence[str], first: tuple[int, list[str]], name: str) -> HistoryFacts:
    line, cells = first
    at = names.index(COLUMN) if COLUMN in names else len(cells)
    text = cells[at].strip() if at < len(cells) else ""
    if not text:
        return HistoryFacts()
    try:
        return read_facts_line(text)
    except (ValueError, RecursionError) as error:
        where = f"{name}, line {line}, column {quoted(COLUMN)}"
        reason = "it is no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
        raise InputError(
            f"{where}: not what Backscope writes there: {reason}; "
            "leave the column out to have the numbers judged alone"
        ) from None


def _layout(names: Sequence[str], known: HistoryFacts, name: str) -> Layout:
    """The columns of the history: every global metric, and the per-layer ones of the file.

    Raises:
        InputError: a metric has columns for some of the layers only.
    """
    found: dict[str, set[int]] = {}
    for column in names:
        if (place := _layer_of(column)) is not None:
            found.setdefault(place[0], set()).add(place[1])
    most = max((max(layers) for layers in found.values()), default=1)
    layers = known.layers or tuple(
        LayerInfo(index, 0, 0, "its activation", rectifier=False, bounded=False)
        for index in range(1, most + 1)
    )
    for metric, given in found.items():
        odd = given ^ set(range(1, len(layers) + 1))
        if odd:
            what = "is missing" if min(odd) <= len(layers) else "is one layer too many"
            column = quoted(f"{metric}_{min(odd)}")
            raise InputError(f"{name}: column {column} {what}; the network has {len(layers)}")
    scheduled = known.scheduled
    return Layout(
        layers,
        tuple(
            Metric(metric, PROBES[metric].about, scheduled is None or metric in scheduled)
            for metric in PROBES
            if metric in found and (known.layers or metric not in NEEDS_WIDTHS)
        ),
    )


def _table(names: Sequence[str], rows: Sequence[tuple[int, list[str]]], name: str) -> _Table:
    """The numbers.

    Raises:
        InputError: a row of another length than the header, or a cell that is no number.
    """
    places = {
        column: at
        for at, column in enumerate(names)
        if column in (STEP, SECONDS, *GLOBAL_NAMES) or _layer_of(column) is not None
    }
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
    return _Table(tuple(places), values, empty)


def _bad_cells(cells: Iterable[tuple[str, str]], where: str) -> Iterator[str]:
    for column, cell in cells:
        try:
            float(cell or nan)
        except ValueError:
            yield f"{where}, column {quoted(column)}: {quoted(cell)} is not a number"


def _only_with_losses(table: _Table, notes: list[str]) -> _Table:
    """Without the rows that some loggers write for other measurements than the loss.

    What they hold is taken as measured at the row before.
    """
    without = table.empty[:, table.at(LOSS)]
    if not without.any():
        return table
    values, empty = table.values.copy(), table.empty.copy()
    before = -1
    for row, absent in enumerate(without.tolist()):
        if not absent:
            before = row
        elif before >= 0:
            told = empty[before] & ~empty[row]
            values[before, told], empty[before, told] = values[row, told], False
    count = int(without.sum())
    notes.append(
        f"{count:,} row{'' if count == 1 else 's'} without a loss: what they hold is taken as "
        "measured at the row before"
    )
    return _Table(table.names, values[~without], empty[~without])


def _steps(table: _Table, known: HistoryFacts, name: str, notes: list[str]) -> NDArray[np.int64]:
    """The step of each row.

    Raises:
        InputError: steps that are not whole numbers, or do not grow.
    """
    counted = np.arange(1, len(table.values) + 1)
    if STEP not in table.names:
        notes.append("there is no column 'step': rows are counted")
        return counted
    given = table.values[:, table.at(STEP)]
    if not np.all(np.abs(given) < 2.0**53) or np.any(given % 1):
        raise InputError(f"{name}: column {quoted(STEP)} holds something else than whole numbers")
    steps = given.astype(np.int64)
    jumps = np.diff(steps)
    if (jumps < 1).any():
        at = int(np.argmax(jumps < 1))
        raise InputError(
            f"{name}: step {steps[at + 1]} follows step {steps[at]}; steps must grow, "
            "and a history is of one run"
        )
    if (steps[0] >= 1 and (jumps == 1).all()) or (known.facts and _dropped(steps)):
        return steps
    notes.append(
        f"the steps are {', '.join(map(str, steps[:3]))} and so on, so rows are counted: "
        "step 1 is the first one"
    )
    return counted


def _dropped(steps: NDArray[np.int64]) -> int:
    """How many steps are missing where a long history drops them: blocks after its first one."""
    jumps = np.flatnonzero(np.diff(steps) != 1)
    if len(jumps) != 1 or jumps[0] + 1 != BLOCK_ROWS or len(steps) <= 2 * BLOCK_ROWS:
        return 0
    missing = int(steps[BLOCK_ROWS] - steps[BLOCK_ROWS - 1]) - 1
    return missing if missing % BLOCK_ROWS == 0 and missing <= MOST_DROPPED else 0


def _history(
    table: _Table, steps: NDArray[np.int64], layout: Layout, known: HistoryFacts
) -> History:
    rows = np.full((len(steps), layout.size), nan)
    for metric in layout.metrics:
        columns = layout.columns(metric.name)
        names = [metric.name]
        if layout.per_layer(metric.name):
            names = [f"{metric.name}_{layer.index}" for layer in layout.layers]
        for place, column in enumerate(names, start=columns.start):
            if column in table.names:
                rows[:, place] = table.values[:, table.at(column)]
    seconds = np.zeros(len(steps))
    if SECONDS in table.names:
        seconds = table.values[:, table.at(SECONDS)]
    missing = _dropped(steps)
    blocks = -(-(len(steps) - BLOCK_ROWS) // BLOCK_ROWS)
    # Of a long run just the blocks that it kept, so that what is missing is dropped again.
    history = History(layout, keep_rows=(blocks - 1) * BLOCK_ROWS if missing else len(steps))
    nothing = layout.empty_row()
    nonfinite = known.nonfinite
    expected = int(steps[0])
    for row, time, step in zip(rows, seconds.tolist(), steps.tolist(), strict=True):
        for gone in range(expected, step):
            history.append(StepRecord(gone, nothing, layout), time)
        found = nonfinite if nonfinite is not None and nonfinite.step == step else None
        history.append(StepRecord(step, row, layout, found), time)
        expected = step + 1
    for event in known.events:
        history.mark(event)
    return history


def _unjudged(table: _Table, layout: Layout, known: HistoryFacts) -> dict[str, tuple[str, ...]]:
    """The rules whose numbers or facts are missing, and what they are missing."""
    told = {fact for fact, value in known.facts.items() if value is not None}
    idle: set[str] = set()
    if known.layers is not None:
        told.add("layers")
        idle = {
            metric
            for metric, needed in APPLIES_TO.items()
            if not any(getattr(layer, needed) for layer in known.layers)
        }
    filled = {column for column in table.names if not table.empty[:, table.at(column)].all()}
    recorded = {metric.name for metric in layout.metrics}
    measured = recorded & {
        place[0] if (place := _layer_of(column)) is not None else column for column in filled
    }
    unjudged: dict[str, tuple[str, ...]] = {}
    for kind, needs in NEEDS.items():
        missing = [
            f"column {group[0] if group[0] in GLOBAL_NAMES else group[0] + '_1 ...'}"
            for group in needs.metrics
            if not measured.union(idle).intersection(group)
        ]
        missing += [f"fact {fact}" for fact in needs.facts if fact not in told]
        if missing:
            unjudged[kind] = tuple(missing)
    return unjudged
