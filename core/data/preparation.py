"""From the ``[data]`` settings to the arrays a network trains on.

A source gives a ``Dataset``; ``prepare`` splits, corrupts and standardizes it. To add a source,
write its function and give it a line in ``DATA_SOURCES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, allowed_values
from ..quoting import quoted
from ..record import Array
from ..settings import DataSettings, Matrix
from ..task import Task
from . import generated as data_generated
from . import standardization
from .csv_file import read_csv
from .dataset import Dataset
from .npz_file import read_npz
from .split import some_rows, split
from .target import check_two_classes, target_of_numbers

__all__ = [
    "DATA_SOURCES",
    "DataSource",
    "Dataset",
    "PreparedData",
    "Task",
    "load_dataset",
    "prepare",
]


class DataSource(Protocol):
    """Reads or draws all rows.

    ``classify`` says how to read targets that could be either: True as classes, False as numbers to
    predict, None as they look. Sets with a task of their own (digits, the generated ones) keep it.
    """

    def __call__(
        self,
        settings: DataSettings,
        rng: np.random.Generator,
        folder: Path,
        classify: bool | None = None,
    ) -> Dataset:
        """Give the data set; raise InputError where it cannot be had."""
        ...


def digits(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """1,797 handwritten digits, images of 8x8 pixels of 0 (white) to 16, from the UCI repository.

    Bundled; ``presets/digits.LICENSE.txt`` says where they come from.
    """
    with (
        files("backscope.presets").joinpath("digits.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as archive,
    ):
        X, y = archive["X"].astype(np.float64), archive["y"].astype(np.int64)
    features = tuple(f"pixel {row},{column}" for row in range(8) for column in range(8))
    return Dataset(X, y, Task.CLASSIFICATION, tuple("0123456789"), features)


def inline(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """Rows that the experiment itself holds. Its targets are numbers unless classes are needed.

    Raises:
        InputError: no rows, ragged or infinite ones, or not as many targets as inputs.
    """
    problems = [*_matrix_problems("X", settings.X), *_matrix_problems("y", settings.y)]
    if not problems and len(settings.X) != len(settings.y):
        problems.append(
            f"data.X has {len(settings.X)} rows and data.y {len(settings.y)}; they must be as many"
        )
    if problems:
        raise InputError(*problems)
    X = np.array(settings.X, dtype=np.float64)
    # Numbers that someone wrote down by hand mean what they say: no guess that 0 and 1 are classes.
    target = target_of_numbers(np.array(settings.y, dtype=np.float64), bool(classify), "data.y")
    check_two_classes(target, "data.y")
    features = tuple(f"x{i}" for i in range(1, X.shape[1] + 1))
    return Dataset(X, target.y, target.task, target.classes, features)


DATA_SOURCES: dict[str, DataSource] = {
    "digits": digits,
    "xor": data_generated.xor,
    "circles": data_generated.circles,
    "moons": data_generated.moons,
    "spirals": data_generated.spirals,
    "sine": data_generated.sine,
    "csv": read_csv,
    "npz": read_npz,
    "inline": inline,
}


@dataclass(frozen=True, slots=True, eq=False)
class PreparedData:
    """What a network trains and is validated on. Rows are samples, in shuffled order.

    ``X_train (n, features)`` and ``X_validation (m, features)``, m possibly 0, are standardized if
    the settings say so, and have the dtype of the experiment. ``y_train`` and ``y_validation`` are
    int64 labels ``(n,)`` for classification, numbers ``(n, targets)`` of that dtype for regression,
    which are standardized if the settings say that.
    """

    X_train: Array
    y_train: NDArray[Any]
    X_validation: Array
    y_validation: NDArray[Any]
    mean: NDArray[np.float64]
    """``(features,)``, subtracted from the inputs; 0 where they are left as they are."""
    scale: NDArray[np.float64]
    """``(features,)``, the inputs are divided by it; 1 where they are left as they are."""
    task: Task
    classes: tuple[str, ...]
    features: tuple[str, ...]

    def standardize(self, X: NDArray[Any]) -> Array:
        """Treat raw inputs ``(n, features)`` as those of the training part were.

        Raises:
            ValueError: another shape.
        """
        expected = len(self.features)
        if X.ndim != 2 or X.shape[1] != expected:
            raise ValueError(f"X: expected (n, {expected}), got {X.shape}")
        standardized = standardization.apply(X.astype(np.float64), self.mean, self.scale)
        with np.errstate(over="ignore"):
            return standardized.astype(self.X_train.dtype)


def load_dataset(
    settings: DataSettings,
    rng: np.random.Generator,
    folder: Path,
    classify: bool | None = None,
) -> Dataset:
    """All rows that ``settings.source`` gives, or ``settings.rows`` of them.

    Raises:
        InputError: an unknown source, a file that cannot be used, more rows than there are.
    """
    source = DATA_SOURCES.get(settings.source)
    if source is None:
        allowed = allowed_values(settings.source, DATA_SOURCES)
        raise InputError(f"data.source = {quoted(settings.source)}: {allowed}")
    source_rng, rows_rng = rng.spawn(2)
    dataset = some_rows(source(settings, source_rng, folder, classify), settings.rows, rows_rng)
    if dataset.task is Task.CLASSIFICATION and np.ptp(dataset.y) == 0:
        only = quoted(dataset.classes[dataset.y[0]])
        raise InputError(f"data.rows = {settings.rows}: one class only ({only}); more are needed")
    return dataset


def prepare(
    settings: DataSettings,
    rng: np.random.Generator,
    folder: Path,
    dtype: str,
    classify: bool | None = None,
) -> PreparedData:
    """Load, split, add noise to the training targets, and standardize.

    Everything random has a generator of its own, spawned from ``rng`` in a fixed order: the same
    seed gives the same rows and the same split whatever the noise, and whatever the network.
    Noise replaces the labels of that share of the training rows, rounded to whole rows, by another
    class; regression targets get normal noise of that standard deviation, in their own unit. Mean
    and scale are fitted on the training part alone. ``input_scale`` and ``input_offset`` are what
    standardizing takes out again to the last bit, so they are applied only without it.

    Args:
        settings: the ``[data]`` table.
        rng: the stream of the data and of nothing else.
        folder: where relative paths start.
        dtype: ``"float64"`` or ``"float32"``.
        classify: how to read targets of files and inline data; see ``DataSource``.

    Raises:
        InputError: the data cannot be had or split, or do not fit the dtype.
    """
    load_rng, split_rng, noise_rng = rng.spawn(3)
    dataset = load_dataset(settings, load_rng, folder, classify)
    training, validation = split(dataset, settings.validation, split_rng)
    y = dataset.y.copy()
    y[training] = _with_noise(dataset, y[training], settings.noise, noise_rng)
    if settings.standardize:
        mean, scale = standardization.fit(dataset.X[training])
    else:
        features = dataset.X.shape[1]
        mean = np.full(features, -settings.input_offset / settings.input_scale)
        scale = np.full(features, 1 / settings.input_scale)
    as_read = (mean == 0).all() and (scale == 1).all()
    inputs = dataset.X if as_read else standardization.apply(dataset.X, mean, scale)
    X = _cast(inputs, dtype, dataset.X, [f"input {quoted(name)}" for name in dataset.features])
    if dataset.task is Task.REGRESSION:
        if settings.standardize_targets:
            y = standardization.apply(y, *standardization.fit(y[training]))
        y = _cast(y, dtype, dataset.y, [f"target {i}" for i in range(1, y.shape[1] + 1)])
    return PreparedData(
        X_train=X[training],
        y_train=y[training],
        X_validation=X[validation],
        y_validation=y[validation],
        mean=mean,
        scale=scale,
        task=dataset.task,
        classes=dataset.classes,
        features=dataset.features,
    )


def _with_noise(
    dataset: Dataset, y: NDArray[Any], noise: float, rng: np.random.Generator
) -> NDArray[Any]:
    """Corrupt ``y`` of the training rows; more noise corrupts the same rows, and further ones."""
    if dataset.task is Task.REGRESSION:
        with np.errstate(over="ignore"):
            return np.asarray(y + noise * rng.standard_normal(y.shape))
    if noise > 1:
        raise InputError(f"data.noise = {noise}: a share of labels, at most 1 for classification")
    n_classes = len(dataset.classes)
    wrong = (y + rng.integers(1, n_classes, size=len(y))) % n_classes
    corrupted = rng.permutation(len(y)) < int(noise * len(y) + 0.5)
    return np.where(corrupted, wrong, y)


def _cast(
    values: NDArray[np.float64], dtype: str, raw: NDArray[np.float64], names: list[str]
) -> Array:
    """Convert ``values (n, columns)`` to ``dtype``, making sure that all of them fit."""
    with np.errstate(over="ignore", under="ignore"):
        cast: Array = values.astype(np.dtype(dtype))
    bad = ~np.isfinite(cast)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise InputError(
            f"{names[column]}: {float(raw[row, column])!r} becomes {float(cast[row, column])!r} "
            f"with dtype = {dtype!r}, data.standardize and data.noise as they are; scale the data"
        )
    return cast


def _matrix_problems(key: str, matrix: Matrix) -> list[str]:
    if not matrix or not matrix[0]:
        return [f"data.{key} is empty; source 'inline' needs X and y, one row a sample"]
    problems = []
    for i, row in enumerate(matrix, start=1):
        if len(row) != len(matrix[0]):
            problems.append(f"data.{key}, row {i}: {len(row)} numbers; row 1 has {len(matrix[0])}")
        elif not np.isfinite(row).all():
            problems.append(
                f"data.{key}, row {i}: {quoted(str(row))} holds a number that is not finite"
            )
    return problems[:5]
