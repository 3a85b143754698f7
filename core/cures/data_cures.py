"""Cures for what the data does: inputs of a wrong scale, too few rows for too large a network."""

from __future__ import annotations

from collections.abc import Iterator

from ..losses import LOSSES, TargetForm
from .cure import Cure, How, Patient
from .signal_cures import ADVISED_CLIP, GENERATED, sound_networks, unsound_start
from .sound import (
    Changes,
    own_initialization,
    rate_too_high,
    usual_rate,
    with_rate,
    with_usual_rate,
)

ALL_ROWS = 0
MORE_ROWS = 10
PATIENCE = 3
"""Evaluations without a better validation loss that early stopping waits for."""
LEARNED = 0.5
"""Of knowing nothing: a training loss below this has been learned; above, the rate may be wrong."""
LEAST_VARIANCE, MOST_VARIANCE = 1e-3, 10.0
"""Of numbers to predict, which is the loss of knowing nothing; that of classes in columns of 0 and
1 lies within. Beyond it the unit is to blame."""
OF_ONES_OWN = ("csv", "npz", "inline")
"""Sources whose numbers may have any unit."""
DECAY = 0.01
VALIDATION = 0.25
DROPOUT = 0.3


def standardized_targets(patient: Patient) -> Iterator[Cure]:
    """Numbers to predict that are far from 1 in size: the error signal has their unit."""
    data, facts = patient.experiment.data, patient.facts
    if facts is None or data.source not in OF_ONES_OWN or data.standardize_targets:
        return
    predicts = LOSSES[patient.experiment.training.loss].targets is TargetForm.NUMBERS
    usual = LEAST_VARIANCE <= facts.baseline <= MOST_VARIANCE
    if usual or not predicts or patient.experiment.network.output_activation != "identity":
        return
    yield Cure(
        "standardized targets",
        f"knowing nothing costs {facts.baseline:.2g}: the targets are not of the size that outputs "
        "have at first; standardized each has mean 0 and standard deviation 1, the scale that "
        "initial weights and usual rates are made for.",
        How.RESTART,
        tuple(with_usual_rate(patient.experiment, {"data.standardize_targets": True}).items()),
    )


def unnormalized_inputs(patient: Patient) -> Iterator[Cure]:
    """Inputs far from mean 0 and standard deviation 1."""
    experiment = patient.experiment
    rms = patient.evidence("rms")
    changes: Changes = {"data.standardize": True}
    yield Cure(
        "standardized inputs",
        f"their rms is {rms:.3g}; standardized each input has mean 0 and standard deviation 1, "
        "the scale that initial weights are made for.",
        How.RESTART,
        tuple(with_usual_rate(experiment, changes).items()),
    )
    changes = {"network.normalization": "batch"}
    yield Cure(
        "batch normalization",
        "it divides z by its own spread, and with it the scale of the inputs.",
        How.RESTART,
        tuple(with_usual_rate(experiment, changes).items()),
    )
    yield Cure(
        "learning rate / 10000",
        "a rate small enough for the largest direction of the inputs is too small for all others.",
        How.RESTART,
        tuple(with_rate(experiment.training.learning_rate / 1e4).items()),
        works=False,
    )
    yield Cure(
        f"clipping at {ADVISED_CLIP:g}",
        "it bounds the step and leaves the inputs as they are.",
        How.RESTART,
        (("training.clip_norm", ADVISED_CLIP),),
        works=False,
    )


def overfitting(patient: Patient) -> Iterator[Cure]:
    """The network learns its training rows by heart."""
    experiment = patient.experiment
    data, rows = experiment.data, experiment.data.rows
    if unsound_start(patient):
        yield from sound_networks(patient)
    learned = patient.evidence("training_in_baselines") < LEARNED
    if rate_too_high(experiment) and not learned:
        rate = usual_rate(experiment)
        yield Cure(
            f"learning rate {rate:g}",
            f"{rate:g} is usual for {experiment.training.optimizer}; at "
            f"{experiment.training.learning_rate:g} the loss on rows not seen leaps about.",
            How.RESTART,
            tuple(with_rate(rate).items()),
        )
    stopping: Changes = {"training.early_stopping": PATIENCE}
    if not data.validation:
        stopping["data.validation"] = VALIDATION
    if data.source in GENERATED or rows:
        more = MORE_ROWS * (rows or 400) if data.source in GENERATED else ALL_ROWS
        yield Cure(
            "more data and early stopping",
            "the source has more rows, and what is true of all of them cannot be learned by heart; "
            "what is left of that comes last.",
            How.RESTART,
            (("data.rows", more), *stopping.items()),
        )
        yield Cure(
            "more data",
            "the source has more rows: what is true of all of them cannot be learned by heart.",
            How.RESTART,
            (("data.rows", more),),
        )
    best = patient.evidence("best_step")
    yield Cure(
        "early stopping",
        f"the validation loss was best at step {best:.0f}; training ends {PATIENCE} evaluations "
        "after its best.",
        How.RESTART,
        tuple(stopping.items()),
    )
    yield Cure(
        f"weight decay {DECAY:g}",
        "weights that nothing needs shrink, and with them what is learned by heart.",
        How.RESTART,
        (("training.weight_decay", DECAY),),
    )
    yield Cure(
        f"dropout {DROPOUT:g}",
        "no unit can rely on another being there.",
        How.RESTART,
        (("network.dropout", DROPOUT),),
    )
    hidden = tuple(max(width // 4, 1) for width in experiment.hidden)
    narrower: Changes = (
        {"network.hidden": hidden}
        if experiment.network.hidden
        else {"network.width": max(experiment.network.width // 4, 1)}
    )
    if experiment.hidden:
        yield Cure(
            "a narrower network",
            "a quarter of the units still has more weights than there are rows.",
            How.RESTART,
            tuple((narrower | own_initialization(experiment.network.activation)).items()),
            works=False,
        )
