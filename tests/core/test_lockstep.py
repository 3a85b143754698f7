import threading
import time

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment
from backscope.core.gate import Gate
from backscope.core.lockstep import Lockstep
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer

PATIENCE = 30.0


def experiment(steps=40, rate=0.1, seed=0, **network):
    return Experiment.from_dict(
        {
            "seed": seed,
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [4], **network},
            "training": {"steps": steps, "batch_size": 8, "learning_rate": rate},
            # At steps of their own, not as a budget of time has it.
            "probes": {
                "signal_every": 1,
                "activations_every": 5,
                "trust_every": 5,
                "dead_every": 10,
            },
        }
    )


NUMBERS = Experiment.from_dict(
    {"data": {"source": "sine"}, "network": {"hidden": [4]}, "training": {"loss": "mse"}}
)
DIVERGING = Experiment.from_dict(
    {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [8] * 60, "activation": "relu", "gain": 1e6},
        "training": {"steps": 9},
    }
)


def bits(run):
    return [(a.tobytes(), b.tobytes()) for a, b in run.history.snapshot().rows()]


def alone(experiment):
    run = Run(Trainer(experiment))
    run.drive()
    return run


class Recorded(Run):
    """A run that notes its steps in an order common to all."""

    order = ()

    def advance(self, steps):
        super().advance(steps)
        self.order.append((self.name, self.step))


def recorded(*experiments, **settings):
    gate, order, runs = Gate(**settings), [], []
    for name, each in zip("abcd", experiments, strict=False):
        run = Recorded(Trainer(each), gate=gate)
        run.name, run.order = name, order
        runs.append(run)
    return Lockstep(runs, gate), order


class Driven:
    def __init__(self, lockstep):
        self.lockstep = lockstep
        self.thread = threading.Thread(target=lockstep.drive, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self.lockstep

    def __exit__(self, *_):
        self.lockstep.stop()
        self.join()

    def join(self):
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "drive did not return"


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.001)


def test_every_step_of_all_comes_before_the_next_of_any():
    lockstep, order = recorded(experiment(5), experiment(5, rate=0.2), experiment(5, seed=3))
    lockstep.drive()
    assert order == [(name, step) for step in range(1, 6) for name in "abc"]


def test_runs_in_lockstep_are_the_runs_they_are_alone_to_the_last_bit():
    pair = experiment(), experiment(activation="relu", initializer="he_normal")
    lockstep = Lockstep.of(pair)
    lockstep.drive()
    assert [bits(run) for run in lockstep.runs] == [bits(alone(each)) for each in pair]


def test_a_run_that_has_ended_stands_while_the_others_go_on():
    lockstep = Lockstep.of([DIVERGING, experiment(12), experiment(7)])
    lockstep.drive()
    states = [run.status().state for run in lockstep.runs]
    assert states == [RunState.DIVERGED, RunState.FINISHED, RunState.FINISHED]
    diverged, *finished = [run.status().step for run in lockstep.runs]
    assert diverged == alone(DIVERGING).status().step < 9
    assert finished == [12, 7]


def test_an_exception_fails_its_run_alone():
    lockstep = Lockstep.of([experiment(6), experiment(6)])
    broken = lockstep.runs[0]

    def steps():
        raise RuntimeError("the sampler broke")
        yield

    broken._steps = steps()
    lockstep.drive()
    assert broken.status().state is RunState.FAILED
    assert "the sampler broke" in broken.status().error
    assert lockstep.runs[1].status().state is RunState.FINISHED


def test_one_that_is_further_waits_for_the_others():
    lockstep, order = recorded(experiment(6), experiment(6))
    Run.advance(lockstep.runs[1], 3)
    lockstep.drive()
    assert order[:3] == [("a", 1), ("a", 2), ("a", 3)]
    assert order[3:] == [(name, step) for step in (4, 5, 6) for name in "ab"]


def test_a_single_step_is_one_of_each_and_a_pause_holds_all():
    with Driven(Lockstep.of([experiment(), experiment(rate=0.2)], paused=True)) as lockstep:
        first, second = lockstep.runs
        second.step_once()
        wait_until(lambda: first.step == second.step == 1)
        assert {run.status().state for run in lockstep.runs} == {RunState.PAUSED}
        first.resume()
        wait_until(lambda: {run.state for run in lockstep.runs} == {RunState.FINISHED})


def test_a_pace_set_for_one_is_the_pace_of_all():
    lockstep = Lockstep.of([experiment(), experiment()], paused=True, pace=3.0)
    lockstep.runs[1].set_pace(10.0)
    assert [run.status().pace for run in lockstep.runs] == [10.0, 10.0]
    assert lockstep.pace == 10.0


def test_the_rate_is_each_ones_own_even_while_paused():
    with Driven(Lockstep.of([experiment(), experiment()], paused=True)) as lockstep:
        first, second = lockstep.runs
        second.change_rate(2.0)
        wait_until(lambda: second.status().learning_rate == pytest.approx(0.2))
        assert first.status().learning_rate == pytest.approx(0.1)


def test_stopping_one_stops_all():
    lockstep = Lockstep.of([experiment(10**6), experiment(10**6)])
    with Driven(lockstep):
        wait_until(lambda: lockstep.runs[0].step > 3)
        lockstep.runs[0].stop()
    assert [run.status().state for run in lockstep.runs] == [RunState.STOPPED] * 2
    assert lockstep.runs[0].step == lockstep.runs[1].step


@pytest.mark.parametrize("paused", [True, False])
def test_the_run_that_is_kept_goes_on_alone(paused):
    lockstep = Lockstep.of([experiment(10**6), experiment(10**6)], paused=paused)
    sick, cured = lockstep.runs
    with Driven(lockstep):
        lockstep.keep(cured)
        wait_until(lambda: sick.status().state is RunState.STOPPED)
        cured.resume()
        step = cured.step
        wait_until(lambda: cured.step > step + 5)
        assert cured.status().state is RunState.RUNNING
    assert sick.step < cured.step


def test_only_one_of_its_own_runs_can_be_kept():
    with pytest.raises(ValueError, match="one of the runs"):
        Lockstep.of([experiment(), experiment()]).keep(Run(Trainer(experiment())))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_fewer_than_two_and_more_than_four_are_refused(count):
    with pytest.raises(ValueError, match="2 to 4 runs"):
        Lockstep.of([experiment()] * count)


def test_classes_and_numbers_cannot_be_compared_and_one_line_says_so():
    with pytest.raises(InputError) as caught:
        Lockstep.of([experiment(), NUMBERS])
    assert caught.value.problems == (
        "one experiment (classification) and one experiment (regression) cannot share a window: "
        "no loss of the one compares with one of the other",
    )
