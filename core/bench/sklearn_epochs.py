"""scikit-learn's ``MLPClassifier``, fed whole epochs: the fastest way to have it train on."""

from __future__ import annotations

from importlib import import_module
from math import ceil
from typing import Any

import numpy as np

from .workloads import Exercise

ACTIVATIONS = {"sigmoid": "logistic", "relu": "relu", "tanh": "tanh"}


class SklearnEpochs:
    """A classifier under ``partial_fit``; it draws its own weights and shuffles for itself.

    Args:
        exercise: what to train.
    """

    def __init__(self, exercise: Exercise) -> None:
        network: Any = import_module("sklearn.neural_network")
        workload = exercise.workload
        self._model = network.MLPClassifier(
            workload.hidden,
            activation=ACTIVATIONS[workload.activation],
            solver=workload.optimizer,
            alpha=0.0,
            batch_size=workload.batch,
            learning_rate_init=workload.learning_rate,
            momentum=0.0,
            random_state=exercise.seed,
        )
        self._X, self._y = exercise.X, exercise.y
        self._classes = np.unique(exercise.y)
        self._epoch = len(exercise.X) // workload.batch

    def advance(self, steps: int) -> int:
        """Train as many whole epochs as hold so many steps; the steps that they are."""
        epochs = ceil(steps / self._epoch)
        for _ in range(epochs):
            self._model.partial_fit(self._X, self._y, classes=self._classes)
        return epochs * self._epoch

    def loss(self) -> None:
        """None: it cannot start from given weights, so that its loss is another one."""
