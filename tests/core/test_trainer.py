from dataclasses import replace

import numpy as np
import pytest

from backscope.core.descent import Descent
from backscope.core.experiment import Experiment
from backscope.core.probe_schedule import FULL_STEPS
from backscope.core.probes import Cadence
from backscope.core.record import RunState
from backscope.core.trainer import Trainer

TEXTBOOK = {
    "data": {
        "source": "inline",
        "X": [[0.5, 0.8]],
        "y": [[1.0]],
        "standardize": False,
        "validation": 0.0,
    },
    "network": {
        "hidden": [2],
        "activation": "sigmoid",
        "output_activation": "sigmoid",
        "initial_W": [[[0.15, 0.20], [0.25, 0.30]], [[0.40], [0.50]]],
        "initial_b": [[0.35, 0.35], [0.60]],
    },
    "training": {"loss": "half_mse", "learning_rate": 0.5, "batch_size": 1, "steps": 3},
}


def experiment(**changes):
    """A small experiment on moons; keys as table__key."""
    tables = {
        "data": {"source": "moons", "rows": 120, "validation": 0.25},
        "network": {"hidden": [8, 8], "activation": "relu"},
        "training": {"loss": "cross_entropy", "steps": 30, "batch_size": 16},
        "probes": {
            "signal_every": 1,
            "activations_every": 5,
            "trust_every": 5,
            "dead_every": 25,
        },
    }
    top = {}
    for key, value in changes.items():
        table, _, name = key.partition("__")
        if name:
            tables[table][name] = value
        else:
            top[table] = value
    if "epochs" in tables["training"]:
        del tables["training"]["steps"]
    return Experiment.from_dict({**top, **tables})


def records(**changes):
    return list(Trainer(experiment(**changes)).steps())


def test_the_textbook_example_comes_out_to_full_precision():
    trainer = Trainer(Experiment.from_dict(TEXTBOOK))
    X, y = [[0.5, 0.8]], [[1.0]]
    loss, ((dW1, db1), (dW2, db2)) = trainer.loss_and_gradients(X, y)
    assert trainer.predict(X).item() == pytest.approx(0.76737099, abs=5e-9)
    assert loss == pytest.approx(0.02705813, abs=5e-9)
    np.testing.assert_allclose(dW2.T, [[-0.02704897, -0.02765577]], atol=5e-9)
    np.testing.assert_allclose(db2, [-0.04152725], atol=5e-9)
    np.testing.assert_allclose(
        dW1.T, [[-0.00188610, -0.00301776], [-0.00230949, -0.00369518]], atol=5e-9
    )
    np.testing.assert_allclose(db1, dW1[0] / 0.5, rtol=1e-12)
    first, second, _ = trainer.steps()
    assert first.loss == pytest.approx(0.02705813, abs=5e-9)
    assert second.loss == pytest.approx(0.02545496, abs=5e-9)


def test_one_step_of_the_textbook_example_moves_the_prediction():
    trainer = Trainer(Experiment.from_dict(TEXTBOOK))
    next(trainer.steps())
    assert trainer.predict([[0.5, 0.8]]).item() == pytest.approx(0.77436773, abs=5e-9)


def test_the_same_seed_gives_identical_records():
    one, two = records(network__dropout=0.2), records(network__dropout=0.2)
    assert len(one) == 30
    assert one == two


def test_another_seed_gives_other_records():
    assert records(seed=1)[0] != records(seed=2)[0]


def test_the_data_does_not_depend_on_the_network():
    one, two = Trainer(experiment()), Trainer(experiment(network__hidden=[3, 3, 3]))
    np.testing.assert_array_equal(one.data.X_train, two.data.X_train)


def test_a_dropped_generator_is_picked_up_where_it_stood():
    whole = records()
    trainer = Trainer(experiment())
    parts = [next(trainer.steps()) for _ in range(10)]
    parts += trainer.steps()
    assert parts == whole


