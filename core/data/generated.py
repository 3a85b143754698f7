"""Generated data sets: small, two-dimensional, and old acquaintances of every textbook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..settings import DataSettings
from ..task import Task
from .dataset import Dataset

DEFAULT_ROWS = 400
DEFAULT_SPIRAL_ROWS = 600

INNER_RADIUS = 0.5
"""Of circles; the outer one has radius 1."""
SPIRAL_START = 0.5
"""Radius at which each arm of spirals begins. The gap between neighboring arms is 1."""


def xor(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """The corners of the unit square, the class being the exclusive or of the coordinates.

    Rows take the corners (0, 0), (0, 1), (1, 0), (1, 1) in turn; ``jitter`` spreads them out, so
    that four rows without jitter are the textbooks' four points.
    """
    row = np.arange(settings.rows or DEFAULT_ROWS)
    first, second = row // 2 % 2, row % 2
    points = np.stack([first, second], axis=1).astype(np.float64)
    return _two_classes(points, first ^ second, ("0", "1"), settings.jitter, rng)


def circles(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """A circle of radius 0.5 inside one of radius 1."""
    label, position = _two_curves(settings.rows or DEFAULT_ROWS)
    angle = 2 * np.pi * position
    radius = np.where(label == 0, INNER_RADIUS, 1.0)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return _two_classes(points, label, ("inner", "outer"), settings.jitter, rng)


def moons(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """Two half circles of radius 1 that reach into each other."""
    label, position = _two_curves(settings.rows or DEFAULT_ROWS)
    angle = np.pi * position
    points = np.where(
        label[:, None] == 0,
        np.stack([np.cos(angle), np.sin(angle)], axis=1),
        np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1),
    )
    return _two_classes(points, label, ("upper", "lower"), settings.jitter, rng)


def spirals(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """Two Archimedean spirals, wound into each other, with an even spacing along each arm.

    The radius grows by 2 with each of the ``turns`` and the arms are half a turn apart, so that
    neighboring arms are 1 apart everywhere and ``jitter`` can be read against that.
    """
    label, position = _two_curves(settings.rows or DEFAULT_SPIRAL_ROWS)
    end = SPIRAL_START + 2 * settings.turns
    # The length of an arm grows as the square of the radius.
    radius = np.sqrt(SPIRAL_START**2 + position * (end**2 - SPIRAL_START**2))
    angle = np.pi * (radius - SPIRAL_START + label)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return _two_classes(points, label, ("first arm", "second arm"), settings.jitter, rng)


def sine(
    settings: DataSettings, rng: np.random.Generator, folder: Path, classify: bool | None = None
) -> Dataset:
    """One period of sin(x), x uniform in [-pi, pi]; ``noise`` makes the training targets noisy."""
    x = rng.uniform(-np.pi, np.pi, size=(settings.rows or DEFAULT_ROWS, 1))
    return Dataset(x, np.sin(x), Task.REGRESSION, (), ("x",))


def _two_curves(rows: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels (n,), alternating, and how far along its curve (n,) each row lies, in (0, 1)."""
    row = np.arange(rows, dtype=np.int64)
    label = row % 2
    on_curve = np.where(label == 0, (rows + 1) // 2, rows // 2)
    return label, (row // 2 + 0.5) / np.maximum(on_curve, 1)


def _two_classes(
    points: NDArray[np.float64],
    label: NDArray[np.int64],
    classes: tuple[str, str],
    jitter: float,
    rng: np.random.Generator,
) -> Dataset:
    X = points + jitter * rng.standard_normal(points.shape)
    return Dataset(X, label.astype(np.int64), Task.CLASSIFICATION, classes, ("x1", "x2"))
