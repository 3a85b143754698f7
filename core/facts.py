"""What the diagnosis must know of a run besides its records, taken before the first step."""

from __future__ import annotations

import numpy as np

from . import losses
from .data import PreparedData
from .experiment import Experiment
from .findings import Facts, InputFacts, units_identical
from .network import Network
from .record import Array

INPUT_ROWS = 4096
"""Training rows that the inputs are judged by; they come shuffled."""


def facts_before_training(
    experiment: Experiment, data: PreparedData, network: Network, probe_rows: Array, steps: int
) -> Facts:
    """The facts of a run that is about to start.

    Args:
        experiment: what is trained.
        data: prepared as the network sees it.
        network: at its initial weights.
        probe_rows: inputs of the fixed probe set, ``(rows, inputs)``.
        steps: steps planned.
    """
    training = experiment.training
    task, classes = data.task, len(data.classes)
    targets = losses.encode_targets(data.y_train, task, classes, training.loss, np.float64)
    with np.errstate(all="ignore"):
        first = network.forward(probe_rows, training=True).layers[0]
    return Facts(
        steps_planned=steps,
        baseline=losses.baseline(training.loss, targets),
        inputs=InputFacts.of(data.X_train[:INPUT_ROWS]),
        symmetric=len(network.plans) > 1 and units_identical(first.z),
        batch_normalized=experiment.network.normalization == "batch",
    )
