"""What the stories say of the first step is so, with any seed."""

import re

import numpy as np
import pytest

from backscope.core.experiment import load_experiment
from backscope.core.trainer import Trainer

SEEDS = (7, 20, 301)

FIRST_OVER_LAST = {
    "vanishing": ("2e-07", 1.5e-7, 3.5e-7),
    "vanishing-cured": ("about a sixth", 1 / 7.5, 1 / 4.5),
    "batch-norm": ("a fifth", 1 / 6, 1 / 4),
    "vanishing-tanh": ("1e-04", 0.5e-4, 1.5e-4),
    "vanishing-tanh-cured": ("about a seventh", 1 / 8.5, 1 / 5.5),
    "exploding": ("a thousand times larger, or more", 1e3, 5e3),
    "clipping-is-no-cure": ("a thousandfold", 1e3, 5e3),
    "vanishing-hidden": ("5e-06", 3.5e-6, 6.5e-6),
    "chaos": ("a thousandfold", 0.7e3, 4e3),
    "residual": ("layer 1 gets more than it", 1.0, 2.0),
    "residual-without": ("5e-13", 2e-13, 6e-13),
}
"""Words of the story, and between what the error signal of layer 1 over that of the last one is."""

LEVEL_WITHIN = {
    "healthy": ("a factor of four", 4.0),
    "vanishing-hidden-cured": ("a factor of five", 5.0),
    "exploding-cured": ("a factor of seven", 7.0),
    "chaos-cured": ("a factor of ten", 10.0),
}
"""Words of the story, and the largest over the smallest error signal."""


def story(name):
    return " ".join(load_experiment(name).story.split())


def first_record(name, seed):
    return next(Trainer(load_experiment(name, {"seed": seed})).steps())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", FIRST_OVER_LAST)
def test_the_share_of_the_error_signal_that_arrives_is_as_told(name, seed):
    words, low, high = FIRST_OVER_LAST[name]
    signal = first_record(name, seed).error_signal
    assert words in story(name)
    assert low < signal[0] / signal[-1] < high


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LEVEL_WITHIN)
def test_a_profile_that_is_told_to_be_level_is_level(name, seed):
    words, factor = LEVEL_WITHIN[name]
    signal = first_record(name, seed).error_signal
    assert words in story(name)
    assert signal.max() / signal.min() < factor


@pytest.mark.parametrize("seed", SEEDS)
def test_each_sigmoid_layer_passes_on_the_share_that_is_told(seed):
    signal = first_record("vanishing", seed).error_signal
    assert "0.22 of the error signal" in story("vanishing")
    assert (signal[0] / signal[-1]) ** (1 / 10) == pytest.approx(0.22, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["vanishing-tanh", "residual-without"])
def test_weight_gradients_that_are_told_to_be_level_are_so_at_the_first_step(name, seed):
    norms = first_record(name, seed).weight_gradient_norm
    assert re.search(r"first step.*weight gradients.*level|first step: level", story(name))
    assert norms.max() / norms.min() < 3.0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "ratio"), [("dying-relu", -0.6), ("dying-relu-cured", -2.3)])
def test_adams_first_update_is_as_large_beside_the_weights_as_told(name, ratio, seed):
    first = first_record(name, seed)
    assert f"{ratio:.1f}" in story("dying-relu-cured")
    assert np.mean(first.update_ratio[:-1]) == pytest.approx(ratio, abs=0.06)
    assert np.nansum(first.dead) == 5, "five dead units at the start"


@pytest.mark.parametrize("seed", SEEDS)
def test_weight_gradients_that_hide_a_vanishing_signal_are_as_level_as_told(seed):
    norms = first_record("vanishing-hidden", seed).weight_gradient_norm
    assert "within a factor of four" in story("vanishing-hidden")
    assert norms.max() / norms.min() < 4.0


@pytest.mark.parametrize("seed", SEEDS)
def test_three_quarters_of_the_activations_are_saturated_as_told(seed):
    saturated = first_record("saturation", seed).saturated[:-1]
    assert "three quarters of the activations" in story("saturation")
    assert saturated.mean() == pytest.approx(0.75, abs=0.05)
    assert first_record("saturation-cured", seed).saturated[:-1].max() < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_updates_that_are_told_to_be_a_millionth_of_the_weights_are_so(seed):
    ratio = first_record("rate-too-small", seed).update_ratio[:-1]
    assert "a millionth of the weights" in story("rate-too-small")
    assert ratio.mean() == pytest.approx(-6.0, abs=0.5)


@pytest.mark.parametrize("seed", SEEDS)
def test_layers_that_are_told_to_be_dead_on_arrival_are_dead(seed):
    first = first_record("dead-on-arrival", seed)
    assert "layers 4 and 5 have not a single living unit" in story("dead-on-arrival")
    assert first.dead[3:5].tolist() == [64, 64]
    assert "exactly 0 in all layers but the last" in story("dead-on-arrival")
    assert (first.error_signal[:-1] == 0.0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_inputs_in_another_unit_make_the_first_loss_as_large_as_told(seed):
    assert "near a thousand or above" in story("inputs")
    assert first_record("inputs", seed).loss > 800
    assert first_record("inputs-cured", seed).loss < 10


@pytest.mark.parametrize("seed", SEEDS)
def test_chance_is_all_that_weights_that_are_all_the_same_lack(seed):
    trainer = Trainer(load_experiment("symmetry", {"seed": seed}))
    for record in trainer.steps():
        if record.step == 20:
            break
    W = trainer.parameters[1].W
    assert np.ptp(W) < 1e-12 * np.abs(W).max() or np.ptp(W, axis=0).max() < 1e-9
