import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.data.dataset import Dataset
from backscope.core.data.split import some_rows, split
from backscope.core.errors import InputError
from backscope.core.task import Task


def classes_of(*counts: int) -> Dataset:
    y = np.repeat(np.arange(len(counts)), counts)
    X = np.arange(len(y), dtype=np.float64)[:, None]
    names = tuple(f"class {i}" for i in range(len(counts)))
    return Dataset(X, y, Task.CLASSIFICATION, names, ("row",))


def numbers_of(rows: int) -> Dataset:
    column = np.arange(rows, dtype=np.float64)[:, None]
    return Dataset(column, column, Task.REGRESSION, (), ("row",))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(
    st.lists(st.integers(1, 30), min_size=2, max_size=6),
    st.floats(0, 0.999),
    st.integers(0, 2**32 - 1),
)
def test_every_row_is_in_one_part_and_every_class_in_both_where_possible(
    counts: list[int], share: float, seed: int
) -> None:
    dataset = classes_of(*counts)
    try:
        training, validation = split(dataset, share, rng(seed))
    except InputError:
        kept = dataset.rows - max(round(share * dataset.rows), 1)
        assert kept < len(counts)  # or else every class could have kept a row
        return
    assert sorted([*training, *validation]) == list(range(dataset.rows))
    assert abs(len(validation) - share * dataset.rows) <= (0.5 if share * dataset.rows > 0.5 else 1)
    held = np.bincount(dataset.y[validation], minlength=len(counts))
    kept_rows = np.bincount(dataset.y[training], minlength=len(counts))
    if len(training) >= len(counts):
        assert (kept_rows >= 1).all()
        if len(validation) >= len(counts):
            assert ((held >= 1) | (np.array(counts) == 1)).all()


@given(st.lists(st.integers(20, 60), min_size=2, max_size=5), st.floats(0.1, 0.9))
def test_the_classes_keep_their_shares_to_within_a_row(counts: list[int], share: float) -> None:
    dataset = classes_of(*counts)
    _, validation = split(dataset, share, rng())
    held = np.bincount(dataset.y[validation], minlength=len(counts))
    exact = np.array(counts) * len(validation) / dataset.rows
    assert (np.abs(held - exact) < 1 + 1e-9).all()


def test_a_rare_class_is_validated_at_the_cost_of_the_most_common_one() -> None:
    dataset = classes_of(90, 8, 2)
    _, validation = split(dataset, 0.1, rng())
    assert np.bincount(dataset.y[validation]).tolist() == [8, 1, 1]


def test_a_class_of_one_row_stays_in_training() -> None:
    dataset = classes_of(10, 1)
    training, validation = split(dataset, 0.5, rng())
    assert 10 in training
    assert len(validation) == 6


def test_a_large_validation_part_leaves_each_class_a_row_if_it_can() -> None:
    dataset = classes_of(50, 30, 20)
    training, _ = split(dataset, 0.97, rng())
    assert sorted(dataset.y[training].tolist()) == [0, 1, 2]


def test_validation_zero_holds_nothing_out() -> None:
    training, validation = split(classes_of(3, 3), 0.0, rng())
    assert sorted(training) == list(range(6))
    assert len(validation) == 0


@pytest.mark.parametrize("dataset", [classes_of(3, 3), numbers_of(6)])
def test_a_share_above_zero_holds_out_a_row_at_least(dataset: Dataset) -> None:
    training, validation = split(dataset, 1e-9, rng())
    assert (len(training), len(validation)) == (5, 1)


def test_half_a_row_is_rounded_up() -> None:
    assert len(split(numbers_of(10), 0.25, rng())[1]) == 3
    assert len(split(numbers_of(10), 0.24, rng())[1]) == 2


@pytest.mark.parametrize("dataset", [classes_of(40, 40), numbers_of(80)])
def test_rows_are_shuffled_by_the_seed_and_nothing_else(dataset: Dataset) -> None:
    one, again, other = (split(dataset, 0.25, rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])
    assert not np.array_equal(one[0], other[0])
    assert not np.array_equal(one[0], np.sort(one[0]))


def test_each_row_is_held_out_as_often_as_any_other() -> None:
    dataset = classes_of(12, 8)
    times = np.zeros(20)
    for seed in range(400):
        times[split(dataset, 0.25, rng(seed))[1]] += 1
    assert times == pytest.approx(np.full(20, 100), abs=45)  # five standard deviations


@pytest.mark.parametrize(("rows", "share"), [(1, 0.25), (2, 0.9), (100, 0.999)])
def test_a_share_that_leaves_no_training_row_is_refused(rows: int, share: float) -> None:
    with pytest.raises(InputError) as caught:
        split(numbers_of(rows), share, rng())
    assert str(caught.value) == (
        f"data.validation = {share}: leaves no row for training (of {rows})"
    )


def test_a_share_that_leaves_one_class_for_training_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        split(classes_of(5, 5), 0.9, rng())
    assert str(caught.value).startswith(
        "data.validation = 0.9: leaves 1 of 10 rows for training, all of class 'class "
    )


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.data())
def test_some_rows_are_that_many_different_ones_in_their_old_order(
    counts: list[int], data: st.DataObject
) -> None:
    dataset = classes_of(*counts)
    rows = data.draw(st.integers(0, dataset.rows))
    drawn = some_rows(dataset, rows, rng())
    kept = drawn.X[:, 0].astype(int)
    assert drawn.rows == (rows or dataset.rows)
    assert (np.diff(kept) > 0).all()
    assert np.array_equal(drawn.y, dataset.y[kept])
    present = np.count_nonzero(counts)
    if rows >= present:
        assert len(set(drawn.y.tolist())) == present


def test_some_rows_keep_the_shares_of_the_classes() -> None:
    drawn = some_rows(classes_of(60, 30, 10), 20, rng())
    assert np.bincount(drawn.y).tolist() == [12, 6, 2]


def test_rows_of_regression_are_drawn_at_random() -> None:
    drawn = some_rows(numbers_of(100), 10, rng(1))
    assert np.array_equal(drawn.X, drawn.y)
    assert not np.array_equal(drawn.X, some_rows(numbers_of(100), 10, rng(2)).X)


def test_more_rows_than_there_are_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        some_rows(numbers_of(7), 8, rng())
    assert str(caught.value) == "data.rows = 8: there are only 7 rows; 0 is all"
