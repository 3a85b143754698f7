"""Cures: from a finding to changed experiments, each with its reason, the best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..experiment import Experiment
from ..findings import Facts, Finding
from ..interventions import INTERVENTIONS
from .cure import Cure, How, Patient, cured, effective
from .data_cures import overfitting, unnormalized_inputs
from .rate_cures import (
    divergence,
    dying_relu,
    learning_rate_too_large,
    learning_rate_too_small,
)
from .signal_cures import (
    exploding_gradient,
    saturation,
    symmetric_initialization,
    vanishing_gradient,
)

__all__ = ["CURES", "Cure", "How", "Patient", "cured", "cures_for"]

CURES: dict[str, Callable[[Patient], Iterable[Cure]]] = {
    "vanishing_gradient": vanishing_gradient,
    "exploding_gradient": exploding_gradient,
    "divergence": divergence,
    "dying_relu": dying_relu,
    "saturation": saturation,
    "learning_rate_too_large": learning_rate_too_large,
    "learning_rate_too_small": learning_rate_too_small,
    "overfitting": overfitting,
    "unnormalized_inputs": unnormalized_inputs,
    "symmetric_initialization": symmetric_initialization,
}
"""By the kind of the finding: what may help the patient, the most reliable first."""


def cures_for(
    finding: Finding, experiment: Experiment, facts: Facts | None = None
) -> tuple[Cure, ...]:
    """The cures of a finding: those that work, the most reliable first, then the others.

    The others are often advised and do not work here. Each holds only such changes as change this
    experiment; of two with the same changes, applied in the same way, the first is kept. Any of
    them makes a valid experiment.

    Args:
        finding: what is wrong.
        experiment: in whose run it was found.
        facts: of that run, where they are known.
    """
    ranked: dict[tuple[object, ...], Cure] = {}
    for proposed in CURES[finding.kind](Patient(experiment, finding, facts)):
        cure = effective(proposed, experiment)
        if cure.intervention and INTERVENTIONS[cure.intervention].fault(experiment.network):
            continue
        if cure.changes or cure.intervention:
            ranked.setdefault((cure.how, cure.intervention, cure.changes), cure)
    return tuple(sorted(ranked.values(), key=lambda cure: not cure.works))
