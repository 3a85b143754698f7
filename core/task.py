"""What a data set asks of a network: to choose a class, or to predict numbers."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    """Classification: the targets are classes. Regression: they are numbers."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
