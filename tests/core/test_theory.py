"""Theory against measurement."""

import math
from dataclasses import replace

import numpy as np
import pytest

from backscope.core.experiment import load_experiment
from backscope.core.theory import compare_with_theory
from backscope.core.trainer import Trainer


@pytest.fixture(scope="module")
def vanishing():
    return load_experiment("vanishing")


def test_measured_is_the_median_of_the_first_steps_of_the_seeds_from_the_experiments_own(vanishing):
    compared = compare_with_theory(vanishing, seeds=3)
    assert compared.seeds == (7, 8, 9)
    data = Trainer(vanishing).data
    profiles = []
    for seed in (7, 8, 9):
        record = next(Trainer(replace(vanishing, seed=seed), data).steps())
        profiles.append([math.log10(x / record.error_signal[-1]) for x in record.error_signal])
    for measured, each in zip(compared.measured, zip(*profiles, strict=True), strict=True):
        assert measured == pytest.approx(sorted(each)[1], abs=1e-9)


def test_the_prediction_is_of_the_same_layers_and_close(vanishing):
    compared = compare_with_theory(vanishing)
    assert [layer.index for layer in compared.layers] == list(range(1, 12))
    np.testing.assert_allclose(compared.prediction.decades, compared.measured, atol=0.1)


def test_a_network_that_breaks_at_once_is_measured_as_not_a_number():
    broken = load_experiment("exploding", {"network.gain": 1e6, "network.depth": 60})
    compared = compare_with_theory(broken, seeds=1)
    assert np.isnan(compared.measured).all()
    assert "overflows" in compared.prediction.unknown
