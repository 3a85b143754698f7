"""Theory against measurement: the error signal of the first step, predicted and as it was."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .experiment import Experiment
from .mean_field import Prediction, predicted_signal
from .record import LayerInfo, Row
from .trainer import Trainer

SEEDS = 5
"""Networks that are drawn: one alone strays from the mean by as much as its width allows."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What mean-field theory says of an experiment's first step, and what was measured there."""

    layers: tuple[LayerInfo, ...]
    prediction: Prediction
    measured: Row
    """log10 of each layer's error signal over the last one's, the median over the seeds."""
    seeds: tuple[int, ...]


def compare_with_theory(experiment: Experiment, seeds: int = SEEDS) -> Comparison:
    """Predict the error signal at initialization, and measure it in networks of several seeds.

    All of them see the data of the experiment's own seed.

    Raises:
        InputError: the experiment's data cannot be read, or does not fit.
    """
    trainer = Trainer(experiment)
    numbers = tuple(experiment.seed + i for i in range(seeds))
    others = (Trainer(replace(experiment, seed=seed), trainer.data) for seed in numbers[1:])
    profiles = [_first_profile(each) for each in (trainer, *others)]
    layers = trainer.layout.layers
    return Comparison(
        layers=layers,
        prediction=predicted_signal(experiment.network, layers, trainer.facts.inputs),
        measured=np.median(profiles, axis=0),
        seeds=numbers,
    )


def _first_profile(trainer: Trainer) -> Row:
    """log10 of each layer's error signal at the first step, over the last layer's."""
    signal = next(trainer.steps()).error_signal
    with np.errstate(all="ignore"):
        profile: Row = np.log10(signal) - np.log10(signal[-1])
    return profile
