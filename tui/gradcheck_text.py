"""The table of a gradient check, as it is printed."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.gradcheck import GradientCheck
from .number_format import short
from .text_table import text_table

HEADINGS = (
    "layer",
    "parameter",
    "backpropagation",
    "finite differences",
    "relative error",
    "verdict",
)


def gradcheck_text(checks: Sequence[GradientCheck]) -> str:
    """A line for each layer and parameter: both norms, how far they differ, the verdict."""
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
    return "\n".join([*lines, "", _verdict(checks)]) + "\n"


def _verdict(checks: Sequence[GradientCheck]) -> str:
    counts = {
        verdict: sum(check.verdict == verdict for check in checks)
        for verdict in dict.fromkeys(check.verdict for check in checks)
    }
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"{len(checks)} parameter arrays: {said}"
