import numpy as np
import pytest

from backscope.core.data.target import (
    check_two_classes,
    target_of_names,
    target_of_numbers,
)
from backscope.core.errors import InputError
from backscope.core.task import Task

WHERE = "'f.csv', column 'y'"


def numbers(*values: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(values, dtype=np.float64)


def test_few_whole_numbers_are_classes_in_the_order_of_numbers() -> None:
    target = target_of_numbers(numbers(10, 9, -1, 10), None, WHERE)
    assert target.task is Task.CLASSIFICATION
    assert target.classes == ("-1", "9", "10")
    assert target.y.tolist() == [2, 1, 0, 2]
    assert target.y.dtype == np.int64


def test_a_column_matrix_of_whole_numbers_is_the_same_as_a_vector() -> None:
    target = target_of_numbers(numbers(3, 4, 3)[:, None], None, WHERE)
    assert target.classes == ("3", "4")
    assert target.y.tolist() == [0, 1, 0]


def test_minus_zero_is_the_class_zero() -> None:
    assert target_of_numbers(numbers(-0.0, 0.0, 1.0), None, WHERE).classes == ("0", "1")


@pytest.mark.parametrize(("distinct", "task"), [(20, "classification"), (21, "regression")])
def test_whole_numbers_with_more_than_twenty_values_are_quantities(
    distinct: int, task: str
) -> None:
    values = np.arange(distinct, dtype=np.float64)
    assert target_of_numbers(values, None, WHERE).task == task


def test_whole_numbers_are_classes_up_to_a_thousand_if_classes_are_asked_for() -> None:
    assert len(target_of_numbers(np.arange(1000.0), True, WHERE).classes) == 1000
    with pytest.raises(InputError, match="1,001 different classes; at most 1,000"):
        target_of_numbers(np.arange(1001.0), True, WHERE)


def test_fractions_are_regression_targets_of_one_column() -> None:
    target = target_of_numbers(numbers(0.5, 1.0, 2.0), None, WHERE)
    assert target.task is Task.REGRESSION
    assert target.classes == ()
    assert target.y.tolist() == [[0.5], [1.0], [2.0]]


def test_whole_numbers_are_regression_targets_if_that_is_asked_for() -> None:
    assert target_of_numbers(numbers(0, 1), False, WHERE).y.tolist() == [[0.0], [1.0]]


def test_fractions_cannot_be_classes() -> None:
    with pytest.raises(InputError, match=r"^'f.csv', column 'y': 0.25 cannot be a class"):
        target_of_numbers(numbers(1, 0.25, 2), True, WHERE)


def test_numbers_too_large_to_tell_apart_cannot_be_classes() -> None:
    assert target_of_numbers(numbers(2.0**53, 0), None, WHERE).task is Task.REGRESSION
    with pytest.raises(InputError, match=r"9007199254740992\.0 cannot be a class"):
        target_of_numbers(numbers(2.0**53, 0), True, WHERE)


def test_several_columns_are_regression_targets_and_never_classes() -> None:
    two = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert target_of_numbers(two, None, WHERE).y.shape == (2, 2)
    with pytest.raises(InputError, match="2 columns; classes are one column of labels"):
        target_of_numbers(two, True, WHERE)


def test_names_are_sorted_so_that_the_order_of_the_rows_does_not_matter() -> None:
    target = target_of_names(["b", "a", "c"], np.array([0, 1, 2, 0]), WHERE)
    assert target.classes == ("a", "b", "c")
    assert target.y.tolist() == [1, 0, 2, 1]


def test_too_many_names_are_no_classes() -> None:
    with pytest.raises(InputError, match="1,001 different classes"):
        target_of_names([str(i) for i in range(1001)], np.arange(1001), WHERE)


def test_one_class_only_is_named_and_refused() -> None:
    with pytest.raises(InputError, match=r"column 'y': one class only \('setosa'\); at least 2"):
        check_two_classes(target_of_names(["setosa"], np.array([0, 0]), WHERE), WHERE)


def test_a_constant_regression_target_is_not_one_class_only() -> None:
    check_two_classes(target_of_numbers(numbers(3, 3), False, WHERE), WHERE)
