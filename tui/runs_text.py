"""The list of recorded runs in words: what each column says, for the command and for the screen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import isfinite
from typing import Any

from rich.cells import cell_len

from ..core.plain import plain
from ..core.store.run_list import ListedRun
from .number_format import count_text, short
from .preset_list import CUT, GAP
from .safe_text import safe_text

LONGEST_NAME = 32
"""Cells of a run's name in a list."""
LONGEST_FINDINGS = 80
LONGEST_PROBLEM = 300
DAMAGED = "unreadable"
"""In place of the state where there is no run."""
NO_RUNS = "No runs are recorded yet. backscope run NAME makes one; backscope presets lists names.\n"
HEADINGS = ("run", "state", "name", "started", "steps", "loss", "findings")
_NUMBERS = ("steps", "loss")
_ONLY_WHERE_WIDE = "started"
"""The column that goes first where there is little room: an id begins with the time."""


def state_text(run: ListedRun) -> str:
    """What a run is doing; of what is no run that it is none."""
    return run.life.value if run.life else DAMAGED


def started_text(run: ListedRun) -> str:
    """When a run began, in local time; a question mark where that cannot be."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(run.started))
    except (OverflowError, ValueError, OSError):
        return "?"


def findings_text(run: ListedRun) -> str:
    """The kinds of the findings that stand; of what is no run why it is none."""
    if run.problem:
        return safe_text(run.problem, LONGEST_PROBLEM)
    said = ", ".join(kind.replace("_", " ").replace("relu", "ReLU") for kind in run.findings)
    return safe_text(said, LONGEST_FINDINGS)


def cells_of(run: ListedRun) -> tuple[str, ...]:
    """A run in the columns of ``HEADINGS``."""
    identity = safe_text(run.place.id, LONGEST_NAME)
    if run.problem:
        return identity, DAMAGED, "", "", "", "", findings_text(run)
    return (
        identity,
        state_text(run),
        safe_text(run.name, LONGEST_NAME),
        started_text(run),
        count_text(run.steps),
        short(run.loss) if run.steps else "",
        findings_text(run),
    )


def runs_table(runs: Sequence[ListedRun], width: int | None) -> str:
    """The list as lines, none of them wider than ``width`` (None: any)."""
    if not runs:
        return NO_RUNS
    rows = [HEADINGS, *map(cells_of, runs)]
    lines = _lines(rows)
    if width is not None and max(map(cell_len, lines)) > width:
        at = HEADINGS.index(_ONLY_WHERE_WIDE)
        lines = [_fitted(line, width) for line in _lines([(*r[:at], *r[at + 1 :]) for r in rows])]
    return "".join(f"{line}\n" for line in lines)


def _lines(rows: Sequence[tuple[str, ...]]) -> list[str]:
    headings = rows[0]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        parts = [
            cell.rjust(width) if heading in _NUMBERS else cell + " " * (width - cell_len(cell))
            for cell, width, heading in zip(row, widths, headings, strict=True)
        ]
        lines.append(GAP.join(parts).rstrip())
    return lines


def _fitted(line: str, width: int) -> str:
    if cell_len(line) <= width:
        return line
    while line and cell_len(line) > width - len(CUT):
        line = line[:-1]
    return line.rstrip() + CUT


def runs_facts(runs: Sequence[ListedRun]) -> list[dict[str, Any]]:
    """The list as JSON can hold it; a name as it was given."""
    return [
        {
            "id": run.place.id,
            "path": str(run.place.database),
            "state": state_text(run),
            "name": run.name,
            "started": run.started if isfinite(run.started) else None,
            "steps": run.steps,
            "planned": run.planned,
            "loss": plain(run.loss) if run.steps else None,
            "findings": list(run.findings),
            "problem": run.problem or None,
        }
        for run in runs
    ]
