"""Events of a run's loss: what happened once and is over, and is no fault that stands."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from ..record import Event, NonFinite, Row

SPIKE_RATIO = 4.0
SPIKE_RISE = 0.5
"""In units of knowing nothing."""
SPIKE_LEFT = 0.25
"""Share of the rise that may be left for it to have recovered."""
STEPS_BEFORE = 8
STEPS_AFTER = 5


def spike(steps: NDArray[np.int64], losses: Row, unit: float) -> Event | None:
    """The highest loss that stands out of its neighbors, if the loss has come down again.

    Args:
        steps: the newest ones, ``(n,)``.
        losses: theirs, in units of knowing nothing.
        unit: that unit.
    """
    middle = losses[STEPS_BEFORE:-STEPS_AFTER]
    if not len(middle):
        return None
    at = STEPS_BEFORE + int(middle.argmax())
    peak = float(losses[at])
    if not peak - float(losses.min()) > SPIKE_RISE:
        return None
    before = _median(losses[max(at - 20, 0) : at])
    rise = peak - before
    after = _median(losses[-STEPS_AFTER:])
    if not (
        peak > SPIKE_RATIO * before and rise > SPIKE_RISE and after < before + SPIKE_LEFT * rise
    ):
        return None
    text = f"{before * unit:.3g} -> {peak * unit:.3g} -> {after * unit:.3g}"
    return Event(int(steps[at]), "loss_spike", text)


def _median(values: Row) -> float:
    """As ``np.median``, which takes 25 us, and at its first call imports ``numpy.ma``."""
    ordered = np.sort(values)
    half = len(ordered) // 2
    if ordered[-1] != ordered[-1]:
        return nan
    return float(ordered[half] if len(ordered) % 2 else 0.5 * (ordered[half - 1] + ordered[half]))


def first_nonfinite(bad: NonFinite) -> Event:
    """The first value that is not finite."""
    where = "" if bad.layer is None else f" of layer {bad.layer}"
    return Event(bad.step, "nonfinite", f"{bad.quantity}{where}")
