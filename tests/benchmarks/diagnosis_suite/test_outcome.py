"""How a run ended, and whether that bears out its label."""

import numpy as np
import pytest
from diagnosis_suite.outcome import Outcome


def test_losses_are_in_units_of_knowing_nothing_and_the_last_a_median(recording):
    loss = np.full(60, 4.0)
    loss[-10:] = 0.2
    loss[-21:-10] = 1.0
    validation = np.full(60, np.nan)
    validation[[9, 19, 29, 39, 49]] = 2.0, 1.0, 3.0, 5.0, 4.0
    outcome = Outcome.of(recording(loss=loss, validation_loss=validation))
    assert outcome == Outcome(2.0, 0.3, 0.5, 2.0)


def test_a_run_that_ends_without_a_number_is_bad_whatever_its_loss_was(recording):
    outcome = Outcome.of(recording(loss=0.1, nonfinite=True))
    assert outcome.end == np.inf
    assert outcome.bad


@pytest.mark.parametrize(
    ("label", "end", "best", "last", "holds"),
    [
        ("none", 0.4, 0.4, 0.4, True),
        ("none", 0.6, 0.6, 0.6, False),
        ("none", 0.1, 0.2, 0.28, True),
        ("none", 0.1, 0.2, 0.4, False),
        ("none", 0.001, 0.01, 0.05, True),
        ("none", 0.1, np.nan, np.nan, True),
        ("vanishing_gradient", 0.4, 1.0, 1.0, True),
        ("vanishing_gradient", 0.2, 0.2, 0.2, False),
        ("divergence", np.inf, np.nan, np.nan, True),
        ("overfitting", 0.1, 0.4, 0.5, True),
        ("overfitting", 0.1, 0.4, 0.42, False),
        ("overfitting", 0.9, 0.4, 0.9, False),
    ],
)
def test_a_label_counts_where_the_outcome_bears_it_out(case, label, end, best, last, holds):
    assert Outcome(1.0, end, best, last).bears_out(case(label)) is holds
