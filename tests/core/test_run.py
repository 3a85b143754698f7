import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from backscope.core.experiment import Experiment, command_line
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer

PATIENCE = 30.0
"""Seconds until a thread that should have answered counts as hung; never waited out."""


def experiment(steps=40, rate=0.1):
    return Experiment.from_dict(
        {
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [4]},
            "training": {"steps": steps, "batch_size": 8, "learning_rate": rate},
        },
        name="moons.toml",
    )


def run_of(**settings):
    return Run(Trainer(experiment(settings.pop("steps", 40))), **settings)


def bits(run):
    """Every step and every value of a run, to the last bit."""
    blocks = list(run.history.snapshot().rows(1, 1000))
    return [(steps.tobytes(), values.tobytes()) for steps, values in blocks]


class Driven:
    """A run that is driven by a thread of its own, and joined at the end."""

    def __init__(self, run):
        self.run = run
        self.thread = threading.Thread(target=run.drive, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self.run

    def __exit__(self, *_):
        self.run.stop()
        self.join()

    def join(self):
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "drive did not return"


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.001)


def test_driving_trains_to_the_end():
    run = run_of()
    assert run.status().state is RunState.READY
    run.drive()
    status = run.status()
    assert (status.state, status.step, status.planned) == (RunState.FINISHED, 40, 40)
    assert run.history.snapshot().count == 40
    assert status.seconds > 0.0


def test_a_run_that_starts_paused_does_no_step_until_it_is_resumed():
    with Driven(run_of(paused=True)) as run:
        wait_until(lambda: run.status().state is RunState.PAUSED)
        assert run.status().step == 0
        run.resume()
        wait_until(lambda: run.status().state is RunState.FINISHED)


def test_a_single_step_is_one_step_and_leaves_the_run_paused():
    with Driven(run_of(paused=True)) as run:
        for done in (1, 2, 3):
            run.step_once()
            wait_until(lambda done=done: run.status().step == done)
        assert run.status().state is RunState.PAUSED


def test_two_single_steps_at_once_are_two_steps():
    run = run_of(paused=True)
    run.step_once()
    run.step_once()
    with Driven(run):
        wait_until(lambda: run.status().step == 2)
        assert run.status().state is RunState.PAUSED


def test_a_single_step_of_a_running_run_pauses_it():
    with Driven(run_of(steps=1_000_000)) as run:
        wait_until(lambda: run.status().step > 0)
        run.step_once()
        assert run.status().state is RunState.PAUSED


def test_pausing_holds_the_run_and_resuming_goes_on():
    with Driven(run_of(steps=1_000_000)) as run:
        wait_until(lambda: run.status().step > 5)
        run.pause()
        run.step_once()  # answered between two steps: from here on the trainer waits
        wait_until(lambda: run._gate.permits == 0)
        held = run.status().step
        run.resume()
        wait_until(lambda: run.status().step > held + 5)


def test_stopping_returns_before_the_end_even_when_paused():
    run = run_of(paused=True)
    with Driven(run):
        wait_until(lambda: run.status().state is RunState.PAUSED)
    assert run.status().state is RunState.STOPPED


def test_the_learning_rate_changes_from_the_next_step_on_and_is_marked():
    run = run_of(paused=True)
    run.advance(3)
    run.change_rate(0.5)
    run.advance(1)
    history = run.history.snapshot()
    assert history.latest("learning_rate") == pytest.approx(0.05)
    assert [(event.step, event.kind) for event in history.events] == [(4, "learning_rate")]
    assert run.status().learning_rate == pytest.approx(0.05)


def test_a_change_by_hand_is_marked_as_itself_where_further_changes_are_planned():
    planned = experiment()
    planned = replace(planned, training=replace(planned.training, rate_changes=((30, 0.01),)))
    run = Run(Trainer(planned))
    run.advance(3)
    run.change_rate(2.0)
    run.advance(1)
    events = run.history.snapshot().events
    assert [(event.step, event.text) for event in events] == [(4, "0.1 -> 0.2")]
    assert run.experiment.training.rate_changes == ((4, 0.2), (30, 0.01))


