"""Cures for what the layers do to a signal: vanishing, exploding, saturated, the same in all units.

``docs/cures.md`` says what the rankings rest on.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, sqrt

from ..experiment import changed
from ..settings import HIGHEST_RATE
from .cure import Cure, How, Patient
from .decay_cures import without_weight_decay
from .sound import (
    ADAPTIVE,
    Changes,
    initialization_name,
    initialized,
    own_initialization,
    predicted_decades,
    predicted_factor,
    usual_rate,
    with_rate,
    with_usual_rate,
)

STRAY_DECADES = 1.0
"""A start that theory lets a signal grow or shrink by more is not sound."""
VERY_DEEP = 25
"""Hidden layers beyond which independent weights no longer keep every direction of a signal."""
FEW_INPUTS = 2
GENERATED = ("xor", "circles", "moons", "spirals", "sine")
"""Sources of one or two inputs, which give as many rows as are asked for."""
ADVISED_CLIP = 1.0
"""The norm that clipping is usually advised with."""


def vanishing_gradient(patient: Patient) -> Iterator[Cure]:
    """The error signal shrinks on its way back."""
    yield from without_weight_decay(patient)
    yield from sound_networks(patient)
    yield from _carriers(patient)
    yield from _rescaling(patient, How.IN_PLACE)
    yield _rate_no_cure(patient, 100.0)
    yield _adam_no_cure(patient)


def exploding_gradient(patient: Patient) -> Iterator[Cure]:
    """The error signal grows on its way back, or the activations on their way forward."""
    yield from sound_networks(patient)
    yield from _carriers(patient)
    yield from _rescaling(patient, How.ROLL_BACK)
    yield _clipping_no_cure(patient)
    yield _rate_no_cure(patient, 1e-6)
    yield _adam_no_cure(patient)


def saturation(patient: Patient) -> Iterator[Cure]:
    """Most of a layer lies in the flat part of its activation."""
    yield from sound_networks(patient)
    yield from _carriers(patient)
    yield from _rescaling(patient, How.IN_PLACE)
    yield _rate_no_cure(patient, 0.1)
    yield _adam_no_cure(patient)


def symmetric_initialization(patient: Patient) -> Iterator[Cure]:
    """All units of a layer are the same unit."""
    yield from sound_networks(patient)
    yield _rate_no_cure(patient, 10.0)
    yield _adam_no_cure(patient)


def unsound_start(patient: Patient) -> bool:
    """Whether theory blames the initial weights, whatever the finding: others would do better."""
    experiment, facts = patient.experiment, patient.facts
    activation = experiment.network.activation
    own = changed(experiment, own_initialization(activation))
    strays = abs(predicted_decades(experiment, facts))
    return strays > STRAY_DECADES and abs(predicted_decades(own, facts)) < 0.5 * strays


def sound_networks(patient: Patient) -> Iterator[Cure]:
    """The networks that keep a signal's size at this depth, the most reliable first."""
    experiment = patient.experiment
    activation, depth = experiment.network.activation, len(experiment.hidden)
    if keeps_signal(patient, activation):
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


def _rescaling(patient: Patient, how: How) -> Iterator[Cure]:
    """What brings z of every layer to unit variance, with the weights that are there."""
    network = patient.experiment.network
    if network.normalization != "none" or not patient.experiment.hidden:
        return
    weak = not keeps_signal(patient, network.activation)
    yield Cure(
        "rescaled layers",
        "the weights of each layer are divided by the spread of its z (Mishkin & Matas, 2016), and "
        + (
            f"at any scale the slope of {activation_name(network.activation)} stays too small."
            if weak
            else "what was learned in them stays."
        ),
        how,
        intervention="rescale",
        works=not weak,
    )


def keeps_signal(patient: Patient, activation: str) -> bool:
    """Whether theory lets a signal through this depth, from the activation's own initializer."""
    own = changed(patient.experiment, own_initialization(activation))
    return not abs(predicted_decades(own, patient.facts)) > STRAY_DECADES


def optimizer_name(optimizer: str) -> str:
    """What people call an optimizer."""
    return {"sgd": "SGD", "adam": "Adam"}.get(optimizer, optimizer)


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
    name = initialization_name(activation)
    return f"{name} is the scale at which {activation_name(activation)} keeps a signal's size"


def _restart(patient: Patient, title: str, changes: Changes, why: str) -> Cure:
    changes = with_usual_rate(patient.experiment, changes)
    reason = f"{why}{_predicted(patient, changes)}."
    return Cure(title, reason, How.RESTART, tuple(changes.items()))


def _predicted(patient: Patient, changes: Changes) -> str:
    """The factor per layer as it was measured at the start, and as theory says that it will be."""
    was = _measured_factor(patient)
    will_be = predicted_factor(changed(patient.experiment, changes), patient.facts)
    if not (isfinite(was) and isfinite(will_be)):
        return ""
    return f", so that the factor per layer goes from {was:.2g} to {will_be:.2g}"


def _measured_factor(patient: Patient) -> float:
    """Of the finding's evidence; where it has none, of theory."""
    decades = patient.evidence("ratio_log10_at_start")
    layers = patient.evidence("last_layer") - patient.evidence("first_layer")
    if isfinite(decades) and layers > 0:
        return float(10.0 ** (decades / layers))
    return predicted_factor(patient.experiment, patient.facts)


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
    rate = min(patient.experiment.training.learning_rate * factor, HIGHEST_RATE)
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
        f"{optimizer_name(optimizer)} alone",
        "another optimizer rescales the steps, not what the layers do to the signal.",
        How.RESTART,
        tuple(changes.items()),
        works=False,
    )