def test_the_steps_planned_are_done_and_numbered_from_one():
    trainer = Trainer(experiment())
    assert trainer.state is RunState.READY
    assert [record.step for record in trainer.steps()] == list(range(1, 31))
    assert trainer.state is RunState.FINISHED


def test_epochs_are_passes_over_the_training_part():
    trainer = Trainer(experiment(training__epochs=4))
    assert trainer.steps_planned == 23  # 4 x 90 rows in batches of 16
    assert list(trainer.steps())[-1].epoch == pytest.approx(4.0, abs=0.1)


def test_the_loss_falls_where_it_should():
    losses = [record.loss for record in records(training__steps=300)]
    assert np.median(losses[-20:]) < 0.5 * losses[0]


def test_a_float32_run_follows_the_float64_run():
    wide, narrow = records(), records(dtype="float32")
    assert narrow[-1].loss == pytest.approx(wide[-1].loss, rel=1e-3)


def test_weights_written_in_place_are_the_ones_used():
    trainer = Trainer(experiment())
    X, y = trainer.data.X_train[:8], trainer.data.y_train[:8]
    for layer in trainer.parameters:
        layer.W[...] = 0.0
    loss, _ = trainer.loss_and_gradients(X, y)
    assert loss == pytest.approx(np.log(2.0))


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
def test_loss_and_gradients_changes_nothing(normalization):
    changes = {"network__normalization": normalization, "network__dropout": 0.3}
    trainer = Trainer(experiment(**changes))
    X, y = trainer.data.X_train[:8], trainer.data.y_train[:8]
    first = trainer.loss_and_gradients(X, y)
    second = trainer.loss_and_gradients(X, y)
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1][0][0], second[1][0][0])
    assert list(trainer.steps()) == records(**changes)


def test_gradients_handed_out_are_copies():
    trainer = Trainer(experiment())
    X, y = trainer.data.X_train[:8], trainer.data.y_train[:8]
    _, first = trainer.loss_and_gradients(X, y)
    kept = first[0][0].copy()
    trainer.loss_and_gradients(-X, y)
    np.testing.assert_array_equal(first[0][0], kept)


def test_rows_and_targets_of_different_number_are_refused():
    trainer = Trainer(experiment())
    with pytest.raises(ValueError, match=r"expected y of shape \(8,\) or \(8, 2\), got \(5,\)"):
        trainer.loss_and_gradients(trainer.data.X_train[:8], trainer.data.y_train[:5])


def test_inputs_of_another_shape_are_refused_before_the_targets_are_looked_at():
    trainer = Trainer(experiment())
    for call in (trainer.predict, lambda X: trainer.loss_and_gradients(X, [1])):
        with pytest.raises(ValueError, match=r"expected X of shape \(batch, 2\), got \(2,\)"):
            call([0.5, 0.8])


def test_probabilities_of_a_row_sum_to_one():
    trainer = Trainer(experiment())
    np.testing.assert_allclose(trainer.predict(trainer.data.X_validation).sum(axis=1), 1.0)


def test_the_validation_loss_is_measured_once_an_epoch_and_at_the_end():
    measured = [r.step for r in records(training__steps=20) if np.isfinite(r.validation_loss)]
    assert measured == [6, 12, 17, 20]  # 90 rows in batches of 16: epochs end in steps 6, 12, 17


def test_the_validation_loss_is_measured_every_k_steps_when_asked():
    run = records(training__validate_every=10)
    assert [r.step for r in run if np.isfinite(r.validation_loss)] == [10, 20, 30]


def test_the_validation_loss_is_that_of_the_updated_network():
    trainer = Trainer(experiment(training__steps=6, training__learning_rate=1.0))
    last = list(trainer.steps())[-1]
    p = trainer.predict(trainer.data.X_validation)
    y = trainer.data.y_validation
    assert last.validation_loss == pytest.approx(-np.log(p[np.arange(len(y)), y]).mean())
    assert last.validation_accuracy == pytest.approx((p.argmax(axis=1) == y).mean())


