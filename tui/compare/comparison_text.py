"""The summary of several runs, as it is printed when there is no screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..number_format import percent_text, short
from ..report_text import cell, tenths
from ..safe_text import safe_text
from ..text_table import text_table
from .comparison import LETTERS

HEADINGS = (
    *("", "run", "state", "steps", "loss", "validation", "accuracy"),
    *("signal", "dead", "first finding"),
)
LEGEND = (
    "signal: log10 of the error signal of layer 1 over the last layer's; dead: share of ReLU units"
)

IN_UNITS = "loss, validation: in units of knowing nothing, as they are of different kinds or data"

Report = Mapping[str, Any]


def comparison_text(
    reports: Sequence[Report],
    names: Sequence[str],
    differences: Sequence[Sequence[str]],
    units: Sequence[float] | None = None,
) -> str:
    """A row for each run, then in what each differs from the first.

    Args:
        reports: what ``core.report.report`` tells of each.
        names: what they are called.
        differences: of each from the first, in words.
        units: each one's loss of knowing nothing, to tell losses in; None: tell them as they are.
    """
    rows = [
        _row(LETTERS[run], name, report, units[run] if units else 1.0)
        for run, (name, report) in enumerate(zip(names, reports, strict=True))
    ]
    lines = [
        *text_table(HEADINGS, rows, left=("", "run", "state", "first finding")),
        "",
        LEGEND,
        *([IN_UNITS] if units else []),
        "",
        *_differences(differences),
        "",
        *_again(reports),
    ]
    return "\n".join(lines) + "\n"


def _row(letter: str, name: str, report: Report, unit: float) -> tuple[str, ...]:
    def loss(value: float) -> str:
        return short(value / unit)

    accuracy = report["accuracy"]
    right = accuracy["validation"] if accuracy["validation"] is not None else accuracy["train"]
    findings = report["findings"]
    return (
        letter,
        safe_text(name, 40),
        report["state"],
        f"{report['steps']:,}",
        cell(report["loss"]["train"], loss),
        cell(report["loss"]["validation"], loss),
        cell(right, percent_text),
        cell(report["error_signal"]["decades"], tenths),
        cell(dead_share(report), percent_text),
        findings[0]["kind"] if findings else "none",
    )


def dead_share(report: Report) -> float | None:
    """The share of all counted ReLU units that are dead; None where none was counted."""
    counted = [layer for layer in report["layers"] if isinstance(layer["dead"], int)]
    units = sum(layer["width"] for layer in counted)
    return sum(layer["dead"] for layer in counted) / units if units else None


def _differences(differences: Sequence[Sequence[str]]) -> Iterator[str]:
    for run, changes in enumerate(differences[1:], start=1):
        told = ", ".join(changes) or "no difference"
        yield f"A -> {LETTERS[run]}: {safe_text(told, 2000)}"


def _again(reports: Sequence[Report]) -> Iterator[str]:
    for run, report in enumerate(reports):
        if report["command"]:
            yield f"{LETTERS[run]} again: {safe_text(report['command'], 10_000)}"
