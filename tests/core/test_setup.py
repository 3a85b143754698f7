"""What follows from an experiment before its first step."""

import numpy as np
import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment
from backscope.core.setup import INTERVENTIONS_STREAM, STREAMS, set_up


def experiment(**tables):
    return Experiment.from_dict({"data": {"source": "moons", "rows": 40}, **tables})


def test_the_streams_are_spawned_in_their_order_from_the_seed():
    setup = set_up(experiment(seed=3))
    seeds = np.random.SeedSequence(3).spawn(len(STREAMS))
    shuffle = np.random.default_rng(seeds[STREAMS.index("shuffle")])
    assert setup.generators["shuffle"].bit_generator.state == shuffle.bit_generator.state
    assert setup.generators.keys() == {"shuffle", "dropout"}
    assert len(STREAMS) == INTERVENTIONS_STREAM


def test_the_inputs_are_there_once_with_a_column_of_ones():
    setup = set_up(experiment())
    assert np.shares_memory(setup.X, setup.data.X_train)
    assert (setup.X[:, -1] == 1).all()
    np.testing.assert_array_equal(setup.X[:, :-1], setup.data.X_train)


def test_given_data_are_used_as_they_are():
    first = set_up(experiment())
    again = set_up(experiment(training={"learning_rate": 0.5}), first.data)
    np.testing.assert_array_equal(again.data.X_train, first.data.X_train)
    assert len(again.targets) == len(first.targets)
    assert len(again.validation_targets) == len(again.data.X_validation)


def test_epochs_are_so_many_steps():
    setup = set_up(experiment(training={"epochs": 3, "batch_size": 8}))
    assert setup.steps_planned == 12  # 30 rows, 8 a step


def test_the_probe_set_holds_no_more_rows_than_there_are():
    assert len(set_up(experiment(probes={"dead_rows": 7})).probe_rows) == 7
    assert len(set_up(experiment()).probe_rows) == 30


def test_weights_that_do_not_fit_the_data_are_refused_with_the_key():
    with pytest.raises(InputError, match="initial_W, layer 1"):
        set_up(experiment(network={"hidden": [], "initial_W": [[[1.0, 2.0]]]}))
