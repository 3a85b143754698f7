"""Whether a cure has cured: judged on the loss, never on the symptom."""

from __future__ import annotations

import math
from enum import StrEnum

from ...core.consultation import is_cured
from ..number_format import short
from .comparison import Comparison


class Verdict(StrEnum):
    """What a cure has come to."""

    CURED = "cured"
    NOT_YET = "not cured yet"
    NOT = "not cured"


def verdict(view: Comparison) -> tuple[Verdict, str]:
    """The verdict on the second run against the first, and one sentence with the numbers.

    The sentence is empty before there is a loss to judge by.
    """
    sick, treated = view.runs[:2]
    before, after = view.score(0), view.score(1)
    if math.isnan(before) or math.isnan(after):
        return Verdict.NOT_YET, ""
    if treated.snapshot.nonfinite is not None:
        return (
            Verdict.NOT,
            f"not cured: it diverged too, at step {treated.snapshot.nonfinite.step:,}",
        )
    said = _judged(view, before, after)
    name = view.judged_by.replace("_", " ")
    if sick.snapshot.nonfinite is not None:
        numbers = f"{name} {short(after)}; the sick run diverged at step "
        numbers += f"{sick.snapshot.nonfinite.step:,}"
    else:
        numbers = f"{name} {short(after)} against {short(before)}"
    why = "; a cure is accepted on the loss, never on the symptom" if said is Verdict.NOT else ""
    return said, f"{said.value}: {numbers}{why}"


def _judged(view: Comparison, before: float, after: float) -> Verdict:
    """As a consultation does, in units of knowing nothing."""
    units = [
        1.0 if view.relative or one.facts is None else one.facts.baseline for one in view.runs[:2]
    ]
    known = all(math.isfinite(unit) and unit > 0 for unit in units)
    scale = units if known else [1.0, 1.0]
    if is_cured(before / scale[0], after / scale[1]):
        return Verdict.CURED
    return Verdict.NOT if view.runs[1].status.state.final else Verdict.NOT_YET
