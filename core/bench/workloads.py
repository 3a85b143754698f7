"""The networks that are timed, and the rows, weights and batches that all contenders share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..data import PreparedData
from ..errors import InputError, allowed_values
from ..experiment import Experiment
from ..minibatches import Minibatches
from ..quoting import quoted
from ..record import Array
from ..settings import NetworkSettings, ProbeSettings, TrainingSettings
from ..task import Task
from ..trainer import Trainer

ENDLESS = 1_000_000_000
"""Steps that no benchmark reaches."""
ROWS = 4096
"""Rows in memory; a multiple of every batch size, so that all contenders cut the same batches."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A network, how it is trained and in what batches."""

    name: str
    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    activation: str
    initializer: str
    optimizer: str
    learning_rate: float
    batch: int
    gain: float = 1.0

    @property
    def loss(self) -> str:
        """Cross-entropy: of two classes for one output, else of as many classes as outputs."""
        return "binary_cross_entropy" if self.outputs == 1 else "cross_entropy"

    @property
    def about(self) -> str:
        """The workload in a few words: ``64-64x20-10 relu, batch 64, sgd``."""
        same = len(self.hidden) > 2 and len(set(self.hidden)) == 1
        hidden = [f"{self.hidden[0]}x{len(self.hidden)}"] if same else map(str, self.hidden)
        widths = "-".join((str(self.inputs), *hidden, str(self.outputs)))
        return f"{widths} {self.activation}, batch {self.batch}, {self.optimizer}"


WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload("W1", 2, (32,) * 10, 1, "sigmoid", "xavier_normal", "sgd", 0.1, 64),
        Workload("W2-SGD", 64, (64,) * 20, 10, "relu", "he_normal", "sgd", 0.01, 64),
        Workload("W2-Adam", 64, (64,) * 20, 10, "relu", "he_normal", "adam", 1e-3, 64),
        Workload("W3", 784, (512, 512), 10, "relu", "he_normal", "adam", 1e-3, 128),
        Workload("W4", 64, (64,) * 50, 10, "tanh", "xavier_normal", "sgd", 0.01, 64),
    )
}
"""Small and deep, where the calls cost; W3 where the matrix products do."""


def chosen_workloads(words: Sequence[str]) -> list[Workload]:
    """The workloads of these names, in the table's order; all of them for no names.

    ``W2`` stands for every workload that is called ``W2`` before the hyphen; case does not matter.

    Raises:
        InputError: a word names none, each on a line of its own.
    """
    names = {name.casefold(): name for name in WORKLOADS}
    chosen: set[str] = set()
    problems = []
    for word in words:
        folded = word.casefold()
        found = {name for key, name in names.items() if folded in (key, key.partition("-")[0])}
        if not found:
            problems.append(f"{quoted(word)} is no workload, {allowed_values(word, WORKLOADS)}")
        chosen |= found
    if problems:
        raise InputError(*problems)
    return [workload for name, workload in WORKLOADS.items() if name in chosen or not words]


class Exercise:
    """A workload made concrete: the same rows, initial weights and batches for every contender.

    Args:
        workload: what to train.
        dtype: ``"float32"`` or ``"float64"``.
        seed: everything random follows from it.

    Attributes:
        X: inputs, ``(rows, inputs)``.
        y: class labels, ``(rows,)``: where a fixed linear map of the inputs is largest.
    """

    def __init__(self, workload: Workload, dtype: str = "float32", seed: int = 0) -> None:
        self.workload, self.dtype, self.seed = workload, dtype, seed
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((ROWS, workload.inputs))
        scores = X @ rng.standard_normal((workload.inputs, max(workload.outputs, 2)))
        self.X: Array = X.astype(dtype)
        self.y: NDArray[np.int64] = scores.argmax(axis=1)

    def trainer(self, probes: ProbeSettings | None = None) -> Trainer:
        """A trainer of Backscope's at its first step.

        Args:
            probes: what to measure how often; None: as an experiment does that says nothing.
        """
        workload = self.workload
        experiment = Experiment(
            title=workload.about,
            seed=self.seed,
            dtype=self.dtype,
            network=NetworkSettings(
                hidden=workload.hidden,
                activation=workload.activation,
                initializer=workload.initializer,
                gain=workload.gain,
            ),
            training=TrainingSettings(
                loss=workload.loss,
                optimizer=workload.optimizer,
                learning_rate=workload.learning_rate,
                batch_size=workload.batch,
                steps=ENDLESS,
            ),
            probes=probes or ProbeSettings(),
        )
        return Trainer(experiment, data=self._data())

    @cached_property
    def weights(self) -> list[tuple[Array, Array]]:
        """The weights that training starts from, ``W (fan_in, fan_out)`` and ``b`` of each layer.

        Contenders copy them: they are shared.
        """
        return [(layer.W.copy(), layer.b.copy()) for layer in self.trainer().parameters]

    def batches(self) -> Minibatches:
        """The batches that the trainer draws, from the first one on."""
        # The third stream of a trainer's seed is that of shuffling.
        shuffle = np.random.SeedSequence(self.seed).spawn(5)[2]
        return Minibatches(len(self.X), self.workload.batch, np.random.default_rng(shuffle))

    def targets(self) -> Array:
        """What the outputs should be, ``(rows, outputs)``: 0 or 1, one-hot for several classes."""
        columns = [1] if self.workload.outputs == 1 else range(self.workload.outputs)
        targets: Array = (self.y[:, np.newaxis] == np.array(columns)).astype(self.dtype)
        return targets

    def _data(self) -> PreparedData:
        inputs = self.workload.inputs
        return PreparedData(
            X_train=self.X,
            y_train=self.y,
            X_validation=self.X[:0],
            y_validation=self.y[:0],
            mean=np.zeros(inputs),
            scale=np.ones(inputs),
            task=Task.CLASSIFICATION,
            classes=tuple(str(label) for label in range(max(self.workload.outputs, 2))),
            features=tuple(f"x{i}" for i in range(1, inputs + 1)),
        )
