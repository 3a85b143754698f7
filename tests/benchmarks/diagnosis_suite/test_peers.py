"""Absolute thresholds on weight gradients, as peers have them."""

import numpy as np
from diagnosis_suite.peers import absolute


def kinds(recording):
    return [(alarm.step, alarm.kinds[0]) for alarm in absolute(recording)]


def test_nothing_is_said_of_gradients_between_the_thresholds(recording):
    assert kinds(recording()) == []


def test_large_and_small_norms_are_told_at_their_first_step(recording):
    norms = np.full((60, 3), 0.1)
    norms[4:, 1] = 11.0
    norms[7:, 0] = 1e-8
    expected = [(5, "exploding_gradient"), (8, "vanishing_gradient")]
    assert kinds(recording(weight_gradient_norm=norms)) == expected


def test_the_verdict_changes_with_the_scale_of_the_loss(recording):
    assert kinds(recording(weight_gradient_norm=0.1 * 1e4)) == [(1, "exploding_gradient")]


def test_half_a_layer_silent_and_no_number_are_told(recording):
    told = kinds(recording(silent=[0.0, 6.0, 0.0], nonfinite=True))
    assert told == [(1, "dying_relu"), (60, "divergence")]
