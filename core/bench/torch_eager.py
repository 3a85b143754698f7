"""PyTorch as most people write it: ``nn.Sequential``, a loss, an optimizer, one thread."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from .workloads import Exercise

ACTIVATIONS = {"sigmoid": "Sigmoid", "relu": "ReLU", "tanh": "Tanh"}
OPTIMIZERS = {"sgd": "SGD", "adam": "Adam"}


class TorchEager:
    """A ``Sequential`` and its optimizer; PyTorch is set to one thread for the whole process.

    Args:
        exercise: what to train.
        fused: the optimizer in one call for all parameters.
    """

    def __init__(self, exercise: Exercise, *, fused: bool = False) -> None:
        torch: Any = import_module("torch")
        torch.set_num_threads(1)
        workload, nn = exercise.workload, torch.nn
        activation = getattr(nn, ACTIVATIONS[workload.activation])
        modules: list[Any] = []
        for W, b in exercise.weights:
            # Its weights are (fan_out, fan_in).
            linear = nn.Linear(*W.shape, dtype=getattr(torch, exercise.dtype))
            linear.weight.data = torch.from_numpy(np.ascontiguousarray(W.T))
            linear.bias.data = torch.from_numpy(b.copy())
            modules += [linear, activation()]
        self._torch = torch
        self._model = nn.Sequential(*modules[:-1])
        binary = workload.outputs == 1
        self._criterion = nn.BCEWithLogitsLoss() if binary else nn.CrossEntropyLoss()
        self._optimizer = getattr(torch.optim, OPTIMIZERS[workload.optimizer])(
            self._model.parameters(),
            lr=workload.learning_rate,
            **({"fused": True} if fused else {}),
        )
        self._X = torch.from_numpy(exercise.X)
        self._y = torch.from_numpy(exercise.targets() if binary else exercise.y)
        self._batches = exercise.batches()

    def advance(self, steps: int) -> int:
        """Train so many steps, each on the next mini-batch."""
        for _ in range(steps):
            rows = self._torch.from_numpy(self._batches.draw())
            self._optimizer.zero_grad()
            outputs = self._model(self._X.index_select(0, rows))
            self._criterion(outputs, self._y.index_select(0, rows)).backward()
            self._optimizer.step()
        return steps

    def loss(self) -> float:
        """The loss of all rows."""
        with self._torch.no_grad():
            return float(self._criterion(self._model(self._X), self._y))
