"""Cures for a learning rate that does not suit: too large, too small, and what it does to units."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from ..experiment import Experiment
from ..losses import LOSSES
from ..settings import HIGHEST_RATE
from .cure import Cure, How, Patient
from .data_cures import standardized_targets
from .signal_cures import ADVISED_CLIP, exploding_gradient, sound_networks, unsound_start
from .sound import (
    ADAPTIVE,
    Changes,
    one_digit,
    own_initialization,
    rate_too_high,
    rates_given,
    usual_rate,
    with_rate,
    with_usual_rate,
)

STEP_DOWN = 10.0
"""By which a rate is divided that is not above what is usual, and too large all the same."""
STEP_UP = 4.0
"""By which a rate is multiplied that is not far below what is usual, and too small all the same."""
TIGHT_CLIP = 0.1
HARDLY = 10.0
"""A factor on a rate that is commonly tried first."""
BORN_DEAD = 0.3
"""Share of dead units at the first step from which the initialization is to blame."""


def learning_rate_too_large(patient: Patient) -> Iterator[Cure]:
    """The steps overshoot."""
    if unsound_start(patient):
        yield from sound_networks(patient)
    yield from standardized_targets(patient)
    experiment, lower = patient.experiment, _lower_rate(patient)
    yield _rate(patient, lower, How.RESTART)
    yield _rate(patient, lower, How.ROLL_BACK)
    yield _rate(patient, lower / STEP_DOWN, How.RESTART)
    yield from _clipping(experiment)


def _clipping(experiment: Experiment) -> Iterator[Cure]:
    rate = experiment.training.learning_rate
    if experiment.training.optimizer in ADAPTIVE:
        yield Cure(
            f"clipping at {TIGHT_CLIP:g}",
            "the steps keep the size of the rate, but no single wild gradient decides the next "
            "ones alone.",
            How.RESTART,
            (("training.clip_norm", TIGHT_CLIP),),
        )
        return
    yield Cure(
        f"clipping at {TIGHT_CLIP:g}",
        f"at a rate of {rate:g} no step along the gradient is then longer than "
        f"{rate * TIGHT_CLIP:.2g}.",
        How.RESTART,
        (("training.clip_norm", TIGHT_CLIP),),
    )
    yield Cure(
        f"clipping at {ADVISED_CLIP:g}",
        f"steps of up to {rate * ADVISED_CLIP:.2g} are still too long: clipping helps only where "
        "it is tight.",
        How.RESTART,
        (("training.clip_norm", ADVISED_CLIP),),
        works=False,
    )


def divergence(patient: Patient) -> Iterator[Cure]:
    """The loss runs away, from a start that was not sound: the start comes first."""
    experiment = patient.experiment
    if not experiment.data.standardize:
        yield _standardize(patient)
    yield from standardized_targets(patient)
    yield from (each for each in exploding_gradient(patient) if each.works)
    yield from learning_rate_too_large(patient)


def learning_rate_too_small(patient: Patient) -> Iterator[Cure]:
    """All steps together promise too little."""
    if unsound_start(patient):
        yield from sound_networks(patient)
    yield from standardized_targets(patient)
    higher = _higher_rate(patient)
    yield _rate(patient, higher, How.RESTART, _unclipped(patient))
    yield _rate(patient, higher, How.IN_PLACE, _unclipped(patient))
    changes: Changes = {"training.optimizer": "adam"}
    changes |= with_rate(usual_rate(patient.experiment, changes))
    yield Cure(
        "Adam",
        f"its steps have the size of the rate, {changes['training.learning_rate']:g}, however "
        "small the gradient is.",
        How.RESTART,
        tuple(changes.items()),
    )
    little = patient.experiment.training.learning_rate * HARDLY
    if little < higher / HARDLY:
        yield Cure(
            f"learning rate x {HARDLY:g}",
            f"{_promised(patient, HARDLY)}still too little.",
            How.IN_PLACE,
            tuple(with_rate(little).items()),
            works=False,
        )


def dying_relu(patient: Patient) -> Iterator[Cure]:
    """ReLU units that no input reaches any more, or that none ever reached."""
    experiment = patient.experiment
    rate = experiment.training.learning_rate
    born = patient.evidence("dead_share_at_start")
    if not isfinite(born):
        born = patient.evidence("silent_share_at_start")
    # A negative bias kills no fewer units for being found dead a few steps later.
    born_dead = (isfinite(born) and born > BORN_DEAD) or experiment.network.bias < 0.0
    sound = own_initialization("relu")
    lower = with_rate(_lower_rate(patient))
    if born_dead:
        yield Cure(
            "He, with biases of 0",
            (f"{born:.0%} of a layer gave nothing at the first step; " if isfinite(born) else "")
            + "around 0 half of the inputs reach a unit.",
            How.RESTART,
            tuple(with_usual_rate(experiment, sound).items()),
        )
    else:
        yield Cure(
            f"learning rate {lower['training.learning_rate']:g}",
            f"a step of a rate of {rate:g} is as large as the weights and pushes units out of "
            "reach of every input; a smaller one cannot.",
            How.RESTART,
            tuple((lower | sound).items()),
        )
    yield Cure(
        "batch normalization",
        "z has mean 0 in every unit, whatever the weights and biases below: half of the inputs "
        "reach it.",
        How.RESTART,
        tuple(with_usual_rate(experiment, {"network.normalization": "batch"} | sound).items()),
    )
    if born_dead:
        yield Cure(
            "revive dead units",
            "dead units get new weights and a bias of 0, the others stay as they are.",
            How.IN_PLACE,
            intervention="revive",
        )
    else:
        yield Cure(
            f"revive, and learning rate {lower['training.learning_rate']:g}",
            "dead units get new weights, and steps that do not kill them again.",
            How.IN_PLACE,
            tuple(lower.items()),
            intervention="revive",
        )
        yield Cure(
            "revive dead units",
            f"dead units get new weights, and at a rate of {rate:g} die again.",
            How.IN_PLACE,
            intervention="revive",
            works=False,
        )
    yield Cure(
        "leaky ReLU at the same rate",
        "no unit is dead then, and the loss stays bad: it cures the symptom and leaves what "
        "killed the units.",
        How.RESTART,
        (("network.activation", "leaky_relu"),),
        works=False,
    )
    if born_dead:
        yield Cure(
            "learning rate x 20",
            "a dead unit's gradient is exactly zero, and twenty times zero is zero.",
            How.IN_PLACE,
            tuple(with_rate(min(rate * 20.0, HIGHEST_RATE)).items()),
            works=False,
        )


def _standardize(patient: Patient) -> Cure:
    return Cure(
        "standardized inputs",
        "each input gets mean 0 and standard deviation 1, the scale that initial weights are "
        "made for.",
        How.RESTART,
        tuple(with_usual_rate(patient.experiment, {"data.standardize": True}).items()),
    )


def _rate(patient: Patient, rate: float, how: How, changes: Changes | None = None) -> Cure:
    before = patient.experiment.training.learning_rate
    return Cure(
        f"learning rate {rate:g}",
        f"{rate:g} suits {patient.experiment.training.optimizer} in a network of this size; it "
        f"was {before:g}.",
        how,
        tuple((with_rate(rate) | (changes or {})).items()),
    )


def _lower_rate(patient: Patient) -> float:
    experiment = patient.experiment
    usual, highest = usual_rate(experiment), max(rates_given(experiment))
    training = experiment.training
    if training.optimizer not in ADAPTIVE and not LOSSES[training.loss].from_logits:
        usual = one_digit(usual / 2.0)  # it has burst once: the cautious end of what is usual
    if rate_too_high(experiment) or not highest:
        return usual
    return min(usual, one_digit(highest / STEP_DOWN))


def _higher_rate(patient: Patient) -> float:
    usual, rate = usual_rate(patient.experiment), patient.experiment.training.learning_rate
    return usual if usual >= STEP_UP * rate else one_digit(min(STEP_UP * rate, HIGHEST_RATE))


def _unclipped(patient: Patient) -> Changes:
    clipped = 0.0 < patient.experiment.training.clip_norm < TIGHT_CLIP
    return {"training.clip_norm": 0.0} if clipped else {}


def _promised(patient: Patient, factor: float) -> str:
    promised = patient.evidence("promised_loss")
    if not isfinite(promised):
        return ""
    return f"all steps together then promise {promised * factor:.2g} times knowing nothing, "
