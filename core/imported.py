"""A history read back from a csv file: one that Backscope wrote, or any other with a loss in it.

What Backscope wrote carries the facts of its run (``history_facts.py``): the history read from it
gives the findings that the run itself gave, to the last bit. A file from elsewhere needs no more
than a column ``loss``; it is judged by what it has, and says which rules could not judge it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .data.files import LONGEST_PATH, read_path
from .diagnosis.needs import NEEDS
from .errors import InputError
from .findings import Facts
from .history import History
from .history.pyramid import APPLIES_TO, BLOCK_ROWS
from .history_facts import COLUMN, HistoryFacts, read_facts_line
from .history_table import (
    GLOBAL_NAMES,
    SECONDS,
    STEP,
    HistoryTable,
    metric_of_layer,
    read_history_table,
)
from .probes import PROBES
from .quoting import quoted
from .record import LayerInfo, Layout, Metric, StepRecord

MOST_DROPPED = 5_000_000
"""Steps whose rows a long run may have dropped; passing over them takes some seconds."""
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
    table = read_history_table(read_path(path, folder, "a history is a csv file"), name)
    known = _known(table, name)
    layout = _layout(table, known, name)
    notes = list(table.notes)
    steps = _steps(table, known, name, notes)
    history = _history(table, steps, layout, known)
    facts = Facts(**{"steps_planned": int(steps[-1]), "baseline": nan, **known.facts})
    return Imported(history, facts, _unjudged(table, layout, known), tuple(notes))


def _known(table: HistoryTable, name: str) -> HistoryFacts:
    """What the file says besides its numbers.

    Raises:
        InputError: it is not what Backscope writes.
    """
    if not table.facts:
        return HistoryFacts()
    try:
        return read_facts_line(table.facts)
    except (ValueError, RecursionError) as error:
        reason = "it is no JSON" if isinstance(error, json.JSONDecodeError) else str(error)
        raise InputError(
            f"{name}, column {quoted(COLUMN)}: not what Backscope writes there: {reason}; "
            "leave the column out to have the numbers judged alone"
        ) from None


def _layout(table: HistoryTable, known: HistoryFacts, name: str) -> Layout:
    """The columns of the history: every global metric, and the per-layer ones of the file.

    Raises:
        InputError: a metric has columns for some of the layers only.
    """
    found: dict[str, set[int]] = {}
    for column in table.places:
        if (metric_and_layer := metric_of_layer(column)) is not None:
            metric, layer = metric_and_layer
            found.setdefault(metric, set()).add(layer)
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


def _steps(
    table: HistoryTable, known: HistoryFacts, name: str, notes: list[str]
) -> NDArray[np.int64]:
    """The step of each row.

    Raises:
        InputError: steps that are not whole numbers, or do not grow.
    """
    counted = np.arange(1, len(table.values) + 1)
    if STEP not in table.places:
        notes.append("there is no column 'step': rows are counted")
        return counted
    given = table.column(STEP)
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
    table: HistoryTable, steps: NDArray[np.int64], layout: Layout, known: HistoryFacts
) -> History:
    rows = np.full((len(steps), layout.size), nan)
    for metric in layout.metrics:
        columns = layout.columns(metric.name)
        names = [metric.name]
        if layout.per_layer(metric.name):
            names = [f"{metric.name}_{layer.index}" for layer in layout.layers]
        for place, column in enumerate(names, start=columns.start):
            if column in table.places:
                rows[:, place] = table.column(column)
    seconds = table.column(SECONDS) if SECONDS in table.places else np.zeros(len(steps))
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


def _unjudged(
    table: HistoryTable, layout: Layout, known: HistoryFacts
) -> dict[str, tuple[str, ...]]:
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
    recorded = {metric.name for metric in layout.metrics}
    measured = recorded & {
        of_layer[0] if (of_layer := metric_of_layer(column)) is not None else column
        for column in table.filled
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
