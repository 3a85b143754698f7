"""Gradient checking: backpropagation against finite differences, for any experiment.

For each parameter array the loss is differentiated numerically along two directions: along
backpropagation's own gradient (the slope there *is* its norm, if it is right), and along a mixture
of it and a random direction (which sees what the first cannot: a part of the true gradient that
backpropagation misses). Always in float64, on a small batch, with a fixed dropout mask.

A central difference errs by rounding when its step is small and by curvature when it is large, and
is worthless where a ReLU switches between its ends. So the differences start at steps short enough
to switch nothing and are extrapolated to step 0 (Ridders, "Accurate computation of F'(x)", Advances
in Engineering Software 4(2), 1982), which also tells how far the result can be trusted. A gradient
that drowns in the rounding of the loss is reported as unresolved: neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, isfinite

import numpy as np

from .experiment import Experiment
from .layer_plan import LayerPlan
from .losses import LOSSES
from .network import Network, Trace
from .optimizers import norm
from .record import Array
from .trainer import Trainer

TOLERANCE = 1e-6
"""Relative error that still passes."""
STARTS = (1e-1, 1e-3, 1e-5)
"""First steps of the extrapolation, along directions of norm 1; the most trustworthy wins."""
CLEAR = 1e-9
"""A relative error of the extrapolation below which no other start is tried."""
SHRINK = 1.4
"""Each next step is this much shorter, as in Ridders' paper."""
STAGES = 8
TRUST = 10.0
"""A difference of so many estimated errors is no accident."""
BATCH_ROWS = 16
ON_KINK = 1e-6
"""A unit whose z is closer to 0 than this sits on the kink of its activation ..."""
NUDGE = 0.03
"""... and then all biases are moved by up to this."""


class Verdict(StrEnum):
    """What the check of one parameter array came to."""

    OK = "ok"
    UNRESOLVED = "unresolved"
    """Below what finite differences can tell from zero at this loss."""
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """One parameter array, checked."""

    layer: int
    parameter: str
    """``W``, ``b``, ``gamma`` or ``beta``."""
    backpropagation: float
    """Norm of the gradient by backpropagation."""
    finite_differences: float
    """Norm by finite differences: the loss's slope along that gradient."""
    relative_error: float
    """The worse of the two directions."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Slope:
    """A numerical derivative and how far it can be trusted."""

    value: float
    error: float


def check_gradients(experiment: Experiment, rows: int = BATCH_ROWS) -> list[GradientCheck]:
    """Check every parameter array of an experiment at its initial weights.

    Args:
        experiment: any; checked in float64 whatever its dtype.
        rows: rows of the training part in the batch.

    Raises:
        InputError: the experiment's data cannot be read.
    """
    trainer = Trainer(replace(experiment, dtype="float64"))
    return list(_check(trainer, rows))


def _check(trainer: Trainer, rows: int) -> Iterator[GradientCheck]:
    network = trainer.network
    rng = np.random.default_rng(trainer.experiment.seed)
    X, targets = trainer.training_rows(rows)
    masks = network.draw_masks(len(X), rng)
    evaluate = LOSSES[trainer.experiment.training.loss].evaluate

    def forward() -> tuple[float, Trace]:
        trace = network.forward(X, training=True, masks=masks)
        return evaluate(trace.outputs, targets)[0], trace

    with np.errstate(all="ignore"):
        _step_off_kinks(network, forward()[1], rng)
        trace = forward()[1]
        network.backward(trace, evaluate(trace.outputs, targets)[1])
        for plan, layer, gradients in zip(
            network.plans, network.parameters, network.gradients, strict=True
        ):
            for (name, array), (_, gradient) in zip(layer.named(), gradients.named(), strict=True):
                checks = _compare(array, gradient, forward, network.plans, rng)
                yield GradientCheck(plan.index, name, norm(gradient), *checks)


def _compare(
    array: Array,
    gradient: Array,
    forward: Callable[[], tuple[float, Trace]],
    plans: Sequence[LayerPlan],
    rng: np.random.Generator,
) -> tuple[float, float, Verdict]:
    """Norm by finite differences, relative error and verdict of one array."""
    size = norm(gradient)
    random = rng.standard_normal(array.shape)
    random /= norm(random)
    # Random alone would see only 1 / sqrt(entries) of the gradient, and more rounding than that.
    along = gradient / size if size > 0.0 and isfinite(size) else random
    mixed = along + (random if np.vdot(along, random) >= 0.0 else -random)
    mixed /= norm(mixed)
    slopes = [_slope_along(array, v, forward, plans) for v in (along, mixed)]
    expected = [float(np.vdot(gradient, v)) for v in (along, mixed)]
    worst = 0.0
    verdict = Verdict.OK
    for slope, value in zip(slopes, expected, strict=True):
        difference, scale = abs(slope.value - value), max(abs(slope.value), abs(value))
        if difference == 0.0:
            continue
        worst = max(worst, difference / scale)
        if difference <= TOLERANCE * scale:
            continue
        resolved = isfinite(value) and not difference <= TRUST * slope.error < inf
        verdict = max(
            verdict, Verdict.FAIL if resolved else Verdict.UNRESOLVED, key=_BY_GRAVITY.index
        )
    return abs(slopes[0].value), worst, verdict


def _slope_along(
    array: Array,
    direction: Array,
    forward: Callable[[], tuple[float, Trace]],
    plans: Sequence[LayerPlan],
) -> _Slope:
    """The loss's derivative along a direction in which ``array`` is moved (and put back)."""
    origin = array.copy()

    def difference(step: float) -> tuple[float, float, bool]:
        array[...] = origin + step * direction
        above, trace_above = forward()
        array[...] = origin - step * direction
        below, trace_below = forward()
        array[...] = origin
        kinked = _crosses_kink(plans, trace_above, trace_below)
        return (above - below) / (2.0 * step), max(abs(above), abs(below)), kinked

    best = _Slope(np.nan, np.inf)
    for start in STARTS:
        best = min(best, _extrapolate(difference, start), key=lambda slope: slope.error)
        if best.error <= CLEAR * abs(best.value):
            break
    return best