def test_without_validation_rows_nothing_is_measured_there():
    assert all(np.isnan(r.validation_loss) for r in records(data__validation=0.0))


def test_early_stopping_ends_the_run_when_the_validation_loss_stalls():
    trainer = Trainer(
        experiment(
            training__learning_rate=0.0, training__early_stopping=3, training__validate_every=2
        )
    )
    assert len(list(trainer.steps())) == 8  # one best, then three that are no better
    assert trainer.state is RunState.FINISHED
    assert [event.kind for event in trainer.take_events()] == ["early_stopping"]


def test_clipping_is_seen_in_the_norm_after_but_not_before():
    for record in records(training__clip_norm=0.01, training__steps=5):
        assert record.gradient_norm > 0.02
        assert record.clipped_gradient_norm == pytest.approx(0.01, rel=1e-3)


def test_the_total_gradient_norm_is_that_of_all_arrays():
    trainer = Trainer(experiment())
    first = next(trainer.steps())
    squares = first.weight_gradient_norm**2 + first.bias_gradient_norm**2
    assert first.gradient_norm == pytest.approx(np.sqrt(squares.sum()))


def test_a_changed_rate_holds_from_the_next_step_on():
    trainer = Trainer(experiment())
    steps = trainer.steps()
    next(steps)
    trainer.change_rate(0.025)
    assert trainer.learning_rate == 0.025
    assert next(steps).learning_rate == 0.025
    assert trainer.rate_changes == ((2, 0.025),)


def test_rate_changes_by_hand_are_reproduced_by_the_settings_that_list_them():
    trainer = Trainer(experiment())
    steps = trainer.steps()
    by_hand = [next(steps) for _ in range(10)]
    trainer.change_rate(1.0)
    by_hand += steps
    assert by_hand == records(training__rate_changes=[[11, 1.0]])


def test_two_changes_at_one_step_leave_the_last():
    trainer = Trainer(experiment())
    trainer.change_rate(0.5)
    trainer.change_rate(0.25)
    assert trainer.rate_changes == ((1, 0.25),)


def diverging(**changes):
    return experiment(
        network__hidden=[8] * 60,
        network__gain=1e6,
        training__loss="mse",
        data__source="sine",
        **changes,
    )


def test_a_run_that_overflows_ends_as_diverged_with_the_value_named():
    trainer = Trainer(diverging())
    run = list(trainer.steps())
    assert trainer.state is RunState.DIVERGED
    bad = run[-1].nonfinite
    assert bad.step == run[-1].step == 1
    assert bad.quantity == "z"
    assert 40 < bad.layer < 60, "1e6 a layer: 1e308 is passed in the fifties"
    assert 0 < bad.count <= bad.size
    assert all(record.nonfinite is None for record in run[:-1])


def test_the_update_of_a_diverged_step_is_not_applied():
    trainer = Trainer(diverging())
    list(trainer.steps())
    assert np.isfinite(trainer.network.theta).all()


def linear(**changes):
    """A trainer of a linear network on a regression: what its numbers grow to is easily told."""
    return Trainer(
        experiment(
            data__source="sine",
            network__hidden=[8],
            network__activation="identity",
            training__loss="mse",
            **changes,
        )
    )


def assert_diverges(trainer, layer, quantity):
    run = list(trainer.steps())
    bad = run[-1].nonfinite
    assert trainer.state is RunState.DIVERGED
    assert (bad.step, bad.layer, bad.quantity) == (run[-1].step, layer, quantity)
    assert all(record.nonfinite is None for record in run[:-1])
    return run[-1]


@pytest.mark.parametrize(
    ("optimizer", "quantity"),
    [
        ("adam", "adam_squares of W"),
        ("adamw", "adam_squares of W"),
        ("rmsprop", "mean_square of W"),
    ],
)
def test_squares_of_gradients_that_overflow_end_the_run(optimizer, quantity):
    """Divided by an infinite square, every update would be zero for ever, without a word."""
    trainer = linear(training__optimizer=optimizer)
    trainer.parameters[1].W[...] = 1e100
    last = assert_diverges(trainer, 1, quantity)
    assert last.step == 1
    assert np.isfinite([last.loss, last.gradient_norm]).all()


