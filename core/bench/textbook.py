"""The training step as a good book writes it: whole arrays, fresh ones, parameters in a dict.

Vectorized and honest, in the dtype that it is given, and not made slow on purpose. The form is that
of the courses and books that most people learn from (Ng, "Neural networks and deep learning";
Nielsen, "Neural networks and deep learning", chapter 2): ``forward`` fills a cache, ``backward``
reads it, slopes are functions of z, the update makes new parameters. Rows are samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .workloads import Exercise

Matrix = NDArray[Any]
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def sigmoid(z: Matrix) -> Matrix:
    """Value of the logistic function."""
    return np.asarray(1 / (1 + np.exp(-z)))


def sigmoid_slope(z: Matrix) -> Matrix:
    """Slope of the logistic function."""
    s = sigmoid(z)
    return np.asarray(s * (1 - s))


def relu(z: Matrix) -> Matrix:
    """The positive part."""
    return np.maximum(0, z)


def relu_slope(z: Matrix) -> Matrix:
    """1 where z is positive."""
    return z > 0


def tanh_slope(z: Matrix) -> Matrix:
    """Slope of the hyperbolic tangent."""
    return np.asarray(1 - np.tanh(z) ** 2)


ACTIVATIONS: dict[str, tuple[Callable[[Matrix], Matrix], Callable[[Matrix], Matrix]]] = {
    "sigmoid": (sigmoid, sigmoid_slope),
    "relu": (relu, relu_slope),
    "tanh": (np.tanh, tanh_slope),
}


class Textbook:
    """A network with its parameters in a dict, ``W1``, ``b1``, ``W2``, ...

    Args:
        exercise: what to train.
    """

    def __init__(self, exercise: Exercise) -> None:
        workload = exercise.workload
        self._X, self._Y = exercise.X, exercise.targets()
        self._batches = exercise.batches()
        self._f, self._slope = ACTIVATIONS[workload.activation]
        self._binary = workload.outputs == 1
        self._rate = workload.learning_rate
        self._update = {"sgd": self._sgd, "adam": self._adam}[workload.optimizer]
        self._layers = len(exercise.weights)
        self._parameters: dict[str, Matrix] = {}
        for i, (W, b) in enumerate(exercise.weights, start=1):
            self._parameters[f"W{i}"], self._parameters[f"b{i}"] = W.copy(), b.copy()
        self._m = {name: np.zeros_like(array) for name, array in self._parameters.items()}
        self._v = {name: np.zeros_like(array) for name, array in self._parameters.items()}
        self._t = 0

    def advance(self, steps: int) -> int:
        """Train so many steps, each on the next mini-batch."""
        for _ in range(steps):
            rows = self._batches.draw()
            X, Y = self._X[rows], self._Y[rows]
            outputs, cache = self._forward(X)
            self._loss(outputs, Y)
            self._update(self._backward(outputs, Y, cache))
        return steps

    def loss(self) -> float:
        """The loss of all rows."""
        outputs, _ = self._forward(self._X)
        return self._loss(outputs, self._Y)

    def _forward(self, X: Matrix) -> tuple[Matrix, dict[str, Matrix]]:
        """Probabilities ``(batch, outputs)``, and z and a of every layer."""
        cache = {"a0": X}
        a = X
        for i in range(1, self._layers + 1):
            z = a @ self._parameters[f"W{i}"] + self._parameters[f"b{i}"]
            a = self._f(z) if i < self._layers else self._probabilities(z)
            cache[f"z{i}"], cache[f"a{i}"] = z, a
        return a, cache

    def _probabilities(self, z: Matrix) -> Matrix:
        if self._binary:
            return sigmoid(z)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def _loss(self, p: Matrix, Y: Matrix) -> float:
        logs = Y * np.log(p)
        if self._binary:
            logs = logs + (1 - Y) * np.log(1 - p)
        return float(-logs.sum() / len(Y))

    def _backward(self, p: Matrix, Y: Matrix, cache: dict[str, Matrix]) -> dict[str, Matrix]:
        """The gradients, under the names of their parameters."""
        gradients = {}
        delta = (p - Y) / len(Y)  # of cross-entropy and softmax or sigmoid together
        for i in range(self._layers, 0, -1):
            gradients[f"W{i}"] = cache[f"a{i - 1}"].T @ delta
            gradients[f"b{i}"] = delta.sum(axis=0)
            if i > 1:
                delta = (delta @ self._parameters[f"W{i}"].T) * self._slope(cache[f"z{i - 1}"])
        return gradients

    def _sgd(self, gradients: dict[str, Matrix]) -> None:
        for name, gradient in gradients.items():
            self._parameters[name] = self._parameters[name] - self._rate * gradient

    def _adam(self, gradients: dict[str, Matrix]) -> None:
        self._t += 1
        for name, gradient in gradients.items():
            self._m[name] = BETA1 * self._m[name] + (1 - BETA1) * gradient
            self._v[name] = BETA2 * self._v[name] + (1 - BETA2) * gradient**2
            m = self._m[name] / (1 - BETA1**self._t)
            v = self._v[name] / (1 - BETA2**self._t)
            self._parameters[name] = self._parameters[name] - self._rate * m / (
                np.sqrt(v) + EPSILON
            )
