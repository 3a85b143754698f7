"""A data set as it came: inputs, targets and what they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..task import Task


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """All the rows of a data set, as they came: not split, not standardized.

    Raises:
        ValueError: shapes or types that do not fit each other.
    """

    X: NDArray[np.float64]
    """``(n, features)``."""
    y: NDArray[Any]
    """Classification: int64 labels ``(n,)``, indices of ``classes``. Regression: float64
    ``(n, targets)``."""
    task: Task
    classes: tuple[str, ...]
    """Names of the classes; empty for regression. May be any text a file held."""
    features: tuple[str, ...]
    """Names of the columns of ``X``. May be any text a file held."""

    def __post_init__(self) -> None:
        if self.X.ndim != 2 or self.X.dtype != np.float64:
            raise ValueError(f"X: expected (n, features) float64, got {_described(self.X)}")
        n, n_features = self.X.shape
        if len(self.features) != n_features:
            raise ValueError(f"features: expected {n_features} names, got {len(self.features)}")
        if self.task is Task.CLASSIFICATION:
            if self.y.shape != (n,) or self.y.dtype != np.int64:
                raise ValueError(f"y: expected ({n},) int64, got {_described(self.y)}")
            if n and not (self.y.min() >= 0 and self.y.max() < len(self.classes)):
                raise ValueError(f"y: expected labels 0 to {len(self.classes) - 1}")
        elif self.y.ndim != 2 or len(self.y) != n or self.y.dtype != np.float64:
            raise ValueError(f"y: expected ({n}, targets) float64, got {_described(self.y)}")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.X)


def _described(array: NDArray[Any]) -> str:
    return f"{array.shape} {array.dtype}"
