"""Choosing rows: some of all, and those held out for validation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..quoting import quoted
from ..task import Task
from .dataset import Dataset

Indices = NDArray[np.int64]


def some_rows(dataset: Dataset, rows: int, rng: np.random.Generator) -> Dataset:
    """Draw ``rows`` rows without replacement, in their old order; 0 is all of them.

    For classification the classes keep their shares, as nearly as whole rows allow, and every
    class keeps a row if there are rows enough.

    Raises:
        InputError: more rows than there are.
    """
    if rows > dataset.rows:
        raise InputError(f"data.rows = {rows}: there are only {dataset.rows} rows; 0 is all")
    if rows in (0, dataset.rows):
        return dataset
    order = rng.permutation(dataset.rows)
    drawn = np.sort(order[_first_of_each(dataset, order, rows, keep=0)])
    return Dataset(
        dataset.X[drawn], dataset.y[drawn], dataset.task, dataset.classes, dataset.features
    )


def split(dataset: Dataset, validation: float, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Shuffle the rows and hold out a share of them: indices (training, validation).

    A share above 0 holds out at least one row. For classification the classes have the same shares
    in both parts, as nearly as whole rows allow; where possible every class has a row in both.

    Raises:
        InputError: no row is left for training, or rows of one class only.
    """
    order = rng.permutation(dataset.rows)
    held_out = int(validation * dataset.rows + 0.5)
    if validation > 0:
        held_out = max(held_out, 1)
    if held_out >= dataset.rows:
        raise InputError(
            f"data.validation = {validation}: leaves no row for training (of {dataset.rows})"
        )
    chosen = _first_of_each(dataset, order, held_out, keep=1)
    training = order[~chosen]
    if dataset.task is Task.CLASSIFICATION and np.ptp(dataset.y[training]) == 0:
        only = quoted(dataset.classes[dataset.y[training[0]]])
        raise InputError(
            f"data.validation = {validation}: leaves {len(training)} of {dataset.rows} rows for "
            f"training, all of class {only}; at least 2 classes are needed"
        )
    return training, order[chosen]


def _first_of_each(dataset: Dataset, order: Indices, rows: int, keep: int) -> NDArray[np.bool_]:
    """Mark (n,) the first rows in ``order``; for classification the first ones of each class.

    ``keep`` rows of each class stay unmarked where that is possible.
    """
    if dataset.task is Task.REGRESSION:
        return np.arange(len(order)) < rows
    labels = dataset.y[order]
    counts = np.bincount(labels, minlength=len(dataset.classes))
    quota = _quotas(counts, rows, keep)
    by_class = np.argsort(labels, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[by_class] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(rank < quota[labels])


def _quotas(counts: Indices, rows: int, keep: int) -> Indices:
    """How many of each class's ``counts (classes,)`` rows to take so that ``rows`` are taken."""
    capacity = np.maximum(counts - keep, 0)
    if capacity.sum() < rows:
        capacity = counts
    ideal = counts * (rows / counts.sum())
    quota: Indices = np.minimum(ideal.astype(np.int64), capacity)
    while (short := rows - int(quota.sum())) > 0:
        lack = np.where(quota < capacity, ideal - quota, -np.inf)
        most = np.argsort(-lack, kind="stable")[:short]
        quota[most] += quota[most] < capacity[most]
    for empty in np.flatnonzero((quota == 0) & (capacity > 0)):
        giver = np.argmax(np.where(quota > 1, quota - ideal, -np.inf))
        if quota[giver] > 1:
            quota[giver] -= 1
            quota[empty] += 1
    return quota
