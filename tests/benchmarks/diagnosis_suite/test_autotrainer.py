"""AUTOTRAINER's rules on made-up histories."""

import numpy as np
import pytest
from diagnosis_suite.autotrainer import autotrainer

STUCK = {"accuracy": 0.1, "validation_accuracy": 0.1}


def named(recording):
    return [(alarm.step, alarm.rule) for alarm in autotrainer(recording)]


def test_a_run_that_reaches_the_accuracy_has_no_problem(recording):
    assert named(recording()) == []


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"weight_gradient_norm": [1e-5, 0.1, 0.1]}, "vanish"),
        ({"weight_gradient_norm": [80.0, 1.0, 1.0]}, "explode"),
        ({"silent": 8.0}, "relu"),
        ({}, "not_converge"),
    ],
)
def test_a_stuck_run_has_the_problem_that_its_gradients_show(recording, columns, rule):
    # Epochs end every 10 steps; every third is looked at, from three tenths of the plan on.
    assert named(recording(**STUCK, **columns)) == [(40, rule)]


@pytest.mark.parametrize("norms", [[1e-5, 0.1, 0.1], [80.0, 1.0, 1.0]])
def test_gradients_are_no_problem_where_the_accuracy_is_reached(recording, norms):
    assert named(recording(weight_gradient_norm=norms)) == []


def test_a_small_ratio_of_norms_that_are_not_small_is_no_problem(recording):
    columns = STUCK | {"weight_gradient_norm": [0.01, 20.0, 20.0]}
    assert named(recording(**columns)) == [(40, "not_converge")]


def test_accuracy_that_swings_is_unstable(recording):
    epochs = np.array([0.8, 0.95, 0.75, 0.95, 0.75, 0.95])
    assert named(recording(accuracy=np.repeat(epochs, 10))) == [(40, "unstable")]


def test_no_number_and_a_huge_validation_loss_are_an_explosion(recording):
    assert named(recording(steps=23, nonfinite=True, planned=300)) == [(23, "explode")]
    assert named(recording(validation_loss=1e6)) == [(1 + 9, "explode")]


def test_a_silent_layer_zeroes_the_gradients_of_its_neighbor(recording):
    # One of four layers silent: its own gradients and the next one's, half of all; two: more.
    one = recording(layers=4, silent=[0.0, 10.0, 0.0, 0.0], **STUCK)
    two = recording(layers=4, silent=[0.0, 10.0, 10.0, 0.0], **STUCK)
    assert named(one) == [(40, "not_converge")]
    assert named(two) == [(40, "relu")]


def test_regression_has_no_accuracy_and_so_no_problem(recording):
    assert named(recording(accuracy=np.nan, validation_accuracy=np.nan)) == []


def test_a_run_of_less_than_an_epoch_is_looked_at_where_it_ends(recording):
    assert named(recording(steps=4, nonfinite=True, planned=300)) == [(4, "explode")]
