"""Rules about the course of the loss: divergence, the learning rate, overfitting.

Losses are in units of the loss of knowing nothing. ``docs/diagnosis.md`` has the source of each
threshold.
"""

from __future__ import annotations

from math import inf, nan

from ..record import NonFinite
from .reading import OVERFIT_RATIO, Reading, median
from .verdict import Verdict, measured, number

DIVERGED_LOSS = 2.0
DIVERGED_FIRST = 3.0
DIVERGED_RECENT = 4.0
DIVERGED_AT_ONCE = 30.0
DIVERGED_STEPS = 8
PROMISED_LOSS = 2.0
STALLED_LOSS = 0.7
SLOW_AFTER = 30
SLOW_PLAN = 100
OVERFIT_EVALUATIONS = 5


def learning_rate_too_large(reading: Reading) -> Verdict | None:
    """Divergence from a sound start: neither initialization nor inputs are to blame."""
    diverged = divergence(reading)
    if diverged is None or not reading.sound_start:
        return None
    return Verdict(
        layers=(),
        evidence=measured(
            learning_rate=reading.rate,
            loss_in_baselines=reading.loss,
            first_loss_in_baselines=reading.first_loss,
            threshold=diverged.evidence.get("threshold", nan),
        ),
        message=(
            f"At a learning rate of {reading.rate:.1e} the loss went from "
            f"{number(reading.first_loss)} to {number(reading.loss)} times that of knowing "
            "nothing, though inputs, initial weights and error signal were sound: the steps are "
            "too large."
        ),
        certain=diverged.certain,
    )


def divergence(reading: Reading) -> Verdict | None:
    """A value that is not finite, or a loss far above where it started and staying there."""
    if reading.nonfinite is not None:
        return _not_finite(reading)
    newest, before = reading.losses[-DIVERGED_STEPS:], reading.losses[:-DIVERGED_STEPS]
    recent = median(before) if len(before) >= DIVERGED_STEPS else inf
    lowest = float(newest.min()) if len(newest) == DIVERGED_STEPS else 0.0
    limits = (
        (reading.loss, DIVERGED_AT_ONCE * max(reading.first_loss, 1.0)),
        (lowest, max(DIVERGED_LOSS, DIVERGED_FIRST * reading.first_loss)),
        (lowest, max(DIVERGED_LOSS, DIVERGED_RECENT * recent)),
    )
    passed = [limit for value, limit in limits if value > limit]
    if not passed:
        return None
    return Verdict(
        layers=(),
        evidence=measured(
            loss_in_baselines=reading.loss,
            threshold=passed[0],
            first_loss_in_baselines=reading.first_loss,
        ),
        message=(
            f"The loss is {number(reading.loss)} times that of knowing nothing, after "
            f"{number(reading.first_loss)} at the first step, and does not come down: "
            "training makes it worse."
        ),
    )


def _not_finite(reading: Reading) -> Verdict:
    bad = reading.nonfinite
    assert bad is not None, "asked only where a value is not finite"
    where = "" if bad.layer is None else f" of layer {bad.layer}"
    return Verdict(
        layers=() if bad.layer is None else (bad.layer,),
        evidence=measured(
            step=bad.step, count=bad.count, size=bad.size, largest_finite=bad.largest_finite
        ),
        message=(
            f"At step {bad.step} the {bad.quantity}{where} is the first value that is not finite"
            f"{_how_many(bad)}. No number after it can be trusted."
        ),
        certain=True,
    )


def _how_many(bad: NonFinite) -> str:
    if bad.size == 1:
        return ""
    if bad.count == bad.size:
        return f" (all {bad.size} of them)"
    return f" ({bad.count} of {bad.size}; the largest finite one is {bad.largest_finite:.1e})"


def learning_rate_too_small(reading: Reading) -> Verdict | None:
    """All planned steps together promise less than the loss is worth; plain descent only."""
    planned = reading.facts.steps_planned
    promised = reading.promise * planned
    stalled = STALLED_LOSS * min(reading.first_loss, 1.0)
    if reading.count < SLOW_AFTER or planned < SLOW_PLAN or reading.loss <= stalled:
        return None
    if not promised < PROMISED_LOSS:
        return None
    return Verdict(
        layers=(),
        evidence=measured(
            promised_loss=promised,
            threshold=PROMISED_LOSS,
            loss_in_baselines=reading.loss,
            loss_threshold=stalled,
            learning_rate=reading.rate,
        ),
        message=(
            f"At a learning rate of {reading.rate:.1e} all {planned} planned steps together "
            f"promise to lower the loss by {promised:.1e} times that of knowing nothing: "
            "the steps are too small."
        ),
    )


def overfitting(reading: Reading) -> Verdict | None:
    """The validation loss rises for good while the training loss falls."""
    seen = reading.evaluations
    if seen.worse < OVERFIT_EVALUATIONS or not seen.training < seen.training_at_best:
        return None
    ratio = seen.newest / seen.best if seen.best > 0.0 else inf
    return Verdict(
        layers=(),
        evidence=measured(
            validation_over_best=ratio,
            threshold=OVERFIT_RATIO,
            best_step=seen.best_step,
            evaluations=seen.worse,
            training_in_baselines=seen.training,
        ),
        message=(
            f"The validation loss is {ratio:.2g} times its best (step {seen.best_step}) while the "
            f"training loss fell from {seen.training_at_best:.1e} to {seen.training:.1e} "
            "(1: knowing nothing): the network learns its training rows by heart."
        ),
    )
