"""SageMaker Debugger's rules on made-up histories."""

import numpy as np
import pytest
from diagnosis_suite.sagemaker import sagemaker, sagemaker_tensors

FALLING = 0.9 ** np.arange(60)


def rules(recording, rules=sagemaker):
    return [(alarm.step, alarm.rule) for alarm in rules(recording)]


def test_nothing_is_said_of_a_loss_that_falls_and_gradients_that_are_there(recording):
    assert rules(recording(loss=FALLING)) == []


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"weight_gradient_norm": [0.1, 9e-7, 0.1]}, "VanishingGradient"),
        ({"silent": [0.0, 6.0, 0.0]}, "DeadRelu"),
        ({"activation": "tanh", "preactivation_std": 20.0}, "SaturatedActivation"),
        ({"activation": "tanh", "preactivation_mean": [12.0, 0.0, 0.0]}, "SaturatedActivation"),
    ],
)
def test_each_tensor_rule_holds_by_its_default(recording, columns, rule):
    made = recording(loss=FALLING, **columns)
    assert rules(made) == rules(made, sagemaker_tensors) == [(1, rule)]


def test_a_value_that_is_not_finite_is_an_exploding_tensor(recording):
    made = recording(steps=9, loss=FALLING[:9], nonfinite=True)
    assert rules(made) == [(9, "ExplodingTensor")]


def test_a_loss_that_stands_still_for_ten_steps_is_told(recording):
    loss = np.concatenate([FALLING[:25], np.full(35, FALLING[24])])
    assert rules(recording(loss=loss)) == [(41, "LossNotDecreasing")]


def test_a_validation_loss_a_tenth_above_training_is_overfitting(recording):
    validation = np.full(60, np.nan)
    validation[[19, 39]] = FALLING[:20].mean(), 1.2 * FALLING[20:40].mean()
    assert rules(recording(loss=FALLING, validation_loss=validation)) == [(40, "Overfit")]


def test_variances_of_the_hidden_layers_that_differ_tenfold_at_the_start_are_told(recording):
    assert rules(recording(loss=FALLING, preactivation_std=[1.0, 4.0, 1.0])) == [
        (1, "PoorWeightInitialization")
    ]
    assert rules(recording(loss=FALLING, preactivation_std=[1.0, 1.0, 4.0])) == []


@pytest.mark.parametrize(("ratio", "kind"), [(1.5, "large"), (-8.5, "small")])
def test_updates_ten_times_the_weights_or_next_to_nothing_are_told(recording, ratio, kind):
    alarms = sagemaker(recording(loss=FALLING, update_ratio=ratio))
    assert [alarm.kinds for alarm in alarms] == [(f"learning_rate_too_{kind}",)]


def test_what_was_not_measured_raises_no_alarm(recording):
    nothing = dict.fromkeys(("update_ratio", "preactivation_std", "preactivation_mean"), np.nan)
    assert rules(recording(loss=FALLING, activation="tanh", **nothing)) == []
