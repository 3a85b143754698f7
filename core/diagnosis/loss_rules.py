"""Rules about the course of the loss: divergence, the learning rate, overfitting.

Losses are in units of the loss of knowing nothing. ``docs/diagnosis.md`` has the source of each
threshold.
"""

from __future__ import annotations

from math import exp, inf, nan

from ..record import NonFinite
from .evaluations import BY_HEART_TRAINING, BY_HEART_VALIDATION, OVERFIT_RATIO, Evaluations
from .reading import STEP_PROBES, Reading, median
from .structural_rules import saturation
from .verdict import Said, Unsure, Verdict, measured, number

DIVERGED_LOSS = 2.0
DIVERGED_FIRST = 3.0
DIVERGED_RECENT = 4.0
DIVERGED_AT_ONCE = 30.0
DIVERGED_STEPS = 8
SURE_STEPS = 3
"""Steps in a row above ``DIVERGED_AT_ONCE`` that need no second check."""
STALLED_LOSS = 0.7
TRUST_RATIO = 0.08
TRUSTED_LOSS = 0.3
BROKEN_PROMISES = 15.0
PROGRESS = 0.95
LOST_AGAIN = 2.0
LARGE_AFTER = 40
SLOW_MARGIN = 2.0
"""Times their promise that steps are believed to bring."""
SLOW_END = 0.37
"""e^-1: where a loss of 1 ends if all its steps together promise 1."""
SLOW_AFTER = 25
SLOW_PLAN = 100
OVERFIT_EVALUATIONS = 5

NOT_RECORDED = "promised progress is not recorded"


def learning_rate_too_large(reading: Reading) -> Verdict | Unsure | None:
    """Steps that are too large for a sound network: it diverges, or gets nowhere by them.

    Nowhere: the loss does not come down though a step keeps next to nothing of its promise on its
    very own batch (it jumps across the valley), or though all steps together have promised many
    times what there is to gain (each undoes what the others did); or the same steps have driven
    units into saturation that were not born there.
    """
    if not reading.sound_start:
        return None
    diverged = divergence(reading)
    if diverged is not None:
        return _too_large_to_stay(reading, diverged)
    if not len(reading.promises):
        return Unsure(NOT_RECORDED)
    if reading.count < LARGE_AFTER or len(reading.promises) < STEP_PROBES:
        return Unsure(f"it takes {LARGE_AFTER} steps")
    course = reading.course
    wild = course.promised > BROKEN_PROMISES
    if not wild and not course.loss > TRUSTED_LOSS:
        return None
    trust = median(reading.trust) if len(reading.trust) >= STEP_PROBES else nan
    stalled = STALLED_LOSS * min(reading.first_loss, 1.0)
    best = course.best_before
    nowhere = course.loss >= PROGRESS * best
    together = f"the steps so far have promised {number(course.promised)} times that loss together"
    least = TRUSTED_LOSS
    if nowhere and trust < TRUST_RATIO and course.loss > TRUSTED_LOSS:
        what = f"a step takes {trust:.2g} of what it promises off the loss of its own batch"
    elif nowhere and wild and course.loss > stalled:
        what, least = together, stalled
    elif wild and course.loss > max(LOST_AGAIN * best, TRUSTED_LOSS):
        what = f"was {best:.2g} before; {together}"
    elif wild and isinstance(saturation(reading), Verdict):
        what = f"{together} and driven units that were sound into the flat part"
    else:
        return None
    return Verdict(
        lambda: Said(
            layers=(),
            evidence=measured(
                learning_rate=reading.rate,
                trust_ratio=trust,
                trust_ratio_threshold=TRUST_RATIO,
                promised_so_far=course.promised,
                promised_threshold=BROKEN_PROMISES,
                loss_in_baselines=course.loss,
                loss_threshold=least,
                best_loss_before=best,
            ),
            message=(
                f"At a learning rate of {reading.rate:.1e} the loss stays at {course.loss:.2g} "
                f"times that of knowing nothing, and {what}: the steps are too large, and undo "
                "each other."
            ),
        ),
    )


def _too_large_to_stay(reading: Reading, diverged: Verdict) -> Verdict:
    """Divergence from a sound start: neither initialization nor inputs are to blame."""
    return Verdict(
        lambda: Said(
            layers=(),
            evidence=measured(
                learning_rate=reading.rate,
                loss_in_baselines=reading.loss,
                first_loss_in_baselines=reading.first_loss,
                threshold=diverged.said.evidence.get("threshold", nan),
            ),
            message=(
                f"At a learning rate of {reading.rate:.1e} the loss went from "
                f"{number(reading.first_loss)} to {number(reading.loss)} times that of knowing "
                "nothing, though inputs, initial weights and error signal were sound: the steps "
                "are too large."
            ),
        ),
        confirmed=diverged.confirmed,
        certain=diverged.certain,
    )


