"""JAX: the whole step, batch, loss, gradient and update, compiled into one call."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from .workloads import Exercise

ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class JaxJit:
    """A step under ``jax.jit``; XLA gets one thread where it is loaded here for the first time.

    Args:
        exercise: what to train.
    """

    def __init__(self, exercise: Exercise) -> None:
        os.environ.setdefault("XLA_FLAGS", ONE_THREAD)
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        self._jax: Any = import_module("jax")
        self._wide = exercise.dtype == "float64"
        self._batches = exercise.batches()
        with self._jax.enable_x64(self._wide):
            put = self._jax.numpy.array  # copies: what is donated must not be shared
            self._X, self._Y = put(exercise.X), put(exercise.targets())
            weights = [(put(W), put(b)) for W, b in exercise.weights]
            moments = [self._jax.tree.map(self._jax.numpy.zeros_like, weights) for _ in range(2)]
            # Nothing that the optimizer does not use: every array of a call costs.
            adam = exercise.workload.optimizer == "adam"
            self._state = (weights, *moments, put(0)) if adam else (weights,)
            self._loss_of, step = _functions(self._jax, exercise)
            self._step = self._jax.jit(step, donate_argnums=0)

    def advance(self, steps: int) -> int:
        """Train so many steps, each on the next mini-batch, and wait for the last."""
        with self._jax.enable_x64(self._wide):
            for _ in range(steps):
                self._state = self._step(self._state, self._X, self._Y, self._batches.draw())
            self._jax.block_until_ready(self._state)
        return steps

    def loss(self) -> float:
        """The loss of all rows."""
        with self._jax.enable_x64(self._wide):
            return float(self._loss_of(self._state[0], self._X, self._Y))


def _functions(jax: Any, exercise: Exercise) -> tuple[Any, Any]:
    """``loss(weights, X, Y)`` and ``step(state, X, Y, rows) -> state`` of all rows X and Y."""
    workload, jnp = exercise.workload, jax.numpy
    activation = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu, "tanh": jnp.tanh}
    f, rate, binary = activation[workload.activation], workload.learning_rate, workload.outputs == 1

    def loss(weights: Any, X: Any, Y: Any) -> Any:
        *hidden, (W_last, b_last) = weights
        for W, b in hidden:
            X = f(X @ W + b)
        z = X @ W_last + b_last
        if binary:
            return (jax.nn.softplus(z) - Y * z).mean()
        return -(Y * jax.nn.log_softmax(z)).sum(axis=1).mean()

    def sgd(state: Any, gradients: Any) -> Any:
        return (jax.tree.map(lambda w, g: w - rate * g, state[0], gradients),)

    def adam(state: Any, gradients: Any) -> Any:
        weights, mean, square, t = state
        t = t + 1
        mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, mean, gradients)
        square = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, square, gradients)
        of_mean, of_square = 1 - BETA1**t, 1 - BETA2**t
        weights = jax.tree.map(
            lambda w, m, v: w - rate * (m / of_mean) / (jnp.sqrt(v / of_square) + EPSILON),
            weights,
            mean,
            square,
        )
        return weights, mean, square, t

    update = {"sgd": sgd, "adam": adam}[workload.optimizer]

    def step(state: Any, X: Any, Y: Any, rows: Any) -> Any:
        return update(state, jax.grad(loss)(state[0], X[rows], Y[rows]))

    return loss, step
