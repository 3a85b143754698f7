"""What suits a network: the initializer of its activation, and the learning rates that are usual.

Rules of thumb, each with its source or chosen by experiment; no cure rests on a rule alone, as all
are tried and judged by the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import floor, log10, nan
from typing import Any

import numpy as np

from ..activations import ACTIVATIONS
from ..experiment import Experiment
from ..findings import Facts, InputFacts
from ..losses import LOSSES
from ..mean_field import predicted_signal
from ..record import LayerInfo
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

ADAPTIVE = ("rmsprop", "adam", "adamw")
"""Optimizers whose steps have the size of the learning rate, whatever the gradient."""
WITH_MOMENTUM = ("momentum", "nesterov")

REACH: dict[str, tuple[float, float]] = {
    "cross_entropy": (40.0, 40.0),
    "binary_cross_entropy": (40.0, 40.0),
    "half_mse": (8.0, 16.0),
    "mse": (4.0, 12.0),
}
"""Learning rate x hidden units that plain descent bears, with few inputs and with many. The
curvature of the loss grows with the weights that act together; no probability bounds that of
squared errors, and with few inputs all rows pull at the same weights. Chosen by experiment: 3 to 20
layers of 16 to 128 units, on digits, moons and sine."""
MANY_INPUTS = 8
"""Inputs from which rows differ in more than a direction or two."""
LOWEST_RATE, HIGHEST_RATE = 0.003, 0.3
HIGHEST_RATE_HALF = 0.1
"""Of half_mse, a sum over outputs."""
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
STANDARDIZED = InputFacts(offset=0.0, spread=1.0, rms=1.0)


def predicted_decades(experiment: Experiment, facts: Facts | None) -> float:
    """log10 of the error signal in the first over that in the last hidden layer, by theory.

    At the initial weights (``core.mean_field``); NaN where theory does not know, or there are fewer
    than two hidden layers. The network's inputs and outputs are taken to be as many as its units.

    Args:
        experiment: what is trained.
        facts: how the inputs lie; None, or unknown: as if standardized.
    """
    hidden = experiment.hidden
    if len(hidden) < 2:
        return nan
    activation = experiment.network.activation
    rectifier = ACTIVATIONS[activation].rectifier
    bounded = ACTIVATIONS[activation].saturated is not None
    widths = (hidden[0], *hidden, hidden[-1])
    layers = tuple(
        LayerInfo(i, fan_in, width, activation, rectifier, bounded)
        for i, (fan_in, width) in enumerate(pairwise(widths), start=1)
    )
    inputs = STANDARDIZED if facts is None or facts.inputs is None else facts.inputs
    if experiment.data.standardize:
        inputs = STANDARDIZED
    decades = predicted_signal(experiment.network, layers, inputs).decades
    with np.errstate(invalid="ignore"):  # of nothing and nothing there is no ratio
        return float(decades[0] - decades[-2])


def predicted_factor(experiment: Experiment, facts: Facts | None) -> float:
    """The same as a mean factor per layer."""
    return float(
        10.0 ** (predicted_decades(experiment, facts) / max(len(experiment.hidden) - 1, 1))
    )


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
        reach = REACH[training.loss][_has_many_inputs(experiment)]
        if training.loss == "mse":
            reach *= _outputs(experiment)  # a mean over them: the gradient is that much smaller
        highest = HIGHEST_RATE_HALF if training.loss == "half_mse" else HIGHEST_RATE
        rate = min(max(reach / units, LOWEST_RATE), highest)
        if optimizer in WITH_MOMENTUM:
            rate *= max(1.0 - training.momentum, 0.01)  # so many gradients add up in one step
    return one_digit(rate)


def one_digit(value: float) -> float:
    """A number above 0 with one significant digit, rounded down: people read it."""
    unit = 10.0 ** floor(log10(value))
    return float(f"{floor(value / unit * (1 + 1e-9)) * unit:.0e}")


def _has_many_inputs(experiment: Experiment) -> bool:
    """As far as the experiment alone tells."""
    data = experiment.data
    return data.source == "digits" or (data.X != () and len(data.X[0]) >= MANY_INPUTS)


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
