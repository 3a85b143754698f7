"""Whether a cure has cured: judged on the loss, never on the symptom."""

from __future__ import annotations

import math
from enum import StrEnum

from ..number_format import short
from .comparison import Comparison

CURED_BELOW = 0.5
"""A loss below this share of the sick run's is a cure (chosen by experiment)."""


class Verdict(StrEnum):
    """What a cure has come to."""

    CURED = "cured"
    NOT_YET = "not cured yet"
    NOT = "not cured"


def verdict(view: Comparison) -> tuple[Verdict, str]:
    """The verdict on the second run against the first, and one sentence with the numbers.

    A run that has diverged has no loss: whatever is finite is below it. The sentence is empty
    before there is a loss to judge by.
    """
    sick, well = view.runs[:2]
    if not (sick.snapshot.count and well.snapshot.count):
        return Verdict.NOT_YET, ""
    before, after = view.loss(0), view.loss(1)
    if not math.isfinite(after):
        return Verdict.NOT, "not cured: this one diverges too"
    if not math.isfinite(before):
        broken = sick.snapshot.nonfinite
        since = f" at step {broken.step:,}" if broken is not None else ""
        return Verdict.CURED, f"cured: loss {short(after)}; the sick run diverged{since}"
    numbers = f"loss {short(after)} against {short(before)}"
    if after < CURED_BELOW * before:
        return Verdict.CURED, f"cured: {numbers}"
    if well.status.state.final:
        return Verdict.NOT, f"not cured: {numbers}; a cure is accepted on the loss alone"
    return Verdict.NOT_YET, f"not cured yet: {numbers}"
