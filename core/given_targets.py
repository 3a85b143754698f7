"""Targets as a person may give them, made into what a loss compares outputs with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .losses import LOSSES, TargetForm, Targets, encode_targets
from .task import Task


def targets_given(
    y: NDArray[Any], rows: int, outputs: int, n_classes: int, loss_name: str, dtype: DTypeLike
) -> Targets:
    """Labels, or a column for each output or class, for that many rows.

    Args:
        y: ``(rows,)`` or ``(rows, outputs)``; of classes also labels ``(rows, 1)`` and a column for
            each class, of which the second says all where there is one output for two classes.
        rows: rows of the inputs.
        outputs: of the network.
        n_classes: 0 for regression.
        loss_name: the loss.
        dtype: of the network.

    Raises:
        ValueError: another shape, or values that are no classes.
    """
    columns = {outputs, *((1, n_classes) if n_classes else ())}
    plain = bool(n_classes) or outputs == 1
    if y.shape not in {(rows, n) for n in columns} and not (plain and y.shape == (rows,)):
        fitting = f"({rows}, {max(outputs, n_classes)})"
        raise ValueError(
            f"expected y of shape {f'({rows},) or ' if plain else ''}{fitting}, got {y.shape}"
        )
    if outputs == 1:
        column = y.reshape(rows, -1)[:, -1:].astype(dtype)
        binary = LOSSES[loss_name].targets is TargetForm.BINARY
        if binary and not ((column >= 0.0) & (column <= 1.0)).all():
            raise ValueError(f"y: expected labels or probabilities 0 .. 1; got {y}")
        return column
    if y.shape == (rows, outputs):
        return y.astype(dtype)
    labels = y.reshape(rows)
    whole = labels.astype(np.intp) if np.isfinite(labels).all() else np.full(rows, -1)
    if not (whole == labels).all():
        raise ValueError(f"labels: expected whole numbers 0 .. {n_classes - 1}; got {labels}")
    return encode_targets(whole, Task.CLASSIFICATION, n_classes, loss_name, dtype)