def divergence(reading: Reading) -> Verdict | None:
    """A value that is not finite, or a loss far above where it started and staying there."""
    if reading.nonfinite is not None:
        return _not_finite(reading)
    newest, before = reading.losses[-DIVERGED_STEPS:], reading.losses[:-DIVERGED_STEPS]
    lowest = float(newest.min()) if len(newest) == DIVERGED_STEPS else 0.0
    at_once = DIVERGED_AT_ONCE * max(reading.first_loss, 1.0)
    if not (reading.loss > at_once or lowest > DIVERGED_LOSS):
        return None
    recent = median(before) if len(before) >= DIVERGED_STEPS else inf
    limits = (
        (reading.loss, at_once),
        (lowest, max(DIVERGED_LOSS, DIVERGED_FIRST * reading.first_loss)),
        (lowest, max(DIVERGED_LOSS, DIVERGED_RECENT * recent)),
    )
    passed = [limit for value, limit in limits if value > limit]
    if not passed:
        return None
    return Verdict(
        lambda: Said(
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
        ),
        confirmed=reading.count > SURE_STEPS and float(newest[-SURE_STEPS:].min()) > at_once,
    )


def _not_finite(reading: Reading) -> Verdict:
    bad = reading.nonfinite
    assert bad is not None, "asked only where a value is not finite"
    where = "" if bad.layer is None else f" of layer {bad.layer}"
    return Verdict(
        lambda: Said(
            layers=() if bad.layer is None else (bad.layer,),
            evidence=measured(
                step=bad.step, count=bad.count, size=bad.size, largest_finite=bad.largest_finite
            ),
            message=(
                f"At step {bad.step} the {bad.quantity}{where} is the first value that is not "
                f"finite{_how_many(bad)}. No number after it can be trusted."
            ),
        ),
        certain=True,
    )


def _how_many(bad: NonFinite) -> str:
    if bad.size == 1:
        return ""
    if bad.count == bad.size:
        return f" (all {bad.size} of them)"
    return f" ({bad.count} of {bad.size}; the largest finite one is {bad.largest_finite:.1e})"


def learning_rate_too_small(reading: Reading) -> Verdict | Unsure | None:
    """The steps that are left promise too little to get anywhere."""
    planned = reading.facts.steps_planned
    if planned < SLOW_PLAN:
        return None
    if not len(reading.promises):
        return Unsure(NOT_RECORDED)
    if reading.count < SLOW_AFTER:
        return Unsure(f"it takes {SLOW_AFTER} steps")
    if reading.warming_up:
        return Unsure("the rate is warming up")
    unit = min(reading.first_loss, 1.0)
    loss = reading.course.loss
    if loss <= STALLED_LOSS * unit:
        return None
    promise = median(reading.promises)
    left = max(planned - reading.count, 0)
    # What is promised shrinks with the loss: steps that each take the same share of it.
    shares = SLOW_MARGIN * max(promise, 0.0) * left / loss if loss > 0.0 else inf
    end = loss * exp(-min(shares, 700.0))
    if not end > SLOW_END * unit:
        return None
    return Verdict(
        lambda: Said(
            layers=(),
            evidence=measured(
                loss_promised_for_the_end=end,
                threshold=SLOW_END * unit,
                loss_in_baselines=loss,
                loss_threshold=STALLED_LOSS * unit,
                promised_by_a_step=promise,
                steps_left=left,
                learning_rate=reading.rate,
            ),
            message=(
                f"At a learning rate of {reading.rate:.1e} a step promises to lower the loss by "
                f"{promise:.1e} times that of knowing nothing. It is {loss:.2g} times that now, "
                f"and even if every step brings twice its promise {end:.2g} times after the {left} "
                "steps that are left: the steps are too small."
            ),
        ),
    )


def overfitting(reading: Reading) -> Verdict | Unsure | None:
    """The validation loss rises for good while the training loss falls, or it never came down."""
    seen = reading.evaluations
    if seen.count < OVERFIT_EVALUATIONS:
        reason = f"it takes {OVERFIT_EVALUATIONS} evaluations"
        return Unsure(reason if seen.count else "no validation loss is recorded yet")
    if seen.worse < OVERFIT_EVALUATIONS or not seen.training < seen.training_at_best:
        return _by_heart(seen) if seen.by_heart >= OVERFIT_EVALUATIONS else None
    ratio = seen.newest / seen.best if seen.best > 0.0 else inf
    return Verdict(
        lambda: Said(
            layers=(),
            evidence=measured(
                validation_over_best=ratio,
                threshold=OVERFIT_RATIO,
                best_step=seen.best_step,
                evaluations=seen.worse,
                training_in_baselines=seen.training,
            ),
            message=(
                f"The validation loss is {ratio:.2g} times its best (step {seen.best_step}) while "
                f"the training loss fell from {seen.training_at_best:.1e} to {seen.training:.1e} "
                "(1: knowing nothing): the network learns its training rows by heart."
            ),
        ),
    )


def _by_heart(seen: Evaluations) -> Verdict:
    return Verdict(
        lambda: Said(
            layers=(),
            evidence=measured(
                validation_in_baselines=seen.newest,
                threshold=BY_HEART_VALIDATION,
                training_in_baselines=seen.training,
                training_threshold=BY_HEART_TRAINING,
                best_step=seen.best_step,
                evaluations=seen.by_heart,
            ),
            message=(
                f"The training loss is {seen.training:.1e} times that of knowing nothing, the "
                f"validation loss {seen.newest:.2g} times it: the network knows its training rows "
                "by heart, and of others less than nothing."
            ),
        ),
    )
