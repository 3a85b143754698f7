"""The networks that are timed, and what their contenders share."""

from itertools import pairwise

import numpy as np
import pytest

from backscope.core.bench.workloads import WORKLOADS, Exercise, chosen_workloads
from backscope.core.errors import InputError


def chosen(*words):
    return [workload.name for workload in chosen_workloads(words)]


def test_no_names_are_all_workloads():
    assert chosen() == list(WORKLOADS)


def test_a_name_stands_for_all_its_variants_in_any_case_and_order_and_once():
    assert chosen("w4", "W2", "w2-adam") == ["W2-SGD", "W2-Adam", "W4"]


def test_every_name_that_is_none_is_told_with_the_nearest():
    with pytest.raises(InputError) as caught:
        chosen("W2-adan", "W1", "digits")
    assert caught.value.problems == (
        "'W2-adan' is no workload, did you mean W2-Adam? Allowed: " + ", ".join(WORKLOADS),
        "'digits' is no workload, allowed: " + ", ".join(WORKLOADS),
    )


def test_a_workload_is_described_in_a_few_words():
    assert WORKLOADS["W1"].about == "2-32x10-1 sigmoid, batch 64, sgd"
    assert WORKLOADS["W3"].about == "784-512-512-10 relu, batch 128, adam"


@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_and_weights_fit_the_workload_and_its_dtype(name, dtype):
    workload = WORKLOADS[name]
    exercise = Exercise(workload, dtype)
    assert exercise.X.shape[1] == workload.inputs
    assert len(exercise.X) % workload.batch == 0
    widths = (workload.inputs, *workload.hidden, workload.outputs)
    assert [W.shape for W, _ in exercise.weights] == list(pairwise(widths))
    arrays = [
        exercise.X,
        exercise.targets(),
        *(array for pair in exercise.weights for array in pair),
    ]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_one_output_is_the_second_class_and_several_are_one_hot():
    binary, several = Exercise(WORKLOADS["W1"]), Exercise(WORKLOADS["W2-SGD"])
    assert np.array_equal(binary.targets()[:, 0], binary.y == 1)
    assert np.array_equal(several.targets().argmax(axis=1), several.y)
    assert np.array_equal(several.targets().sum(axis=1), np.ones(len(several.y)))


def test_the_same_seed_gives_the_same_exercise_and_another_seed_another():
    first, again = Exercise(WORKLOADS["W1"]), Exercise(WORKLOADS["W1"])
    other = Exercise(WORKLOADS["W1"], seed=1)
    assert np.array_equal(first.X, again.X)
    assert np.array_equal(first.weights[0][0], again.weights[0][0])
    assert np.array_equal(first.batches().draw(), again.batches().draw())
    assert not np.array_equal(first.X, other.X)
    assert not np.array_equal(first.weights[0][0], other.weights[0][0])
    assert not np.array_equal(first.batches().draw(), other.batches().draw())
