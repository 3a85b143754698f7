"""How the column that a person wants predicted becomes classes or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..quoting import quoted
from ..task import Task

MOST_CLASSES = 1_000
MOST_WHOLE_NUMBER_CLASSES = 20
"""With more distinct values whole numbers are quantities, unless classes are asked for."""
LARGEST_CLASS_NUMBER = 2.0**53
"""From here on float64 no longer tells whole numbers apart."""


NAMES_AS_NUMBERS = "holds names of classes, which go with the loss cross_entropy; mse needs numbers"


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The targets of a data set before its inputs are known; fields as in ``Dataset``."""

    y: NDArray[Any]
    task: Task
    classes: tuple[str, ...]


def target_of_numbers(values: NDArray[np.float64], classify: bool | None, where: str) -> Target:
    """Read finite numbers ``(n,)`` or ``(n, targets)`` as classes or as regression targets.

    ``classify`` None decides by the values: one column of whole numbers with at most 20 distinct
    values holds classes, anything else regression targets.

    Raises:
        InputError: classes are asked for and these numbers are none. ``where`` opens the message.
    """
    columns = values.reshape(len(values), -1)
    n_columns = columns.shape[1]
    if classify is False or (classify is None and n_columns != 1):
        return Target(columns, Task.REGRESSION, ())
    if n_columns != 1:
        raise InputError(f"{where}: {n_columns} columns; classes are one column of labels")
    column = columns[:, 0]
    no_class = (column != np.floor(column)) | (np.abs(column) >= LARGEST_CLASS_NUMBER)
    numbers, labels = np.unique(column, return_inverse=True)
    if classify is None and (no_class.any() or len(numbers) > MOST_WHOLE_NUMBER_CLASSES):
        return Target(columns, Task.REGRESSION, ())
    if no_class.any():
        offending = float(column[np.argmax(no_class)])
        raise InputError(
            f"{where}: {offending!r} cannot be a class; classes are whole numbers or names, "
            "numbers to predict go with the loss mse"
        )
    _check_count(len(numbers), where)
    names = tuple(str(int(number)) for number in numbers)
    return Target(labels.reshape(-1).astype(np.int64), Task.CLASSIFICATION, names)


def target_of_names(names: Sequence[str], codes: NDArray[np.int64], where: str) -> Target:
    """Read classes from distinct ``names`` and, for each row, the index ``codes (n,)`` of its own.

    The classes are sorted, so that the order of the rows does not matter.

    Raises:
        InputError: too many classes.
    """
    _check_count(len(names), where)
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    return Target(rank[codes], Task.CLASSIFICATION, tuple(names[i] for i in order))


def check_two_classes(target: Target, where: str) -> None:
    """Make sure that a classification has something to tell apart.

    Raises:
        InputError: one class only, named in the message.
    """
    if target.task is Task.CLASSIFICATION and len(target.classes) < 2:
        names = ", ".join(quoted(name) for name in target.classes)
        raise InputError(f"{where}: one class only ({names}); at least 2 are needed")


def _check_count(n_classes: int, where: str) -> None:
    if n_classes > MOST_CLASSES:
        raise InputError(f"{where}: {n_classes:,} different classes; at most {MOST_CLASSES:,}")
