"""SageMaker Debugger's built-in rules with the defaults that its documentation publishes.

"List of Debugger built-in rules", docs.aws.amazon.com/sagemaker/latest/dg/debugger-built-in-rules.
Each rule alone raises an alarm; they have no order of causes.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from .alarm import Alarm, first, in_order, silent_shares
from .recording import Recording

VANISHING = 1e-7
DEAD_LAYER = 0.5
SATURATED_LAYER = 0.5
FLAT = {"tanh": (-9.4999, 9.4999), "sigmoid": (-23.0, 16.99999)}
UPDATE_LARGE, UPDATE_SMALL = 10.0, 1e-8
VARIANCES, VARIANCE_STEPS = 10.0, 10
LOSS_STEPS, LOSS_DECREASE = 10, 0.001
OVERFIT = 0.1


def sagemaker(recording: Recording) -> tuple[Alarm, ...]:
    """All rules that apply: of tensors, of initial weights, of updates and of losses."""
    alarms = [*sagemaker_tensors(recording), *_poor_initialization(recording)]
    ratios = 10.0 ** recording["update_ratio"]
    large = first(ratios > UPDATE_LARGE, "WeightUpdateRatio", "learning_rate_too_large")
    small = first(ratios < UPDATE_SMALL, "WeightUpdateRatio", "learning_rate_too_small")
    return in_order(
        [*alarms, *large, *small, *_loss_not_decreasing(recording), *_overfit(recording)]
    )


def sagemaker_tensors(recording: Recording) -> tuple[Alarm, ...]:
    """VanishingGradient, ExplodingTensor, DeadRelu and SaturatedActivation alone.

    The mean magnitude of a gradient's entries is taken to be their rms, which is larger by a fourth
    for normal ones. A unit is inactive if no row of the batch moves it.
    """
    sizes = np.array([layer.fan_in * layer.width for layer in recording.layout.layers])
    rms = recording["weight_gradient_norm"] / np.sqrt(sizes)
    alarms = first(rms < VANISHING, "VanishingGradient", "vanishing_gradient")
    alarms += first(silent_shares(recording) > DEAD_LAYER, "DeadRelu", "dying_relu")
    alarms += first(_flat(recording) > SATURATED_LAYER, "SaturatedActivation", "saturation")
    if recording.nonfinite is not None:
        kinds = ("exploding_gradient", "divergence")
        alarms.append(Alarm(recording.steps, "ExplodingTensor", kinds))
    return in_order(alarms)


def _flat(recording: Recording) -> NDArray[np.float64]:
    """Share of z beyond the bounds, as if z were normal; 0 where it was not measured."""
    means, stds = recording["preactivation_mean"], recording["preactivation_std"]
    shares = np.zeros_like(means)
    for at, layer in enumerate(recording.layout.layers):
        if layer.activation in FLAT:
            low, high = FLAT[layer.activation]
            with np.errstate(all="ignore"):
                below = (low - means[:, at]) / stds[:, at]
                above = (means[:, at] - high) / stds[:, at]
            shares[:, at] = np.nan_to_num(_normal(below) + _normal(above))
    return shares


def _normal(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(Z < x), to 2e-4: Hastings's tanh form."""
    share: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(sqrt(2.0 / np.pi) * (x + 0.044715 * x**3)))
    return share


def _poor_initialization(recording: Recording) -> list[Alarm]:
    """Variances of the layers' preactivations that differ tenfold within the first steps."""
    with np.errstate(all="ignore"):
        variances = recording["preactivation_std"][:VARIANCE_STEPS, :-1] ** 2
        differ = variances.max(axis=1, initial=0.0) > VARIANCES * variances.min(
            axis=1, initial=np.inf
        )
    kinds = ("vanishing_gradient", "exploding_gradient", "symmetric_initialization", "saturation")
    return first(differ, "PoorWeightInitialization", *kinds)


def _loss_not_decreasing(recording: Recording) -> list[Alarm]:
    """Every tenth step: not a thousandth less than ten steps before."""
    losses = recording["loss"]
    holds = np.zeros(len(losses), bool)
    for at in range(LOSS_STEPS, len(losses), LOSS_STEPS):
        holds[at] = not losses[at] <= (1.0 - LOSS_DECREASE) * losses[at - LOSS_STEPS]
    kinds = ("learning_rate_too_small", "learning_rate_too_large", "divergence")
    return first(holds, "LossNotDecreasing", *kinds)


def _overfit(recording: Recording) -> list[Alarm]:
    """An evaluation that is a tenth above the mean training loss since the one before."""
    losses, validations = recording["loss"], recording["validation_loss"]
    holds = np.zeros(len(losses), bool)
    begin = 0
    for at in map(int, np.flatnonzero(~np.isnan(validations))):
        training = losses[begin : at + 1].mean()
        holds[at] = validations[at] - training > OVERFIT * training
        begin = at + 1
    return first(holds, "Overfit", "overfitting")
