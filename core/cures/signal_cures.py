"""Cures for what the layers do to a signal: vanishing, exploding, saturated, the same in all units.

FACTS that the rankings rest on are in ``docs/diagnosis.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, log10, sqrt

from .cure import Cure, How, Patient
from .sound import (
    ADAPTIVE,
    Changes,
    initialization_name,
    initialized,
    own_factor,
    own_initialization,
    rms_slope,
    usual_rate,
    with_rate,
    with_usual_rate,
)

WEAK_DECADES = -1.0
"""An activation whose own initializer leaves less than this of the signal is replaced."""
VERY_DEEP = 25
"""Hidden layers beyond which independent weights no longer keep every direction of a signal."""
FEW_INPUTS = 2
GENERATED = ("xor", "circles", "moons", "spirals", "sine")
"""Sources of one or two inputs, which give as many rows as are asked for."""
ADVISED_CLIP = 1.0
"""The norm that clipping is usually advised with."""


def vanishing_gradient(patient: Patient) -> Iterator[Cure]:
    """The error signal shrinks on its way back."""
    yield from _sound_networks(patient)
    yield from _carriers(patient)
    yield _rate_no_cure(patient, 100.0)
    yield _adam_no_cure(patient)


def exploding_gradient(patient: Patient) -> Iterator[Cure]:
    """The error signal grows on its way back, or the activations on their way forward."""
    yield from _sound_networks(patient)
    yield from _carriers(patient)
    yield _clipping_no_cure(patient)
    yield _rate_no_cure(patient, 1e-6)
    yield _adam_no_cure(patient)


def saturation(patient: Patient) -> Iterator[Cure]:
    """Most of a layer lies in the flat part of its activation."""
    yield from _sound_networks(patient)
    yield from _carriers(patient)
    yield _rate_no_cure(patient, 0.1)
    yield _adam_no_cure(patient)


def symmetric_initialization(patient: Patient) -> Iterator[Cure]:
    """All units of a layer are the same unit."""
    yield from _sound_networks(patient)
    yield _rate_no_cure(patient, 10.0)
    yield _adam_no_cure(patient)


def keeps_signal(activation: str, depth: int) -> bool:
    """Whether the activation's own initializer brings the signal through so many layers."""
    return depth * log10(own_factor(activation)) > WEAK_DECADES


def _sound_networks(patient: Patient) -> Iterator[Cure]:
    """The networks that keep a signal's size at this depth, the most reliable first."""
    experiment = patient.experiment
    activation, depth = experiment.network.activation, len(experiment.hidden)
    if keeps_signal(activation, depth):
        yield _own_initialization(patient, activation)
    if depth > VERY_DEEP:
        yield _orthogonal(patient)
    for other in ("relu", "tanh") if _has_few_inputs(patient) else ("tanh", "relu"):
        if other != activation:
            yield _own_initialization(patient, other)
    if depth <= VERY_DEEP:
        yield _orthogonal(patient)


def _has_few_inputs(patient: Patient) -> bool:
    """Whether the network must bend a line or a plane, which ReLU does in far fewer steps."""
    data = patient.experiment.data
    return data.source in GENERATED or (data.X != () and len(data.X[0]) <= FEW_INPUTS)


def _own_initialization(patient: Patient, activation: str) -> Cure:
    changes: Changes = {"network.activation": activation} | own_initialization(activation)
    name = initialization_name(activation)
    return _restart(patient, f"{activation_name(activation)} + {name}", changes, _why(activation))


def _orthogonal(patient: Patient) -> Cure:
    changes: Changes = {"network.activation": "tanh"} | initialized("orthogonal", gain=1.05)
    return _restart(
        patient,
        "tanh + orthogonal",
        changes,
        "orthogonal weights keep the length of every signal, not only the mean of all, and the "
        "slope of tanh is 1 at zero",
    )


def _carriers(patient: Patient) -> Iterator[Cure]:
    """What carries a signal past a layer whatever the layer does to it."""
    experiment = patient.experiment
    yield _restart(
        patient,
        "batch normalization",
        {"network.normalization": "batch"} | own_initialization(experiment.network.activation),
        "dividing z by its own spread divides the error signal by it as well",
    )
    yield _restart(
        patient,
        "residual connections",
        {"network.residual": True, "network.residual_block": 1}
        | own_initialization(experiment.network.activation)
        | {"network.gain": 1 / sqrt(max(len(experiment.hidden), 1))},
        "backwards an addition copies: the connection carries the signal past every layer",
    )


def activation_name(activation: str) -> str:
    """What people call an activation."""
    return {"relu": "ReLU", "leaky_relu": "leaky ReLU"}.get(activation, activation)


def _why(activation: str) -> str:
    match activation:
        case "relu":
            return (
                "the slope of ReLU is 1 where a unit is active, and He's weights make up for the "
                "half that is not"
            )
        case "tanh":
            return "the slope of tanh is 1 at zero, and Xavier's weights keep a signal's size there"
    return (
        f"the rms slope of {activation} is {rms_slope(activation):.2g}, and "
        f"{initialization_name(activation)}'s weights make {own_factor(activation):.2g} of it"
    )


def _restart(patient: Patient, title: str, changes: Changes, why: str) -> Cure:
    changes = with_usual_rate(patient.experiment, changes)
    return Cure(title, f"{why}{_measured(patient)}.", How.RESTART, tuple(changes.items()))


def _measured(patient: Patient) -> str:
    factor = patient.evidence("factor_per_layer")
    return f": the factor per layer goes from {factor:.2g} to about 1" if isfinite(factor) else ""


def _clipping_no_cure(patient: Patient) -> Cure:
    return Cure(
        f"clipping at {ADVISED_CLIP:g}",
        "clipping shortens the step and keeps its direction: the layers go on learning in the "
        "wrong proportion" + _proportion(patient),
        How.IN_PLACE,
        (("training.clip_norm", ADVISED_CLIP),),
        works=False,
    )


def _proportion(patient: Patient) -> str:
    decades = patient.evidence("ratio_log10")
    return f", 10^{decades:.1f} from the first to the last." if isfinite(decades) else "."


def _rate_no_cure(patient: Patient, factor: float) -> Cure:
    rate = min(patient.experiment.training.learning_rate * factor, 1e9)
    title = f"learning rate x {factor:g}" if factor >= 1 else f"learning rate / {1 / factor:g}"
    return Cure(
        title,
        "one rate multiplies the updates of all layers alike and leaves their proportion as it "
        "is" + _proportion(patient),
        How.IN_PLACE,
        tuple(with_rate(rate).items()),
        works=False,
    )


def _adam_no_cure(patient: Patient) -> Cure:
    training = patient.experiment.training
    optimizer = "sgd" if training.optimizer in ADAPTIVE else "adam"
    changes: Changes = {"training.optimizer": optimizer}
    changes |= with_rate(usual_rate(patient.experiment, changes))
    return Cure(
        f"{optimizer} alone",
        "another optimizer rescales the steps, not what the layers do to the signal.",
        How.RESTART,
        tuple(changes.items()),
        works=False,
    )