def _extrapolate(difference: Callable[[float], tuple[float, float, bool]], start: float) -> _Slope:
    """Ridders' extrapolation of central differences to step 0, from the first smooth step on."""
    step = start
    value, loss, kinked = difference(step)
    while kinked and step > _SHORTEST:
        step /= 3.0
        value, loss, kinked = difference(step)
    if kinked or not isfinite(value):
        return _Slope(np.nan, np.inf)
    rounding = 4.0 * np.finfo(np.float64).eps * loss / step
    best = _Slope(value, np.inf)
    previous = [value]
    for _ in range(1, STAGES):
        step /= SHRINK
        row = [difference(step)[0]]
        factor = 1.0
        for coarser in previous:
            factor *= SHRINK * SHRINK
            row.append((row[-1] * factor - coarser) / (factor - 1.0))
            error = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser), rounding)
            if error < best.error:
                best = _Slope(row[-1], error)
        previous = row
    return best


def _crosses_kink(plans: Sequence[LayerPlan], above: Trace, below: Trace) -> bool:
    """Whether a unit whose activation has a kink at 0 switches between the two traces."""
    return any(
        _has_kink(plan) and bool(((one.n > 0.0) != (other.n > 0.0)).any())
        for plan, one, other in zip(plans, above.layers, below.layers, strict=True)
    )


def _step_off_kinks(network: Network, trace: Trace, rng: np.random.Generator) -> None:
    """Move every bias a little if some unit sits on a kink: there is no gradient to check there."""
    on_kink = any(
        _has_kink(plan) and bool((np.abs(layer.n) < ON_KINK).any())
        for plan, layer in zip(network.plans, trace.layers, strict=True)
    )
    if on_kink:
        for layer in network.parameters:
            for array in (layer.b, layer.beta):
                if array is not None:
                    array += NUDGE * rng.uniform(-1.0, 1.0, array.shape)


def _has_kink(plan: LayerPlan) -> bool:
    z = np.array([-1e-9, 1e-9])
    left, right = plan.activation.slope(z, plan.activation.value(z))
    return bool(abs(right - left) > 1e-3)


_BY_GRAVITY = (Verdict.OK, Verdict.UNRESOLVED, Verdict.FAIL)
_SHORTEST = 1e-9
