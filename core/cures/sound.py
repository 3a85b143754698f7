"""What suits a network: the initializer of its activation, and the learning rates that are usual.

Rules of thumb, each with its source or chosen by experiment; no cure rests on a rule alone, as all
are tried and judged by the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import floor, log10
from typing import Any

import numpy as np

from ..activations import ACTIVATIONS
from ..experiment import Experiment
from ..losses import LOSSES
from ..settings import NetworkSettings

Changes = dict[str, Any]

OWN_INITIALIZER: dict[str, str] = {
    "sigmoid": "xavier_normal",
    "tanh": "xavier_normal",
    "softplus": "xavier_normal",
    "identity": "xavier_normal",
    "selu": "lecun_normal",
    "relu": "he_normal",
    "leaky_relu": "he_normal",
}
"""Whose scale was made for it: Glorot & Bengio (2010), He et al. (2015), Klambauer et al. (2017).
Every other activation gets Xavier's weights times its gain, which keeps a mean square of 1."""

INITIALIZER_NAMES: dict[str, str] = {
    "xavier_normal": "Xavier",
    "he_normal": "He",
    "lecun_normal": "LeCun",
}

SCALES: dict[str, float] = {"he_normal": 2**0.5, "xavier_normal": 1.0, "lecun_normal": 1.0}
"""Standard deviation of a weight x sqrt(width), between layers of equal width."""

ADAPTIVE = ("rmsprop", "adam", "adamw")
"""Optimizers whose steps have the size of the learning rate, whatever the gradient."""
WITH_MOMENTUM = ("momentum", "nesterov")

REACH: dict[str, float] = {
    "cross_entropy": 40.0,
    "binary_cross_entropy": 40.0,
    "half_mse": 8.0,
    "mse": 4.0,
}
"""Learning rate x hidden units that plain descent bears. The curvature of the loss grows with the
weights that act together, and no probability bounds that of squared errors. Chosen by experiment:
3 to 20 layers of 32 and 64 units, on digits, moons and sine."""
LOWEST_RATE, HIGHEST_RATE = 0.003, 0.3
ADAPTIVE_REACH = 1.0
"""The same for steps of the size of the rate: they move z of a layer by rate x width, and what the
network says by rate x width x depth."""
LOWEST_ADAPTIVE, HIGHEST_ADAPTIVE = 3e-4, 3e-3

BEARABLE = (0.2, 3.0)
"""Times the usual rate: outside of this it is changed along with what is cured ..."""
BEARABLE_SQUARED = (0.5, 1.5)
"""... and outside of this for squared errors, which are learned more slowly and burst sooner."""
DIGITS_CLASSES = 10

DEFAULT = NetworkSettings()


@cache
def rms_slope(activation: str) -> float:
    """sqrt(E f'(z)^2) for z ~ N(0, 1): what a unit passes back of an error signal.

    A sum over a fine grid; at weights of variance 1 / fan_in it is the factor per layer.
    """
    z = np.linspace(-10.0, 10.0, 2001)
    density = np.exp(-z * z / 2)
    entry = ACTIVATIONS[activation]
    slope = entry.slope(z, entry.value(z))
    return float(np.sqrt((density * slope**2).sum() / density.sum()))


def own_factor(activation: str) -> float:
    """The factor per layer on the error signal with the activation's own initializer."""
    if activation == "tanh":
        return 1.0  # its signal shrinks until only the slope of 1 at zero is left
    own = own_initialization(activation)
    return SCALES[own["network.initializer"]] * float(own["network.gain"]) * rms_slope(activation)


def initialized(initializer: str, gain: float = 1.0) -> Changes:
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
    if activation in OWN_INITIALIZER:
        return initialized(OWN_INITIALIZER[activation])
    return initialized("xavier_normal", round(ACTIVATIONS[activation].gain, 2))


def initialization_name(activation: str) -> str:
    """What people call the activation's own initializer: ``He``, ``Xavier x 1.24``."""
    own = own_initialization(activation)
    name, gain = INITIALIZER_NAMES[own["network.initializer"]], own["network.gain"]
    return name if gain == 1.0 else f"{name} x {gain:g}"


def usual_rate(experiment: Experiment, changes: Mapping[str, Any] | None = None) -> float:
    """The learning rate that suits an experiment's optimizer, loss and number of units.

    Args:
        experiment: what is trained.
        changes: what will be changed of it.
    """
    training = experiment.training
    optimizer = (changes or {}).get("training.optimizer", training.optimizer)
    units = max(sum(experiment.hidden), 1)
    if optimizer in ADAPTIVE:
        rate = min(max(ADAPTIVE_REACH / units, LOWEST_ADAPTIVE), HIGHEST_ADAPTIVE)
    else:
        reach = REACH[training.loss]
        if training.loss == "mse":
            reach *= _outputs(experiment)  # a mean over them: the gradient is that much smaller
        rate = min(max(reach / units, LOWEST_RATE), HIGHEST_RATE)
        if optimizer in WITH_MOMENTUM:
            rate *= max(1.0 - training.momentum, 0.01)  # so many gradients add up in one step
    return one_digit(rate)


def one_digit(value: float) -> float:
    """A number above 0 with one significant digit, rounded down: people read it."""
    unit = 10.0 ** floor(log10(value))
    return float(f"{floor(value / unit * (1 + 1e-9)) * unit:.0e}")


def _outputs(experiment: Experiment) -> int:
    """Outputs of the network, as far as the experiment alone tells."""
    data = experiment.data
    return DIGITS_CLASSES if data.source == "digits" else len(data.y[0]) if data.y else 1


def rates_given(experiment: Experiment) -> tuple[float, ...]:
    """Every base rate that an experiment has at one step or another."""
    training = experiment.training
    return (training.learning_rate, *(rate for _, rate in training.rate_changes))


def with_rate(rate: float) -> Changes:
    """The changes that make this the one base rate."""
    return {"training.learning_rate": rate, "training.rate_changes": ()}


def with_usual_rate(experiment: Experiment, changes: Changes) -> Changes:
    """The changes, with the usual rate where the experiment's own is far from it."""
    if rate_too_high(experiment, changes) or rate_too_low(experiment, changes):
        return changes | with_rate(usual_rate(experiment, changes))
    return changes


def rate_too_high(experiment: Experiment, changes: Mapping[str, Any] | None = None) -> bool:
    """Whether a rate is far above what is usual."""
    return max(rates_given(experiment)) > _bearable(experiment)[1] * usual_rate(experiment, changes)


def rate_too_low(experiment: Experiment, changes: Mapping[str, Any] | None = None) -> bool:
    """Whether a rate is far below what is usual."""
    return min(rates_given(experiment)) < _bearable(experiment)[0] * usual_rate(experiment, changes)


def _bearable(experiment: Experiment) -> tuple[float, float]:
    return BEARABLE if LOSSES[experiment.training.loss].from_logits else BEARABLE_SQUARED
