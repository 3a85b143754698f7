"""The history as CSV: one row a step, one column a metric and layer.

Numbers are written by ``repr``, so that reading them gives the very same float64; values that are
not finite as ``nan``, ``inf`` and ``-inf``; what was not measured at a step, or does not apply to a
layer, is empty. A per-layer metric ``dead`` has the columns ``dead_1``, ``dead_2`` and so on. The
first cell of the last column, ``facts``, is JSON with what else ``backscope diagnose`` must know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from ..core.errors import InputError
from ..core.findings import Facts
from ..core.history import Snapshot
from ..core.history.pyramid import APPLIES_TO
from ..core.history_facts import COLUMN, facts_line
from ..core.history_table import SECONDS, STEP
from ..core.record import Layout
from .new_file import new_file

CHUNK = 256
"""Steps that are formatted at a time."""


def csv_header(layout: Layout) -> str:
    """The first line: ``step``, ``seconds``, the name of each column of a row, and ``facts``."""
    return ",".join([STEP, SECONDS, *column_names(layout), COLUMN]) + "\n"


def column_names(layout: Layout) -> list[str]:
    """The name of each column of a row."""
    names = []
    for metric in layout.metrics:
        if layout.per_layer(metric.name):
            names += [f"{metric.name}_{layer.index}" for layer in layout.layers]
        else:
            names.append(metric.name)
    return names


def csv_chunks(snapshot: Snapshot, facts: Facts) -> Iterator[str]:
    """The whole file, header first, a few hundred steps at a time."""
    yield csv_header(snapshot.layout)
    blank = blank_when_nan(snapshot.layout)
    known = facts_line(snapshot, facts).replace('"', '""')
    last_cell = f'"{known}"'
    for steps, values in snapshot.rows():
        for at in range(0, len(steps), CHUNK):
            part = slice(at, at + CHUNK)
            seconds = [snapshot.seconds_at(step) for step in steps[part].tolist()]
            first, rest = _lines(steps[part], seconds, values[part], blank).split("\n", 1)
            yield f"{first}{last_cell}\n{rest}"
            last_cell = ""


def write_history_csv(snapshot: Snapshot, facts: Facts, file: TextIO) -> None:
    """Write the steps whose rows are still kept; a very long run has dropped its oldest ones."""
    file.writelines(csv_chunks(snapshot, facts))


def save_history(
    snapshot: Snapshot,
    facts: Facts,
    folder: Path,
    stem: str,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path | None:
    """Write the history to a new file and say where; None when cancelled: nothing is left then.

    Raises:
        InputError: the folder cannot be written to, or the disk is full.
    """
    path, file = new_file(folder, stem, ".csv")
    complete = False
    try:
        with file:
            for chunk in csv_chunks(snapshot, facts):
                if cancelled():
                    return None
                file.write(chunk)
        complete = True
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        if not complete:
            path.unlink(missing_ok=True)
    return path


def blank_when_nan(layout: Layout) -> NDArray[np.bool_]:
    """The columns of a row where NaN means that nothing was measured."""
    blank = np.zeros(layout.size, dtype=bool)
    for metric in layout.metrics:
        columns = layout.columns(metric.name)
        blank[columns] = metric.scheduled
        if needed := APPLIES_TO.get(metric.name):
            blank[columns] |= [not getattr(layer, needed) for layer in layout.layers]
    return blank


def _lines(
    steps: NDArray[np.int64],
    seconds: list[float],
    values: NDArray[np.float64],
    blank: NDArray[np.bool_],
) -> str:
    absent = (np.isnan(values) & blank).tolist()
    lines = []
    for step, time, row, gaps in zip(steps.tolist(), seconds, values.tolist(), absent, strict=True):
        cells = ["" if gap else repr(value) for value, gap in zip(row, gaps, strict=True)]
        lines.append(f"{step},{float(time)!r},{','.join(cells)},\n")
    return "".join(lines)
