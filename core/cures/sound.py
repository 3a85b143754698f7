"""What suits a network: the initializer of its activation, and the learning rates that are usual.

Closed forms and rules of thumb; each has its source, or was chosen by experiment.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import sqrt
from typing import Any

import numpy as np

from ..activations import ACTIVATIONS
from ..experiment import Experiment
from ..losses import LOSSES
from ..settings import NetworkSettings, TrainingSettings

Changes = dict[str, Any]

OWN_INITIALIZER: dict[str, str] = {
    "sigmoid": "xavier_normal",
    "tanh": "xavier_normal",
    "softplus": "xavier_normal",
    "identity": "xavier_normal",
    "selu": "lecun_normal",
    "relu": "he_normal",
    "leaky_relu": "he_normal",
    "elu": "he_normal",
    "gelu": "he_normal",
    "silu": "he_normal",
}
"""Glorot & Bengio (2010), He et al. (2015), Klambauer et al. (2017): the scale made for it."""

INITIALIZER_NAMES: dict[str, str] = {
    "xavier_normal": "Xavier",
    "he_normal": "He",
    "lecun_normal": "LeCun",
    "orthogonal": "orthogonal",
}

WEIGHT_SCALE: dict[str, float] = {"xavier_normal": 1.0, "he_normal": sqrt(2), "lecun_normal": 1.0}
"""Standard deviation of a weight x sqrt(width), between layers of equal width."""

USUAL_RATES: dict[str, float] = {
    "sgd": 0.1,
    "momentum": 0.01,
    "nesterov": 0.01,
    "rmsprop": 1e-3,
    "adam": 1e-3,
    "adamw": 1e-3,
}
"""By optimizer. A momentum of 0.9 adds ten gradients to one step."""

ADAPTIVE = ("rmsprop", "adam", "adamw")
"""Optimizers whose steps have the size of the learning rate, whatever the loss is scaled by."""

SQUARED_ERROR_SHARE = {"mse": 0.2, "half_mse": 0.4}
"""Of the usual rate for squared errors of one output, whose curvature no probability bounds."""
DEEP = 12
"""Hidden layers beyond which the usual rate is halved: curvature grows with depth."""
TOO_HIGH, TOO_LOW = 3.0, 0.1
"""Times the usual rate: outside of this it is changed along with what is cured."""
DIGITS_CLASSES = 10

DEFAULT = NetworkSettings()


@cache
def rms_slope(activation: str, spread: float = 1.0) -> float:
    """sqrt(E f'(z)^2) for z ~ N(0, spread^2): what a unit passes back of an error signal.

    A sum over a fine grid; at weights of variance 1 / fan_in it is the factor per layer.
    """
    z = np.linspace(-10.0, 10.0, 2001)
    density = np.exp(-z * z / 2)
    entry = ACTIVATIONS[activation]
    slope = entry.slope(spread * z, entry.value(spread * z))
    return float(np.sqrt((density * slope**2).sum() / density.sum()))


def own_factor(activation: str) -> float:
    """The factor per layer on the error signal with the activation's own initializer."""
    if activation == "tanh":
        return 1.0  # its signal shrinks until only the slope of 1 at zero is left
    return WEIGHT_SCALE[OWN_INITIALIZER[activation]] * rms_slope(activation)


def initialized(initializer: str, *, gain: float = 1.0) -> Changes:
    """The changes that draw all weights anew by an initializer, with biases of 0."""
    return {
        "network.initializer": initializer,
        "network.gain": gain,
        "network.std": DEFAULT.std,
        "network.bias": 0.0,
        "network.initial_W": (),
        "network.initial_b": (),
    }


def own_initialization(activation: str) -> Changes:
    """The changes that draw all weights by the activation's own initializer."""
    return initialized(OWN_INITIALIZER[activation])


def initialization_name(activation: str) -> str:
    """What people call the activation's own initializer."""
    return INITIALIZER_NAMES[OWN_INITIALIZER[activation]]


def usual_rate(experiment: Experiment, changes: Mapping[str, Any] | None = None) -> float:
    """The learning rate that is usual for an experiment's optimizer, loss and depth.

    Args:
        experiment: what is trained.
        changes: what will be changed of it.
    """
    training: TrainingSettings = experiment.training
    optimizer = (changes or {}).get("training.optimizer", training.optimizer)
    rate = USUAL_RATES[optimizer]
    if optimizer in ADAPTIVE:
        return rate
    if not LOSSES[training.loss].from_logits:
        rate *= SQUARED_ERROR_SHARE[training.loss]
        if training.loss == "mse" and experiment.data.source == "digits":
            rate *= DIGITS_CLASSES  # a mean over outputs: the gradient is that much smaller
    return rate / 2 if len(experiment.hidden) > DEEP else rate


def rates_given(experiment: Experiment) -> tuple[float, ...]:
    """Every base rate that an experiment has at one step or another."""
    training = experiment.training
    return (training.learning_rate, *(rate for _, rate in training.rate_changes))


def with_rate(rate: float) -> Changes:
    """The changes that make this the one base rate."""
    return {"training.learning_rate": rate, "training.rate_changes": ()}


def with_usual_rate(experiment: Experiment, changes: Changes) -> Changes:
    """The changes, with the usual rate where the experiment's own is far from it."""
    usual = usual_rate(experiment, changes)
    rates = rates_given(experiment)
    if max(rates) <= TOO_HIGH * usual and min(rates) >= TOO_LOW * usual:
        return changes
    return changes | with_rate(usual)
