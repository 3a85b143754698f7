"""Gradient checking: backpropagation against finite differences, for any experiment.

For each parameter array the loss is differentiated numerically along two directions: along
backpropagation's own gradient (the slope there *is* its norm, if it is right), and along a mixture
of it and a random direction (which sees what the first cannot: a part of the true gradient that
backpropagation misses). Always in float64, on a small batch, with a fixed dropout mask.

``finite_differences`` tells each slope and how far it can be trusted. A gradient that drowns in the
rounding of the loss is reported as unresolved: neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite, isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .experiment import Experiment
from .finite_differences import TRUST, Line, Slope, is_confirmed, slope_at_zero
from .layer_plan import LayerPlan
from .losses import LOSSES, Loss
from .network import Network, Trace
from .norm import norm
from .record import Array
from .trainer import Trainer

TOLERANCE = 1e-6
"""Relative error that still passes."""
EPSILON = float(np.finfo(np.float64).eps)
SHIFTS = 3
ROUNDING = 4.0 * EPSILON
"""How often, and by what share of itself at most, each number is shifted to see what rounding does.
"""
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


@dataclass(frozen=True, slots=True)
class _Batch:
    """The rows, targets and dropout masks that all losses here are of."""

    network: Network
    X: Array
    targets: NDArray[Any]
    masks: Sequence[Array | None]
    loss: Loss

    def forward(self) -> tuple[float, Trace]:
        """The loss as the parameters stand, and how it came about."""
        trace = self.network.forward(self.X, training=True, masks=self.masks)
        return self.loss.evaluate(trace.outputs, self.targets)[0], trace

    def backward(self) -> tuple[float, Array, float]:
        """The loss, the flat gradient of all parameters (a copy), and the rounding of the loss.

        Each z is off by its last digit and by those of what it is the sum of, in each row and unit
        by another amount; the error signal tells what that makes of the loss.
        """
        trace = self.network.forward(self.X, training=True, masks=self.masks)
        loss, doutputs = self.loss.evaluate(trace.outputs, self.targets)
        deltas = self.network.backward(trace, doutputs)
        parts = [
            norm(delta * (np.abs(kept.x) @ np.abs(layer.W) + np.abs(layer.b)))
            for layer, kept, delta in zip(
                self.network.parameters, trace.layers, deltas, strict=True
            )
        ]
        return loss, self.network.gradient.copy(), ROUNDING * norm(np.array(parts))


@dataclass(frozen=True, slots=True)
class _Checked:
    """One parameter array, its gradient, and how far rounding shifts that: all of one shape."""

    array: Array
    gradient: Array
    shifts: Sequence[Array]


def _check(trainer: Trainer, rows: int) -> Iterator[GradientCheck]:
    network = trainer.network
    rng = np.random.default_rng(trainer.experiment.seed)
    X, targets = trainer.training_rows(rows)
    masks = network.draw_masks(len(X), rng)
    batch = _Batch(network, X, targets, masks, LOSSES[trainer.experiment.training.loss])
    with np.errstate(all="ignore"):
        _step_off_kinks(network, batch.forward()[1], rng)
        loss, gradient, noise = batch.backward()
        shifted = [_shifted_by_rounding(batch, rng) for _ in range(SHIFTS)]
        noise = max(noise, *(abs(other - loss) for other, _, _ in shifted))
        flat = (network.theta, gradient, *(other - gradient for _, other, _ in shifted))
        for plan, *layers in zip(network.plans, *map(network.views, flat), strict=True):
            for named in zip(*(layer.named() for layer in layers), strict=True):
                array, backpropagated, *shifts = (values for _, values in named)
                checked = _Checked(array, backpropagated, shifts)
                outcome = _compare(checked, batch, noise, rng)
                yield GradientCheck(plan.index, named[0][0], norm(backpropagated), *outcome)


def _shifted_by_rounding(batch: _Batch, rng: np.random.Generator) -> tuple[float, Array, float]:
    """``backward`` where all parameters and inputs are off by a few units in the last place.

    It shows what rounding does to the gradient: one that is 0 but for rounding has no digit right.
    """

    def off(array: Array) -> Array:
        return array * (1.0 + ROUNDING * rng.uniform(-1.0, 1.0, array.shape))

    theta = batch.network.theta.copy()
    batch.network.theta[...] = off(theta)
    shifted = replace(batch, X=off(batch.X)).backward()
    batch.network.theta[...] = theta
    return shifted


def _compare(
    checked: _Checked, batch: _Batch, noise: float, rng: np.random.Generator
) -> tuple[float, float, Verdict]:
    """Norm by finite differences, relative error and verdict of one array."""
    size = norm(checked.gradient)
    random = rng.standard_normal(checked.array.shape)
    random /= norm(random)
    # Random alone would see only 1 / sqrt(entries) of the gradient, and more rounding than that.
    along = checked.gradient / size if size > 0.0 and isfinite(size) else random
    mixed = along + (random if np.vdot(along, random) >= 0.0 else -random)
    mixed /= norm(mixed)
    slopes, errors, verdicts = [], [], []
    for direction in (along, mixed):
        line = _line(checked.array, direction, batch)
        expected = float(np.vdot(checked.gradient, direction))
        uncertain = max(abs(float(np.vdot(shift, direction))) for shift in checked.shifts)
        slope = slope_at_zero(line, noise)
        verdict = _verdict(slope, expected, uncertain)
        if verdict is Verdict.FAIL and not is_confirmed(line, noise, slope, expected):
            verdict = Verdict.UNRESOLVED
        slopes.append(slope)
        errors.append(_relative_error(slope, expected))
        verdicts.append(verdict)
    worst = nan if any(map(isnan, errors)) else max(errors)
    return abs(slopes[0].value), worst, max(verdicts, key=_BY_GRAVITY.index)


def _verdict(slope: Slope, expected: float, uncertain: float) -> Verdict:
    """The verdict on one direction; ``uncertain``: by how much rounding shifts ``expected``."""
    if not (isfinite(slope.value) and isfinite(expected)):
        return Verdict.UNRESOLVED
    difference = abs(slope.value - expected)
    if difference <= TOLERANCE * max(abs(slope.value), abs(expected)):
        return Verdict.OK
    resolved = difference > TRUST * (slope.error + uncertain)
    return Verdict.FAIL if resolved else Verdict.UNRESOLVED


def _relative_error(slope: Slope, expected: float) -> float:
    scale = max(abs(slope.value), abs(expected))
    return abs(slope.value - expected) / scale if scale else 0.0


def _line(array: Array, direction: Array, batch: _Batch) -> Line:
    """The loss where ``array`` is moved along a direction (and put back)."""
    origin = array.copy()
    kinked = [i for i, plan in enumerate(batch.network.plans) if _has_kink(plan)]

    def at(offset: float) -> tuple[float, NDArray[np.bool_]]:
        array[...] = origin + offset * direction
        loss, trace = batch.forward()
        array[...] = origin
        sides = [(trace.layers[i].n > 0.0).ravel() for i in kinked]
        return loss, np.concatenate(sides) if sides else np.zeros(0, np.bool_)

    return at


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
