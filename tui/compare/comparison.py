"""What the panels of a comparison are given to draw: one frozen moment of several runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from rich.style import Style

from ...core.consultation import LAST_STEPS
from ..palette import Palette
from ..traces import Pattern
from ..view import View

LETTERS = "ABCD"
"""What the runs are called for short, in their order."""
PATTERNS: tuple[Pattern, ...] = ("solid", "dashed", "dashdot", "dotted")
"""What their curves look like, so that they can be told apart without color."""


@dataclass(frozen=True, slots=True)
class Comparison(View):
    """One moment of several runs, all shown over the same steps.

    As a view it is that of the chosen run, so that whatever is the same for all can be read off it.
    """

    runs: tuple[View, ...] = ()
    names: tuple[str, ...] = ()
    """What the runs are called."""
    changes: tuple[tuple[str, ...], ...] = ()
    """In what each differs from the first: ``activation sigmoid -> relu``."""
    chosen: int = 0
    """The run that keys are meant for, from 0."""
    overlaid: bool = False
    """All in one picture instead of side by side."""
    relative: bool = False
    """Losses are in units of knowing nothing, as they are of different kinds."""
    cure: str = ""
    """What the first run, the sick one, is treated with in the second; empty for nothing."""
    judged_by: str = "loss"
    """The metric that the cure is accepted on."""

    @classmethod
    def of(cls, runs: tuple[View, ...], **more: object) -> Comparison:
        """The comparison of these views; ``more`` are its further fields."""
        chosen = runs[int(str(more.get("chosen", 0)))]
        shared = {field.name: getattr(chosen, field.name) for field in fields(View)}
        return cls(**shared, runs=runs, **more)  # type: ignore[arg-type]

    @property
    def count(self) -> int:
        """How many runs there are."""
        return len(self.runs)

    @property
    def sound(self) -> tuple[int, ...]:
        """The runs in which every value is finite; all, where none is so."""
        whole = [run for run, one in enumerate(self.runs) if one.snapshot.nonfinite is None]
        return tuple(whole) or tuple(range(self.count))

    def unit(self, run: int) -> float:
        """What losses of a run are divided by: 1, or its loss of knowing nothing."""
        facts = self.runs[run].facts
        return facts.baseline if self.relative and facts is not None else 1.0

    def score(self, run: int) -> float:
        """What the cure is accepted on, in the run's unit: NaN before any, infinite once it broke.

        Of the training loss the middle of the last few batches, as that of one batch jumps.
        """
        snapshot = self.runs[run].snapshot
        if snapshot.nonfinite is not None:
            return math.inf
        if not snapshot.count:
            return math.nan
        if self.judged_by != "loss":
            return float(snapshot.last_measured(self.judged_by)) / self.unit(run)
        stop = snapshot.last_step + 1
        start = max(stop - LAST_STEPS, snapshot.first_step)
        values = snapshot.envelope("loss", start, stop, stop - start)
        with np.errstate(all="ignore"):
            return float(np.median(values.high)) / self.unit(run)


def run_style(palette: Palette, run: int) -> Style:
    """The color of a run: of its letter, its curves and its bars."""
    return (palette.train, palette.validation, palette.mark, palette.good)[run]
