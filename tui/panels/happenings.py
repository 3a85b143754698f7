"""What happened to a run, and which moment of it is shown: in words and as marks on time axes."""

from __future__ import annotations

import math

from rich.style import Style

from ...core.findings import Severity
from ..chart import Mark
from ..number_format import short
from ..safe_text import safe_text
from ..view import View


def marks(view: View) -> list[Mark]:
    """The events of a run, and its first step with a value that is not finite."""
    found = [Mark(event.step, event.kind) for event in view.snapshot.events]
    broken = view.snapshot.nonfinite
    if broken is not None and not any(mark.kind == "nonfinite" for mark in found):
        found.append(Mark(broken.step, "nonfinite"))
    return found


def first_nonfinite(view: View) -> str:
    """``NaN or inf from step 3: layer 4 z``; empty while every value is finite."""
    broken = view.snapshot.nonfinite
    if broken is None:
        return ""
    layer = "" if broken.layer is None else f"layer {broken.layer} "
    return f"NaN or inf from step {broken.step}: {layer}{safe_text(broken.quantity, 24)}"


def how_many_nonfinite(view: View) -> str:
    """``12 of 2,048 values; the largest finite one is 1.3e+308``."""
    broken = view.snapshot.nonfinite
    if broken is None:
        return ""
    text = f"{broken.count:,} of {broken.size:,} value{'' if broken.size == 1 else 's'}"
    if broken.largest_finite > 0 and math.isfinite(broken.largest_finite):
        text += f"; the largest finite one is {short(broken.largest_finite)}"
    return text


def severity_style(view: View, severity: Severity) -> Style:
    """The colour of a finding, wherever its evidence is shown."""
    palette = view.palette
    styles = {
        Severity.NOTICE: palette.accent,
        Severity.WARNING: palette.warning,
        Severity.ERROR: palette.error,
    }
    return styles[severity]


def titled(words: str, view: View) -> str:
    """A panel's title with the moment that it shows, where that is not the newest step."""
    if view.cursor is not None:
        # Of steps long ago only the largest value of several is kept.
        several = view.snapshot.resolution(view.cursor) if view.snapshot.count else 1
        if several > 1:
            return f"{words} about step {view.cursor:,}, largest of {several} steps"
        return f"{words} at step {view.cursor:,}"
    if view.moment != view.step:
        return f"{words} at step {view.moment:,}, last finite"
    return words