@pytest.mark.parametrize(
    ("activation", "sign"),
    [("sigmoid", 1.0), ("tanh", -1.0), ("relu", -1.0), ("elu", -1.0), ("softplus", -1.0)],
)
def test_a_preactivation_that_overflows_into_a_flat_part_is_not_overlooked(activation, sign):
    """The activation of an infinity is a number there, its slope 0: nothing after it tells."""
    trainer = Trainer(
        experiment(
            data__source="sine",
            network__hidden=[8],
            network__activation=activation,
            training__loss="mse",
        )
    )
    trainer.data.X_train[...] = np.abs(trainer.data.X_train) + 1.0
    trainer.parameters[0].W[...] = sign * 1.7e308
    last = assert_diverges(trainer, 1, "z")
    assert np.isfinite([last.loss, last.gradient_norm]).all()


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_a_variance_that_overflows_ends_the_run_instead_of_silencing_the_layer(normalization):
    trainer = linear(network__normalization=normalization, dtype="float32")
    trainer.parameters[0].W[...] *= np.float32(1e25)
    last = assert_diverges(trainer, 1, "normalized z")
    assert last.nonfinite.count > 0


def test_a_validation_loss_that_overflows_ends_the_run():
    trainer = linear(training__validate_every=3, training__learning_rate=0.0)
    trainer.data.X_validation[0] = 1e200
    last = assert_diverges(trainer, None, "validation loss")
    assert (last.step, last.validation_loss) == (3, np.inf)


def test_a_gradient_norm_that_overflows_though_no_entry_does_ends_the_run():
    trainer = linear(training__learning_rate=0.0, data__validation=0.0)
    trainer.parameters[0].W[...] = 0.0
    trainer.parameters[0].b[...] = 5e154
    trainer.parameters[1].W[...] = 0.0
    trainer._targets[...] = 1e153
    assert_diverges(trainer, None, "gradient norm")


def test_no_warning_escapes_a_diverging_step_and_no_error_state_leaks():
    before = np.geterr()
    next(Trainer(diverging()).steps())
    assert np.geterr() == before


def test_steps_asked_for_with_errors_ignored_are_the_same():
    by_itself = list(Trainer(diverging()).steps())
    with np.errstate(all="ignore"):
        together = list(Trainer(diverging()).steps(errors_ignored=True))
    assert together == by_itself


def test_bare_steps_tell_the_losses_of_the_recorded_ones():
    settings = experiment(training__steps=12)
    with np.errstate(all="ignore"):
        losses = list(Trainer(settings).bare_steps())
    assert losses == [record.loss for record in Trainer(settings).steps()]


def test_records_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        records(training__steps=1)[0].error_signal[0] = 1.0