def test_a_planned_change_of_the_rate_is_marked_like_one_by_hand():
    by_hand = run_of()
    by_hand.advance(5)
    by_hand.change_rate(0.5)
    by_hand.advance(5)
    planned = Run(Trainer(by_hand.experiment))
    planned.advance(10)
    assert planned.history.snapshot().events == by_hand.history.snapshot().events


def test_a_planned_change_that_a_person_overrules_is_not_marked():
    planned = experiment()
    planned = replace(planned, training=replace(planned.training, rate_changes=((4, 0.01),)))
    run = Run(Trainer(planned))
    run.advance(3)
    run.change_rate(2.0)
    run.advance(3)
    assert [event.text for event in run.history.snapshot().events] == ["0.01 -> 0.02"]
    assert run.status().learning_rate == pytest.approx(0.02)


def test_no_number_of_changes_takes_the_rate_out_of_what_a_file_may_say():
    run = run_of()
    for _ in range(400):
        run.change_rate(1e6)
    run.advance(1)
    assert run.status().learning_rate == 1e9
    assert Experiment.from_dict(run.experiment.to_dict()) == run.experiment
    assert [event.text for event in run.history.snapshot().events] == [
        "0.1 -> 100000",
        "100000 -> 1e+09",
    ]


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf")])
def test_a_factor_that_makes_no_learning_rate_is_refused_at_once(factor):
    with pytest.raises(ValueError, match="factor"):
        run_of().change_rate(factor)


@pytest.mark.parametrize("pace", [0.0, -1.0, float("nan")])
def test_a_pace_at_which_nothing_would_ever_happen_is_refused_at_once(pace):
    with pytest.raises(ValueError, match="steps per second"):
        run_of().set_pace(pace)
    with pytest.raises(ValueError, match="steps per second"):
        run_of(pace=pace)


def test_a_rate_changed_while_paused_is_shown_at_once():
    with Driven(run_of(paused=True)) as run:
        run.change_rate(2.0)
        wait_until(lambda: run.status().learning_rate == pytest.approx(0.2))
        assert run.status().step == 0


def test_the_command_line_reproduces_changes_made_by_hand():
    run = run_of()
    run.advance(5)
    run.change_rate(2.0)
    run.advance(5)
    now = run.experiment
    assert now.training.rate_changes == ((6, 0.2),)
    assert "training.rate_changes" in command_line(now)
    again = Run(Trainer(now))
    again.advance(10)
    assert bits(run) == bits(again)


def test_without_changes_the_experiment_is_the_one_given():
    given = experiment()
    assert Run(Trainer(given)).experiment is given


def test_a_pace_bounds_the_steps_per_second():
    with Driven(run_of(steps=1_000_000, pace=20.0)) as run:
        wait_until(lambda: run.status().step >= 2)
        started, first = time.monotonic(), run.status().step
        wait_until(lambda: run.status().step >= first + 6)
        assert time.monotonic() - started >= 5 / 20.0 - 0.06
        run.set_pace(None)
        wait_until(lambda: run.status().step >= first + 500)


def test_an_exception_fails_the_run_and_is_kept():
    trainer = Trainer(experiment())

    def steps(**_):
        yield next(Trainer(experiment()).steps())
        raise RuntimeError("the sampler broke")

    trainer.steps = steps
    run = Run(trainer)
    run.drive()
    status = run.status()
    assert status.state is RunState.FAILED
    assert "the sampler broke" in status.error
    assert status.step == 1


def test_a_diverged_run_keeps_its_bad_step_in_the_history():
    run = Run(
        Trainer(
            Experiment.from_dict(
                {
                    "data": {"source": "sine"},
                    "network": {"hidden": [8] * 60, "gain": 1e6},
                    "training": {"loss": "mse", "steps": 9},
                }
            )
        )
    )
    run.drive()
    assert run.status().state is RunState.DIVERGED
    bad = run.history.snapshot().nonfinite
    assert bad is not None
    assert bad.step == run.status().step


@pytest.mark.parametrize("train", [lambda run: run.drive(), lambda run: run.advance(400)])
def test_no_warning_escapes_a_diverging_run_and_no_error_state_leaks(train):
    run, before = Run(Trainer(experiment(400, rate=1e9))), np.geterr()
    train(run)
    assert run.status().state is RunState.DIVERGED
    assert np.geterr() == before
