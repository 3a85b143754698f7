"""A run that goes back is a new one: exact up to where it stands, and free from there on."""

import threading
from dataclasses import replace

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, command_line
from backscope.core.interventions import Intervention
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer


def experiment(**training):
    return Experiment.from_dict(
        {
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [4, 4]},
            "training": {"steps": 80, "batch_size": 8, **training},
            "probes": {"activations_every": 1, "trust_every": 1, "dead_every": 1},
        },
        name="moons.toml",
    )


def records(run):
    blocks = list(run.history.snapshot().rows())
    return [
        (int(step), row.tobytes())
        for steps, rows in blocks
        for step, row in zip(steps, rows, strict=True)
    ]


def changed_at(step, factor, **training):
    run = Run(Trainer(experiment(**training)))
    run.advance(step)
    run.change_rate(factor)
    return run


def test_a_change_is_undone_by_going_back_to_before_it():
    run = changed_at(30, 100.0)
    run.advance(20)
    fork = run.fork(run.checkpoints.before_changes[-1])
    assert fork.status().step == 30
    assert fork.status().seconds == run.history.snapshot().seconds_at(30)
    fork.drive()
    untouched = Run(Trainer(experiment()))
    untouched.drive()
    assert records(fork) == records(untouched)
    assert fork.experiment == untouched.experiment


def test_the_run_that_was_left_stays_as_it_is():
    run = changed_at(30, 100.0)
    run.advance(20)
    before = records(run)
    fork = run.fork(run.checkpoints.before_changes[-1])
    fork.drive()
    assert records(run) == before
    assert [event.kind for event in run.history.snapshot().events] == ["learning_rate"]


def test_going_back_is_marked_and_says_from_where_and_what_is_undone():
    run = changed_at(30, 2.0)
    run.advance(20)
    fork = run.fork(run.checkpoints.before_changes[-1])
    (event,) = fork.history.snapshot().events
    assert (event.step, event.kind) == (31, "roll_back")
    assert event.text == "from step 50: learning rate 0.1 -> 0.2 undone"


def test_changes_are_undone_one_after_the_other():
    run = changed_at(10, 2.0)
    run.advance(10)
    run.change_rate(2.0)
    run.change_rate(2.0)
    run.advance(10)
    rates = []
    while run.checkpoints.before_changes:
        rates.append((run.status().step, run.status().learning_rate))
        run = run.fork(run.checkpoints.before_changes[-1])
    assert rates == [
        (30, pytest.approx(0.8)),
        (20, pytest.approx(0.4)),
        (20, pytest.approx(0.2)),
    ]
    assert run.status().step == 10
    assert run.status().learning_rate == 0.1
    assert run.experiment == experiment()


def test_a_run_that_broke_goes_on_from_its_last_good_step_with_another_rate():
    run = Run(Trainer(experiment(learning_rate=1e6, loss="mse")))
    run.drive()
    assert run.status().state is RunState.DIVERGED
    given = run.experiment
    cured = replace(given, training=replace(given.training, learning_rate=0.01))
    fork = run.fork(run.checkpoints.last_good, cured)
    assert fork.history.snapshot().nonfinite is None
    fork.drive()
    assert fork.status().state is RunState.FINISHED


def test_what_was_changed_on_going_back_is_reproduced_by_the_command_line():
    run = changed_at(30, 2.0)
    run.advance(20)
    given = experiment()
    wanted = replace(given, training=replace(given.training, learning_rate=0.01))
    fork = run.fork(run.checkpoints.before_changes[-1], wanted)
    fork.drive()
    again = Run(Trainer(fork.experiment))
    again.drive()
    assert fork.experiment.training.rate_changes == ((31, 0.01),)
    assert "training.rate_changes" in command_line(fork.experiment)
    assert records(fork) == records(again)
    assert [each.text for each in fork.history.snapshot().events][-1] == "0.1 -> 0.01"


def test_pace_is_kept_and_a_fork_can_be_held():
    run = Run(Trainer(experiment()), pace=20.0)
    run.advance(25)
    fork = run.fork(run.checkpoints.last_good, paused=True)
    assert fork.status().pace == 20.0
    assert fork.status().state is RunState.PAUSED


def test_another_network_is_refused_in_one_line():
    run = changed_at(5, 2.0)
    run.advance(1)
    given = experiment()
    wider = replace(given, network=replace(given.network, hidden=(9, 4)))
    with pytest.raises(InputError, match="has the layers 2-4x2-2, the experiment has 2-9-4-2"):
        run.fork(run.checkpoints.before_changes[-1], wider)


def test_the_last_good_step_follows_a_run_that_goes_well():
    run = Run(Trainer(experiment(steps=400)))
    run.drive()
    assert 300 <= run.checkpoints.last_good.step < 400


def test_clipping_on_going_back_is_reproduced_by_the_command_line():
    run = changed_at(30, 2.0)
    run.advance(20)
    given = experiment(interventions=["45 rescale"])
    wanted = replace(given, training=replace(given.training, clip_norm=0.1))
    run = Run(Trainer(given))
    run.advance(30)
    run.intervene(Intervention("revive"))
    run.intervene(Intervention("clip_norm", 3.0))
    run.advance(20)
    fork = run.fork(run.checkpoints.before_changes[-1], wanted)
    fork.drive()
    assert "31 clip_norm 0.1" in fork.experiment.training.interventions
    assert fork.experiment.training.interventions[-1] == "45 rescale"
    again = Run(Trainer(fork.experiment))
    again.drive()
    assert records(fork) == records(again)
    assert fork.status().clip_norm == 0.1


def test_from_the_very_beginning_it_is_the_wanted_experiment_itself():
    given = experiment(learning_rate=1e6, loss="mse")
    run = Run(Trainer(given))
    run.drive()
    cured = replace(given, training=replace(given.training, learning_rate=0.01, clip_norm=0.5))
    fork = run.fork(run.checkpoints.last_good, cured)
    assert fork.experiment == cured
    fork.drive()
    fresh = Run(Trainer(cured))
    fresh.drive()
    assert records(fork) == records(fresh)


def test_an_intervention_is_undone_to_the_last_bit():
    for intervention in (
        Intervention("revive"),
        Intervention("rescale"),
        Intervention("clip_norm", 0.01),
    ):
        run = Run(Trainer(experiment(optimizer="adam")))
        run._trainer.network.parameters[0].b[0] = -1e3
        run.advance(30)
        before = run._trainer.checkpoint()
        run.intervene(intervention)
        run.advance(10)
        fork = run.fork(run.checkpoints.before_changes[-1])
        after = fork._trainer.checkpoint()
        assert after.theta.tobytes() == before.theta.tobytes()
        assert after.to_plain()[1] == before.to_plain()[1]
        assert fork.status().clip_norm == 0.0
        assert fork.experiment == experiment(optimizer="adam")


def test_rolling_back_is_not_stopped_by_a_change_asked_for_from_another_thread():
    run = Run(Trainer(experiment()), paused=True)
    thread = threading.Thread(target=run.drive, daemon=True)
    thread.start()
    answered = threading.Event()
    run.intervene(Intervention("clip_norm", 0.5), lambda outcome: answered.set())
    assert answered.wait(30)
    assert run.status().clip_norm == 0.5
    assert run.status().step == 0
    fork = run.fork(run.checkpoints.before_changes[-1])
    assert fork.status().clip_norm == 0.0
    run.stop()
    thread.join(30)
    assert not thread.is_alive()
