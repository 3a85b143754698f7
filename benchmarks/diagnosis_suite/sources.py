"""What the runs of the suite learn: every kind of data there is without a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backscope.core.data import load_dataset
from backscope.core.settings import DataSettings

from .case import Document, between, one_of

PLANE = ("xor", "circles", "moons", "spirals")
"""Two inputs, two classes."""
SOURCES = ("digits", *PLANE, "sine", "teacher")


def data_and_loss(rng: Any, source: str) -> tuple[Document, str]:
    """The data table for a source, and a loss that suits it."""
    if source == "digits":
        rows = one_of(rng, 0, 0, 800)
        return {"source": "digits"} | ({"rows": rows} if rows else {}), one_of(
            rng, "cross_entropy", "cross_entropy", "cross_entropy", "half_mse"
        )
    if source == "sine":
        return {"source": "sine", "noise": one_of(rng, 0.0, 0.05)}, one_of(rng, "mse", "half_mse")
    if source == "teacher":
        return teacher(rng), one_of(rng, "mse", "half_mse")
    table: Document = {"source": source}
    if source == "spirals":
        table["turns"] = between(rng, 0.35, 0.6)
    return table, one_of(rng, "cross_entropy", "binary_cross_entropy")


def teacher(rng: Any, rows: int = 300) -> Document:
    """Regression: several inputs, targets from a small random network, a little noise."""
    inputs, targets = int(rng.integers(3, 9)), int(rng.integers(1, 4))
    X = rng.normal(size=(rows, inputs))
    hidden = np.tanh(X @ rng.normal(size=(inputs, 4)) / np.sqrt(inputs))
    y = hidden @ rng.normal(size=(4, targets)) + 0.05 * rng.normal(size=(rows, targets))
    return inline(X, y)


def unscaled_digits(rng: Any, scale: Any, offset: Any, rows: int = 400) -> Document:
    """Rows of digits, standardized, times a scale plus an offset, and left like that.

    Scale and offset are one for all features, or one each.
    """
    dataset = load_dataset(DataSettings(), np.random.default_rng(0), Path())
    chosen = rng.choice(dataset.rows, rows, replace=False)
    X = dataset.X[chosen]
    X = X[:, X.std(axis=0) > 0.0]
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    width = X.shape[1]
    X = X * np.resize(scale, width) + np.resize(offset, width)
    return inline(X, dataset.y[chosen][:, np.newaxis]) | {"standardize": False}


def inline(X: Any, y: Any) -> Document:
    """Rows that the experiment itself holds, of five digits."""
    return {
        "source": "inline",
        "X": [[float(f"{value:.5g}") for value in row] for row in X.tolist()],
        "y": [[float(f"{value:.5g}") for value in row] for row in y.tolist()],
    }
