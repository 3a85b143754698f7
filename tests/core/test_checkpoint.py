"""Going on from a checkpoint is the same, to the last bit, as never having stopped."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.activations import ACTIVATIONS
from backscope.core.checkpoint import Checkpoint
from backscope.core.errors import InputError
from backscope.core.experiment import Experiment
from backscope.core.optimizers import OPTIMIZERS
from backscope.core.record import RunState
from backscope.core.schedules import SCHEDULES
from backscope.core.trainer import Trainer

STEPS = 24


def experiment(**tables):
    """Probes at intervals of their own: what is measured when must not hang on the clock."""
    document = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5, 5]},
        "training": {"steps": STEPS, "batch_size": 8},
        "probes": {"activations_every": 1, "trust_every": 2, "dead_every": 3},
    }
    for name, table in tables.items():
        document[name] = {**document[name], **table} if isinstance(table, dict) else table
    return Experiment.from_dict(document)


def finished(trainer):
    """All records, and what the trainer stands at in the end."""
    records = [(record.step, record.row.tobytes(), record.nonfinite) for record in trainer.steps()]
    arrays, values = trainer.checkpoint().to_plain()
    bits = {name: array.tobytes() for name, array in arrays.items()}
    return records, bits, values, trainer.state


def stored(checkpoint):
    """As it comes back from a store that knows arrays and JSON."""
    arrays, values = checkpoint.to_plain()
    copies = {name: array.copy() for name, array in arrays.items()}
    return Checkpoint.from_plain(copies, json.loads(json.dumps(values)))


def assert_going_on_is_the_same(what, steps):
    whole = finished(Trainer(what))
    first = Trainer(what)
    begun = [next(first.steps(), None) for _ in range(steps)]
    checkpoint = stored(first.checkpoint())
    records, *end = finished(Trainer(what, checkpoint=checkpoint))
    done = [(each.step, each.row.tobytes(), each.nonfinite) for each in begun if each is not None]
    assert [*done, *records] == whole[0]
    assert end == list(whole[1:])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_optimizer_goes_on_where_it_stood(optimizer, dtype):
    training = {"optimizer": optimizer, "learning_rate": 0.01, "weight_decay": 0.01}
    assert_going_on_is_the_same(experiment(dtype=dtype, training=training), 10)


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize("batch_size", [8, 1000])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_normalization_dropout_and_residual_go_on_with_batches_of_any_size(
    normalization, batch_size, dropout
):
    network = {"normalization": normalization, "dropout": dropout, "residual": True}
    assert_going_on_is_the_same(experiment(network=network, training={"batch_size": batch_size}), 7)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_warm_up_and_planned_changes_go_on(schedule):
    training = {"schedule": schedule, "warmup_steps": 6, "rate_changes": [[4, 0.2], [15, 0.05]]}
    assert_going_on_is_the_same(experiment(training=training), 5)


@pytest.mark.parametrize("steps", [0, 3, 9, STEPS])
def test_early_stopping_counts_on(steps):
    training = {"early_stopping": 3, "validate_every": 1, "learning_rate": 5.0}
    what = experiment(training=training)
    assert finished(Trainer(what))[0][-1][0] < STEPS, "expected a run that stops early"
    assert_going_on_is_the_same(what, steps)


@pytest.mark.parametrize("steps", [1, 20, 33, 40])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_signal_so_small_that_it_is_scaled_goes_on(steps, optimizer):
    what = experiment(
        dtype="float32",
        network={"hidden": [8] * 60, "activation": "sigmoid"},
        training={"steps": 70, "optimizer": optimizer},
    )
    assert_going_on_is_the_same(what, steps)


def test_a_diverged_trainer_stays_diverged():
    what = experiment(network={"gain": 1e6, "hidden": [8] * 60})
    assert_going_on_is_the_same(what, STEPS)
    trainer = Trainer(what)
    list(trainer.steps())
    assert Trainer(what, checkpoint=trainer.checkpoint()).state is RunState.DIVERGED


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_any_trainer_goes_on_where_it_stood(data):
    def one_of(*values):
        return data.draw(st.sampled_from(values))

    what = experiment(
        seed=data.draw(st.integers(0, 1000)),
        dtype=one_of("float32", "float64"),
        network={
            "hidden": one_of([], [1], [4, 4], [3, 3, 8], [6] * 8),
            "activation": one_of(*ACTIVATIONS),
            "gain": one_of(1.0, 1.0, 0.0, 30.0),
            "normalization": one_of("none", "batch", "layer"),
            "residual": one_of(False, True),
            "residual_block": one_of(1, 2),
            "dropout": one_of(0.0, 0.4),
        },
        training={
            "optimizer": one_of(*OPTIMIZERS),
            "learning_rate": one_of(0.01, 0.1, 10.0),
            "batch_size": one_of(1, 7, 1000),
            "clip_norm": one_of(0.0, 0.1),
            "schedule": one_of(*SCHEDULES),
            "early_stopping": one_of(0, 2),
            "validate_every": one_of(0, 1, 5),
            "rate_changes": one_of([], [[9, 0.5]]),
        },
    )
    assert_going_on_is_the_same(what, data.draw(st.integers(0, STEPS)))


def test_a_change_of_the_rate_by_hand_is_remembered():
    trainer = Trainer(experiment())
    next(trainer.steps())
    trainer.change_rate(0.7)
    again = Trainer(experiment(), checkpoint=trainer.checkpoint())
    assert again.learning_rate == 0.7
    assert finished(again) == finished(trainer)


def test_a_checkpoint_stays_as_it_was_while_training_goes_on():
    trainer = Trainer(
        experiment(training={"optimizer": "adam"}, network={"normalization": "batch"})
    )
    next(trainer.steps())
    checkpoint = trainer.checkpoint()
    before = [array.tobytes() for array in checkpoint.to_plain()[0].values()]
    list(trainer.steps())
    assert [array.tobytes() for array in checkpoint.to_plain()[0].values()] == before
    assert checkpoint.step == 1


def test_another_optimizer_starts_anew_on_the_same_parameters():
    sgd = experiment(training={"optimizer": "sgd"})
    trainer = Trainer(sgd)
    for _ in range(5):
        next(trainer.steps())
    adam = replace(sgd, training=replace(sgd.training, optimizer="adam"))
    changed = Trainer(adam, checkpoint=trainer.checkpoint())
    before = changed.network.theta.copy()
    next(changed.steps())
    # Adam's first update is the rate, in the direction of the gradient's sign.
    update = np.abs(changed.network.theta - before)
    moved = update[changed.network.gradient != 0]
    assert moved == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"network": {"hidden": [5, 5, 5]}}, "layers 2-5x2-2, the experiment has 2-5x3-2"),
        ({"network": {"normalization": "batch"}}, "2-5x2-2 with batch normalization"),
        ({"data": {"rows": 80}}, "trained on 45 rows, the experiment has 60"),
        ({"dtype": "float32"}, "is in float64, the experiment in float32"),
    ],
)
def test_a_checkpoint_of_another_network_or_data_is_refused_in_one_line(tables, said):
    trainer = Trainer(experiment())
    next(trainer.steps())
    with pytest.raises(InputError) as error:
        Trainer(experiment(**tables), checkpoint=trainer.checkpoint())
    (line,) = error.value.problems
    assert line.startswith("the checkpoint of step 1 ")
    assert said in line


def test_its_size_is_that_of_its_arrays():
    checkpoint = Trainer(experiment(training={"optimizer": "adam"})).checkpoint()
    parameters = (2 + 1) * 5 + (5 + 1) * 5 + (5 + 1) * 2
    # Parameters, Adam's two memories, and what is scaled at which of the three layers.
    assert checkpoint.nbytes == 3 * parameters * 8 + 3 * (8 + 1)
