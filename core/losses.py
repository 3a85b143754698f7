"""Losses: how wrong the outputs are, and the gradient of that, side by side.

The table ``LOSSES`` at the end is the whole list. Every loss is a mean over the batch, so its
gradient carries the factor 1 / batch. Infinite outputs give inf or NaN and no warning.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .errors import InputError
from .norm import norm
from .record import Array
from .task import Task

Targets = NDArray[Any]
"""What a loss compares outputs with: integer labels or numbers; ``encode_targets`` makes them."""


class TargetForm(Enum):
    """What a loss takes for targets, and how wide the output layer then is."""

    LABELS = "integer labels (batch,) for outputs (batch, classes)"
    BINARY = "0 or 1 (batch, 1) for outputs (batch, 1)"
    NUMBERS = "numbers of the shape of the outputs; of classes, one column each, or one of two"


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss: value, gradient and what is known about it."""

    name: str
    formula: Callable[[Array, Targets], tuple[Any, Array]]
    """What ``evaluate`` computes, of shapes that fit; the loss as NumPy's sums give it."""
    targets: TargetForm
    from_logits: bool
    """Outputs are logits: the output activation must be the identity."""
    probabilities: Callable[[Array], Array]
    """Outputs -> what a person calls the prediction: probabilities, or the outputs as they are."""
    baseline: Callable[[Targets], float]
    """Encoded targets -> the least loss that one constant output for all rows can have."""

    def evaluate(self, outputs: Array, targets: Targets) -> tuple[float, Array]:
        """The loss, and its gradient ``doutputs`` of the shape and type of ``outputs``.

        Raises:
            ValueError: a shape does not fit the loss.
        """
        labels = self.targets is TargetForm.LABELS and targets.ndim == 1
        _check(outputs, targets, (len(outputs),) if labels else outputs.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            loss, doutputs = self.formula(outputs, targets)
        return float(loss), doutputs


def _cross_entropy(outputs: Array, targets: Targets) -> tuple[Any, Array]:
    """-sum_k t_k log softmax(outputs)_k, where ``targets`` are labels or rows of weights t.

    Labels are integers (batch,) in 0 .. classes - 1, which is not checked here; weights (batch,
    classes) are one-hot rows or probabilities.
    """
    batch = len(outputs)
    logits = outputs - outputs.max(axis=1, keepdims=True)  # exp() of these cannot overflow
    probability = np.exp(logits)
    total = probability.sum(axis=1, keepdims=True)
    probability /= total
    surprise = np.log(total) - logits  # -log(probability)
    doutputs = probability
    if targets.ndim == 1:
        rows = np.arange(batch)
        loss = surprise[rows, targets].sum() / batch
        doutputs[rows, targets] -= 1
    else:
        loss = (targets * surprise).sum() / batch
        doutputs *= targets.sum(axis=1, keepdims=True)
        doutputs -= targets
    doutputs /= batch
    return loss, doutputs


def _binary_cross_entropy(outputs: Array, targets: Targets) -> tuple[Any, Array]:
    """-t log p - (1 - t) log(1 - p) with p = sigmoid(output), targets t in [0, 1]."""
    log1p = np.log1p(np.exp(-np.abs(outputs)))  # which cannot overflow
    loss = (np.maximum(outputs, 0) - targets * outputs + log1p).sum() / outputs.size
    probability = 1 / (1 + np.exp(-outputs))  # 1 / inf = 0 is right far below 0
    doutputs = np.subtract(probability, targets, dtype=outputs.dtype)
    doutputs /= outputs.size
    return loss, doutputs


def _mse(outputs: Array, targets: Targets) -> tuple[Any, Array]:
    """(output - target)^2, averaged over rows and outputs alike: ``torch.nn.MSELoss``."""
    error = np.subtract(outputs, targets, dtype=outputs.dtype)
    loss = (error * error).sum() / error.size
    error *= 2 / error.size
    return loss, error


def _half_mse(outputs: Array, targets: Targets) -> tuple[Any, Array]:
    """(output - target)^2 / 2, summed over outputs and averaged over rows: the textbooks' loss."""
    error = np.subtract(outputs, targets, dtype=outputs.dtype)
    loss = (error * error).sum() / (2 * len(error))
    error /= len(error)
    return loss, error


def _check(outputs: Array, targets: Targets, expected: tuple[int, ...]) -> None:
    if outputs.ndim != 2 or not outputs.size:
        raise ValueError(
            f"outputs: expected shape (batch, outputs), not empty; got {outputs.shape}"
        )
    if targets.shape != expected:
        raise ValueError(f"targets: expected shape {expected}; got {targets.shape}")


def _softmax(outputs: Array) -> Array:
    e = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    shares: Array = e / e.sum(axis=1, keepdims=True)
    return shares


def _sigmoid(outputs: Array) -> Array:
    return np.exp(-np.logaddexp(0, -outputs))


def _unchanged(outputs: Array) -> Array:
    return outputs


def _entropy(shares: NDArray[np.float64]) -> float:
    some = shares[shares > 0]
    return float((some * np.log(some.sum() / some)).sum())


def _label_entropy(targets: Targets) -> float:
    if targets.ndim == 1:
        return _entropy(np.bincount(targets) / len(targets))
    return _entropy(targets.mean(axis=0, dtype=np.float64))


def _binary_entropy(targets: Targets) -> float:
    share = targets.mean(dtype=np.float64)
    return _entropy(np.array([share, 1 - share]))


def _variance(targets: Targets) -> float:
    return float(targets.var(axis=0, dtype=np.float64).mean())


def _half_variance(targets: Targets) -> float:
    return float(targets.var(axis=0, dtype=np.float64).sum()) / 2


LOSSES: dict[str, Loss] = {
    "cross_entropy": Loss(
        "cross_entropy",
        formula=_cross_entropy,
        targets=TargetForm.LABELS,
        from_logits=True,
        probabilities=_softmax,
        baseline=_label_entropy,
    ),
    "binary_cross_entropy": Loss(
        "binary_cross_entropy",
        formula=_binary_cross_entropy,
        targets=TargetForm.BINARY,
        from_logits=True,
        probabilities=_sigmoid,
        baseline=_binary_entropy,
    ),
    "mse": Loss(
        "mse",
        formula=_mse,
        targets=TargetForm.NUMBERS,
        from_logits=False,
        probabilities=_unchanged,
        baseline=_variance,
    ),
    "half_mse": Loss(
        "half_mse",
        formula=_half_mse,
        targets=TargetForm.NUMBERS,
        from_logits=False,
        probabilities=_unchanged,
        baseline=_half_variance,
    ),
}


def _fits(loss: Loss, task: Task, n_classes: int) -> bool:
    if task is Task.REGRESSION:
        return loss.targets is TargetForm.NUMBERS
    return loss.targets is not TargetForm.BINARY or n_classes == 2


def _require_fit(task: Task, n_classes: int, loss_name: str) -> None:
    if _fits(LOSSES[loss_name], task, n_classes):
        return
    data = "numbers" if task is Task.REGRESSION else f"{n_classes} classes"
    needed = "two classes" if LOSSES[loss_name].targets is TargetForm.BINARY else "classes"
    allowed = ", ".join(name for name, loss in LOSSES.items() if _fits(loss, task, n_classes))
    raise InputError(
        f"training.loss: {loss_name} is for {needed}, and the targets are {data}; "
        f"allowed: {allowed}"
    )


def output_width(task: Task, n_classes: int, n_targets: int, loss: str) -> int:
    """How many outputs the network needs for this task under the loss of that name.

    Raises:
        InputError: the targets do not fit the loss.
    """
    _require_fit(task, n_classes, loss)
    if task is Task.REGRESSION:
        return n_targets
    if LOSSES[loss].targets is TargetForm.LABELS:
        return n_classes
    return 1 if n_classes == 2 else n_classes


def encode_targets(
    y: NDArray[Any], task: Task, n_classes: int, loss_name: str, dtype: DTypeLike
) -> Targets:
    """Labels (n,) or regression targets (n, targets) -> what the loss of that name compares with.

    Raises:
        InputError: the targets do not fit the loss.
        ValueError: labels that are no integers 0 .. n_classes - 1, or not of shape (n,).
    """
    _require_fit(task, n_classes, loss_name)
    y = np.asarray(y)
    if task is Task.REGRESSION:
        return (y[:, np.newaxis] if y.ndim == 1 else y).astype(dtype)
    labels = _labels(y, len(y))
    if labels.size and not 0 <= labels.min() <= labels.max() < n_classes:
        raise ValueError(
            f"labels: expected 0 .. {n_classes - 1}; got {labels.min()} .. {labels.max()}"
        )
    if LOSSES[loss_name].targets is TargetForm.LABELS:
        return labels
    if n_classes == 2:
        return labels[:, np.newaxis].astype(dtype)
    one_hot: Targets = (labels[:, np.newaxis] == np.arange(n_classes)).astype(dtype)
    return one_hot


def _labels(y: NDArray[Any], rows: int) -> NDArray[np.intp]:
    if y.shape != (rows,) or y.dtype.kind not in "iub":
        raise ValueError(f"labels: expected integers of shape ({rows},); got {y.dtype} {y.shape}")
    return y.astype(np.intp, copy=False)


def accuracy(outputs: Array, y_labels: NDArray[Any], loss_name: str) -> float:
    """Share of the rows whose class the outputs name; a row with a NaN names none.

    The class is that of the largest output (the first of several), and with one output class 1
    where its probability is above one half. NaN for targets of regression: they have no classes.

    Raises:
        ValueError: no rows, or labels not of shape (rows,).
    """
    if y_labels.dtype.kind == "f":
        return math.nan
    labels = _labels(y_labels, len(outputs))
    _check(outputs, labels, (len(outputs),))
    loss = LOSSES[loss_name]
    if outputs.shape[1] == 1 and loss.targets is not TargetForm.LABELS:
        right = (outputs[:, 0] > (0 if loss.from_logits else 0.5)) == labels
    else:
        right = outputs.argmax(axis=1) == labels
    if math.isnan(norm(outputs)):
        right &= ~np.isnan(outputs).any(axis=1)
    return np.count_nonzero(right) / len(right)


def probabilities(outputs: Array, loss_name: str) -> Array:
    """What a person calls the prediction: softmax or sigmoid of logits, other outputs unchanged."""
    with np.errstate(over="ignore", invalid="ignore"):
        return LOSSES[loss_name].probabilities(outputs)


def baseline(loss_name: str, encoded_targets: Targets) -> float:
    """The loss of knowing nothing but the targets' frequencies: of the best constant output.

    The entropy of the labels in nats, or the variance of the targets scaled as the loss is; 0 where
    all targets are the same.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return LOSSES[loss_name].baseline(encoded_targets)


SAME_UNIT = 0.1
"""Losses of knowing nothing that differ by no more than this share are one unit: the rows that are
held out differ from seed to seed."""


def units_differ(kinds: Sequence[tuple[str, float]]) -> bool:
    """Whether losses are of different kinds or of different data, so that each has its own unit.

    Args:
        kinds: the name of each loss and its baseline; where one is not known there are no units.
    """
    baselines = [baseline for _, baseline in kinds]
    if not all(math.isfinite(value) and value > 0 for value in baselines):
        return False
    if len({name for name, _ in kinds}) > 1:
        return True
    return not all(math.isclose(baselines[0], value, rel_tol=SAME_UNIT) for value in baselines)