@pytest.mark.parametrize("normalization", ["none", "batch"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_measuring_changes_no_bit_of_the_training(optimizer, normalization):
    ends = []
    for every in (1, 1000):
        trainer = Trainer(
            experiment(
                dtype="float32",
                network__normalization=normalization,
                network__dropout=0.2,
                training__optimizer=optimizer,
                training__learning_rate=0.03,
                probes__activations_every=every,
                probes__trust_every=every,
                probes__dead_every=every,
            )
        )
        losses = [record.loss for record in trainer.steps()]
        running = [r.variance.tobytes() for r in trainer.network.running if r is not None]
        ends.append((losses, trainer.network.theta.tobytes(), running))
    assert ends[0] == ends[1]


def test_small_steps_do_what_they_promise_and_large_ones_do_not():
    for rate, low, high in ((1e-3, 0.99, 1.01), (30.0, -100.0, 0.5)):
        run = records(training__learning_rate=rate, probes__trust_every=1)
        assert low < np.median([record.trust_ratio for record in run[:10]]) < high


def test_a_metric_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no metric 'los'"):
        _ = records(training__steps=1)[0].los


def test_everything_is_measured_at_the_first_and_at_the_last_step():
    run = records(
        training__steps=9,
        probes__activations_every=1000,
        probes__trust_every=1000,
        probes__dead_every=1000,
    )
    measured = [r.step for r in run if np.isfinite(r.activation_mean).all()]
    assert measured == [1, 9]
    assert [r.step for r in run if np.isfinite(r.dead[:2]).all()] == [1, 9]


def test_a_target_that_does_not_fit_the_loss_is_an_input_error():
    from backscope.core.errors import InputError

    with pytest.raises(InputError, match="cross_entropy"):
        Trainer(experiment(data__source="sine"))


def test_the_probe_set_is_the_same_whatever_the_network():
    one = Trainer(experiment(probes__dead_rows=20))
    two = Trainer(replace(experiment(probes__dead_rows=20), dtype="float64"))
    np.testing.assert_array_equal(one._regime._setup.probe_rows, two._regime._setup.probe_rows)
    assert len(one._regime._setup.probe_rows) == 20


def test_initial_weights_that_do_not_fit_the_data_are_an_input_error():
    from backscope.core.errors import InputError

    W = [[[1.0] * 8] * 3, [[1.0] * 8] * 8, [[1.0] * 5] * 8]
    with pytest.raises(InputError) as caught:
        Trainer(experiment(network__initial_W=W))
    assert caught.value.problems == (
        "network.initial_W, layer 1: 3 rows, but the data has 2 inputs",
        "network.initial_W, layer 3: 5 columns, but the loss needs 2 outputs",
    )


def test_initial_weights_that_the_dtype_cannot_hold_are_an_input_error():
    from backscope.core.errors import InputError

    data = {"source": "inline", "X": [[1.0]], "y": [[1.0]], "validation": 0.0}
    network = {
        "hidden": [1],
        "initial_W": [[[1.0]], [[-1e300]]],
        "initial_b": [[1e39], [0.0]],
    }
    document = {"data": data, "network": network, "training": {"loss": "mse"}}
    Trainer(Experiment.from_dict(document))
    with pytest.raises(InputError) as caught:
        Trainer(Experiment.from_dict({**document, "dtype": "float32"}))
    assert caught.value.problems == (
        "network.initial_W, layer 2: -1e+300 is too large for float32",
        "network.initial_b, layer 1: 1e+39 is too large for float32",
    )


class Costly:
    """A clock that stands still but for some calls, each of which takes its time."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def charge(self, monkeypatch, owner, name, seconds):
        """Have a method take so long."""
        plain = getattr(owner, name)

        def charged(*args, **kwargs):
            self.now += seconds
            return plain(*args, **kwargs)

        monkeypatch.setattr(owner, name, charged)


@pytest.mark.parametrize("dear", ["keep", "promised", "trust_ratio"])
def test_all_that_measuring_takes_is_paid_from_the_budget(monkeypatch, dear):
    clock = Costly()
    steps = 3000
    probes = {"probes__activations_every": 0, "probes__trust_every": 0, "probes__dead_every": 0}
    trainer = Trainer(
        experiment(training__steps=steps + 1, **probes, probes__budget=0.05), clock=clock
    )
    clock.charge(monkeypatch, Descent, "compute", 1.0)
    for each in ("keep", "promised", "trust_ratio"):
        clock.charge(monkeypatch, Descent, each, 2.0 if each == dear else 0.2)
    walk = trainer.steps()
    for _ in range(FULL_STEPS):
        next(walk)
    clock.now = 0.0
    for _ in range(steps - FULL_STEPS):
        next(walk)
    spent = clock.now - (steps - FULL_STEPS)
    assert 0.02 * steps < spent < 0.051 * steps


def test_dead_units_are_not_looked_for_where_no_unit_can_die():
    trainer = Trainer(experiment(network__activation="tanh"))
    assert Cadence.DEAD not in trainer._schedule.cadences
    assert Cadence.DEAD in Trainer(experiment())._schedule.cadences
