from typing import Any

import numpy as np
import pytest

from backscope.core.data.dataset import Dataset
from backscope.core.task import Task


def classification(**changes: Any) -> Dataset:
    fields: dict[str, Any] = {
        "X": np.zeros((3, 2)),
        "y": np.array([0, 1, 1]),
        "task": Task.CLASSIFICATION,
        "classes": ("a", "b"),
        "features": ("x1", "x2"),
    }
    return Dataset(**(fields | changes))


def regression(**changes: Any) -> Dataset:
    return classification(
        **({"y": np.zeros((3, 1)), "task": Task.REGRESSION, "classes": ()} | changes)
    )


def test_a_data_set_that_fits_together_is_taken() -> None:
    assert classification().rows == regression().rows == 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"X": np.zeros(3)}, r"X: expected \(n, features\) float64, got \(3,\) float64"),
        ({"X": np.zeros((3, 2), dtype=np.float32)}, r"got \(3, 2\) float32"),
        ({"features": ("x1",)}, "features: expected 2 names, got 1"),
        ({"y": np.zeros((3, 1), dtype=np.int64)}, r"y: expected \(3,\) int64, got \(3, 1\) int64"),
        ({"y": np.array([0.0, 1.0, 1.0])}, r"y: expected \(3,\) int64, got \(3,\) float64"),
        ({"y": np.array([0, 1, 2])}, "y: expected labels 0 to 1"),
        ({"y": np.array([0, 1, -1])}, "y: expected labels 0 to 1"),
    ],
)
def test_a_classification_that_does_not_fit_together_names_both_shapes(
    changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        classification(**changes)


@pytest.mark.parametrize("y", [np.zeros(3), np.zeros((2, 1)), np.zeros((3, 1), dtype=np.float32)])
def test_regression_targets_are_a_matrix_of_as_many_rows(y: Any) -> None:
    with pytest.raises(ValueError, match=r"y: expected \(3, targets\) float64, got"):
        regression(y=y)
