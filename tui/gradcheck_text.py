"""The table of a gradient check, as it is printed."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.gradcheck import GradientCheck, Verdict
from .number_format import short
from .text_table import text_table

HEADINGS = (
    "layer",
    "parameter",
    "backpropagation",
    "differences",
    "relative error",
    "verdict",
)


UNRESOLVED = (
    "unresolved: finite differences cannot tell this gradient from zero, the loss",
    "being rounded; backpropagation is proved neither right nor wrong",
)


def gradcheck_text(checks: Sequence[GradientCheck]) -> str:
    """A line for each layer and parameter: both norms, how far they differ, the verdict.

    No line is wider than 79 cells.
    """
    rows = [
        (
            str(check.layer),
            check.parameter,
            short(check.backpropagation),
            short(check.finite_differences),
            short(check.relative_error),
            str(check.verdict),
        )
        for check in checks
    ]
    lines = text_table(HEADINGS, rows, left=("parameter", "verdict"))
    if any(check.verdict == Verdict.UNRESOLVED for check in checks):
        lines += ["", *UNRESOLVED]
    return "\n".join([*lines, "", _verdict(checks)]) + "\n"


def _verdict(checks: Sequence[GradientCheck]) -> str:
    counts = {verdict: sum(check.verdict == verdict for check in checks) for verdict in Verdict}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return f"{len(checks)} parameter arrays: {said}"
