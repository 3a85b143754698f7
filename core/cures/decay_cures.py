"""The cure for weight decay that takes more of the weights than the gradients give back."""

from __future__ import annotations

from collections.abc import Iterator
from math import e, isfinite, log10, nan

from ..settings import TrainingSettings
from .cure import Cure, How, Patient
from .sound import WITH_MOMENTUM

SHRUNK_DECADES = 1.0
"""Decay is to blame where it alone has taken so much of the error signal by the time that this was
found lost: half of what the finding takes."""
DECOUPLED = ("adamw",)
STRONG_DECAY = 0.01
"""Added to the gradients of an adaptive optimizer, which divides by their size, decay has no size
of its own; from here on it is as large as the gradients of a network that learns."""


def without_weight_decay(patient: Patient) -> Iterator[Cure]:
    """No weight decay, where that has made a signal vanish which was there at the start."""
    training, sound = patient.experiment.training, patient.evidence("ratio_log10_at_start")
    if not (training.weight_decay and sound > patient.evidence("threshold")):
        return
    taken = share_taken(training)
    if isfinite(taken):
        layers = patient.evidence("last_layer") - patient.evidence("first_layer")
        shrunk = layers * taken * patient.finding.since_step * log10(e)
        if not shrunk >= SHRUNK_DECADES:
            return
        why = f"takes {100 * taken:.2g}% of every weight at each step, whatever the gradients say"
    elif training.weight_decay < STRONG_DECAY:
        return
    else:
        why = "outweighs the gradients"
    yield Cure(
        "no weight decay",
        f"decay of {training.weight_decay:g} {why}: the weights shrink, and with them the factor "
        "per layer, which was sound at the first step.",
        How.RESTART,
        (("training.weight_decay", 0.0),),
    )


def share_taken(training: TrainingSettings) -> float:
    """The share of every weight that decay takes at each step; NaN where that has no size.

    Of momentum to first order: so much of each step is still under way that it adds up.
    """
    share = training.learning_rate * training.weight_decay
    if training.optimizer in ("sgd", *DECOUPLED):
        return share
    if training.optimizer in WITH_MOMENTUM:
        return share / max(1.0 - training.momentum, share)
    return nan
