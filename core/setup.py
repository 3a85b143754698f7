"""What follows from an experiment before its first step: data, network, batches, random streams."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import losses
from .data import PreparedData, prepare
from .experiment import Experiment, told_by_origin
from .experiment.shape_rules import require_fit
from .fast.step import with_ones
from .minibatches import Minibatches
from .network import Network
from .record import Array

STREAMS = ("data", "weights", "shuffle", "dropout", "probe set")
"""One random stream per purpose: what one of them draws never shifts another."""
INTERVENTIONS_STREAM = len(STREAMS)
"""The next one: that of changes of the running network."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that training starts with."""

    data: PreparedData
    X: Array
    """All training inputs with a column of ones, ``(n, inputs + 1)``; ``data`` has views of it."""
    targets: NDArray[Any]
    """Those of the training rows, as the loss wants them."""
    validation_targets: NDArray[Any]
    network: Network
    minibatches: Minibatches
    probe_rows: Array
    """Inputs of the fixed probe set, ``(rows, inputs)``."""
    steps_planned: int
    generators: dict[str, np.random.Generator]
    """Those that go on being drawn from while training: shuffle and dropout."""
    mask_seed: np.random.SeedSequence
    """Of the dropout masks of a batch that is only looked at."""


def set_up(experiment: Experiment, data: PreparedData | None = None) -> Setup:
    """Prepare the data (unless they are given), draw the weights, choose the probe set.

    Raises:
        InputError: the data cannot be read, or does not fit the loss.
    """
    seeds = dict(zip(STREAMS, np.random.SeedSequence(experiment.seed).spawn(5), strict=True))
    draw = {purpose: np.random.default_rng(seed) for purpose, seed in seeds.items()}
    training = experiment.training
    with told_by_origin(experiment):
        data = data or prepare(
            experiment.data,
            draw["data"],
            experiment.folder,
            experiment.dtype,
            losses.LOSSES[training.loss].from_logits,
        )
        inputs, outputs = data.X_train.shape[1], _output_width(data, training.loss)
        require_fit(experiment.network, inputs, outputs, experiment.dtype)
    network = Network(
        experiment.network, experiment.hidden, inputs, outputs, draw["weights"], experiment.dtype
    )
    X = with_ones(data.X_train)
    data = replace(data, X_train=X[:, :-1])  # one copy of them is enough
    rows = len(X)
    minibatches = Minibatches(rows, training.batch_size, draw["shuffle"])
    drawn = draw["probe set"].permutation(rows)[: experiment.probes.dead_rows]

    def encoded(y: NDArray[Any]) -> NDArray[Any]:
        return losses.encode_targets(y, data.task, len(data.classes), training.loss, network.dtype)

    return Setup(
        data=data,
        X=X,
        targets=encoded(data.y_train),
        validation_targets=encoded(data.y_validation),
        network=network,
        minibatches=minibatches,
        probe_rows=data.X_train[np.sort(drawn)],
        steps_planned=training.steps or ceil(training.epochs * rows / minibatches.size),
        generators={purpose: draw[purpose] for purpose in ("shuffle", "dropout")},
        mask_seed=seeds["dropout"],
    )


def _output_width(data: PreparedData, loss: str) -> int:
    y = data.y_train
    targets = y.shape[1] if y.ndim == 2 else 1
    return losses.output_width(data.task, len(data.classes), targets, loss)
