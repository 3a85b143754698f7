from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from backscope.core.data import DATA_SOURCES, Dataset
from backscope.core.settings import DataSettings
from backscope.core.task import Task

TWO_CLASSES = ["xor", "circles", "moons", "spirals"]


def generate(source: str, seed: int = 5, **settings: Any) -> Dataset:
    rng = np.random.default_rng(seed)
    return DATA_SOURCES[source](DataSettings(source=source, **settings), rng, Path())


def radius(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.hypot(points[:, 0], points[:, 1]))


def arm(dataset: Dataset, label: int) -> NDArray[np.float64]:
    return dataset.X[dataset.y == label]


def test_xor_of_four_rows_without_jitter_is_the_four_textbook_points() -> None:
    dataset = generate("xor", rows=4, jitter=0.0)
    assert dataset.X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [dataset.classes[i] for i in dataset.y] == ["0", "1", "1", "0"]


def test_xor_rows_lie_around_their_corners_in_equal_numbers() -> None:
    dataset = generate("xor", rows=400, jitter=0.05)
    corners = np.rint(dataset.X)
    assert np.abs(dataset.X - corners).std() < 0.06
    assert np.array_equal(dataset.y, corners[:, 0] != corners[:, 1])
    assert np.unique(corners, axis=0, return_counts=True)[1].tolist() == [100] * 4


def test_circles_are_a_circle_within_a_circle() -> None:
    dataset = generate("circles", rows=60, jitter=0.0)
    assert radius(arm(dataset, 0)) == pytest.approx(0.5)
    assert radius(arm(dataset, 1)) == pytest.approx(1.0)
    assert dataset.classes == ("inner", "outer")


def test_moons_are_two_half_circles_the_first_above() -> None:
    dataset = generate("moons", rows=60, jitter=0.0)
    upper, lower = arm(dataset, 0), arm(dataset, 1)
    assert radius(upper) == pytest.approx(1.0)
    assert upper[:, 1].min() > 0
    assert radius(lower - [1, 0.5]) == pytest.approx(1.0)
    assert lower[:, 1].max() < 0.5
    assert dataset.classes == ("upper", "lower")


@pytest.mark.parametrize("turns", [0.5, 1.5, 4.0])
def test_each_arm_of_spirals_turns_as_often_as_was_asked(turns: float) -> None:
    dataset = generate("spirals", rows=2000, jitter=0.0, turns=turns)
    for label in (0, 1):
        points = arm(dataset, label)
        angle = np.unwrap(np.arctan2(points[:, 1], points[:, 0]))
        assert abs(angle[-1] - angle[0]) / (2 * np.pi) == pytest.approx(turns, abs=0.02)


def test_the_second_arm_of_spirals_is_the_first_turned_by_half_a_turn() -> None:
    dataset = generate("spirals", rows=100, jitter=0.0)
    assert arm(dataset, 1) == pytest.approx(-arm(dataset, 0))


def test_the_arms_of_spirals_keep_apart_and_their_points_stay_close() -> None:
    dataset = generate("spirals", rows=600, jitter=0.0)
    first, second = arm(dataset, 0), arm(dataset, 1)
    between = np.linalg.norm(first[:, None] - second[None], axis=2).min()
    along = np.linalg.norm(np.diff(first, axis=0), axis=1)
    assert between > 0.8
    assert along.max() < 0.15
    assert along.max() < 1.5 * along.min()


def test_sine_is_one_clean_period_whatever_the_jitter() -> None:
    dataset = generate("sine", jitter=5.0)
    assert dataset.task is Task.REGRESSION
    assert dataset.classes == ()
    assert np.array_equal(dataset.y, np.sin(dataset.X))
    assert -np.pi <= dataset.X.min() < -3
    assert 3 < dataset.X.max() <= np.pi


@pytest.mark.parametrize(
    ("source", "rows"),
    [("xor", 400), ("circles", 400), ("moons", 400), ("spirals", 600), ("sine", 400)],
)
def test_rows_zero_is_a_sensible_number(source: str, rows: int) -> None:
    assert generate(source).rows == rows


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 101])
@pytest.mark.parametrize("source", [*TWO_CLASSES, "sine"])
def test_any_number_of_rows_can_be_had_and_is_finite(source: str, rows: int) -> None:
    dataset = generate(source, rows=rows)
    assert dataset.rows == rows
    assert np.isfinite(dataset.X).all()


@pytest.mark.parametrize("source", TWO_CLASSES)
def test_both_classes_have_as_many_rows(source: str) -> None:
    dataset = generate(source, rows=100)
    assert np.bincount(dataset.y).tolist() == [50, 50]


@pytest.mark.parametrize("source", TWO_CLASSES)
def test_jitter_is_the_standard_deviation_of_the_points(source: str) -> None:
    exact = generate(source, rows=4000, jitter=0.0)
    spread = generate(source, rows=4000, jitter=0.3)
    assert (spread.X - exact.X).std() == pytest.approx(0.3, rel=0.03)
    assert np.array_equal(spread.y, exact.y)


@pytest.mark.parametrize("source", [*TWO_CLASSES, "sine"])
def test_the_seed_decides_and_nothing_else(source: str) -> None:
    assert np.array_equal(generate(source, seed=1).X, generate(source, seed=1).X)
    assert not np.array_equal(generate(source, seed=1).X, generate(source, seed=2).X)
