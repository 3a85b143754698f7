import threading
import time

import numpy as np
import pytest

from backscope.core.cures import Cure, How
from backscope.core.errors import InputError
from backscope.core.experiment import Experiment
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.core.treatment import treat

PATIENCE = 30.0


def experiment(steps=300, **network):
    return Experiment.from_dict(
        {
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [8], "activation": "relu", **network},
            "training": {"steps": steps, "batch_size": 8, "learning_rate": 0.1},
        },
        name="moons.toml",
    )


def cure(how, *changes, intervention=""):
    return Cure("a cure", "It helps.", how, changes, intervention)


SLOWER = ("training.learning_rate", 0.01)


@pytest.fixture
def patient():
    """A run that is held after a hundred steps, and driven by a thread of its own."""
    run = Run(Trainer(experiment()), paused=True)
    run.advance(120)
    thread = threading.Thread(target=run.drive, daemon=True)
    thread.start()
    yield run
    run.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def losses(run, first, last):
    column = run.history.layout.columns("loss").start
    rows = [rows[:, column] for _, rows in run.history.snapshot().rows(first, last + 1)]
    return np.concatenate(rows)


def test_a_restart_has_both_begin_at_the_first_step_from_the_same_seed(patient):
    lockstep = treat(patient, cure(How.RESTART, ("network.activation", "tanh")))
    sick, treated = lockstep.runs
    assert (sick.step, treated.step) == (0, 0)
    assert sick.experiment == patient.experiment
    assert treated.experiment.network.activation == "tanh"
    lockstep.drive()
    assert np.array_equal(losses(sick, 1, 120), losses(patient, 1, 120))


def test_in_place_both_go_on_from_where_the_patient_stands(patient):
    lockstep = treat(patient, cure(How.IN_PLACE, SLOWER))
    sick, treated = lockstep.runs
    assert sick.step == treated.step == patient.step == 120
    assert treated.history.snapshot().count == 120
    lockstep.drive()
    assert [run.status().state for run in lockstep.runs] == [RunState.FINISHED] * 2
    assert sick.status().learning_rate == pytest.approx(0.1)
    assert treated.status().learning_rate == pytest.approx(0.01)
    patient.resume()
    end = time.monotonic() + PATIENCE
    while not patient.state.final and time.monotonic() < end:
        time.sleep(0.001)
    assert np.array_equal(losses(sick, 1, 300), losses(patient, 1, 300))
    assert not np.array_equal(losses(treated, 121, 300), losses(patient, 121, 300))


def test_an_intervention_is_done_to_the_treated_run_before_its_first_step(patient):
    lockstep = treat(patient, cure(How.IN_PLACE, intervention="rescale"))
    lockstep.drive()
    kinds = [[event.kind for event in run.history.snapshot().events] for run in lockstep.runs]
    assert kinds == [["roll_back"], ["roll_back", "rescale"]]
    assert lockstep.runs[1].history.snapshot().events[-1].step == 121


def test_a_roll_back_goes_on_from_the_last_good_checkpoint(patient):
    good = patient.checkpoints.last_good
    assert good is not None
    lockstep = treat(patient, cure(How.ROLL_BACK, SLOWER))
    assert [run.step for run in lockstep.runs] == [good.step] * 2
    assert good.step < patient.step


def test_what_has_ended_is_taken_up_again_from_its_last_good_checkpoint():
    ended = Run(Trainer(experiment()))
    ended.drive()
    lockstep = treat(ended, cure(How.IN_PLACE, SLOWER))
    assert lockstep.runs[0].step == ended.checkpoints.last_good.step < 300


def test_without_a_place_to_go_back_to_both_begin_at_the_first_step():
    ended = Run(Trainer(experiment()))
    lockstep = treat(ended, cure(How.ROLL_BACK, SLOWER))
    assert [run.step for run in lockstep.runs] == [0, 0]
    with pytest.raises(InputError, match="cannot be taken up again"):
        treat(ended, cure(How.ROLL_BACK, intervention="revive"))


def test_both_share_one_gate(patient):
    lockstep = treat(patient, cure(How.IN_PLACE, SLOWER), paused=True, pace=3.0)
    lockstep.runs[1].set_pace(7.0)
    assert {run.status().pace for run in lockstep.runs} == {7.0}
    assert {run.status().state for run in lockstep.runs} == {RunState.PAUSED}


def test_a_cure_that_does_not_apply_is_one_line(patient):
    with pytest.raises(InputError) as caught:
        treat(patient, cure(How.RESTART, ("network.activation", "relu")))
    assert len(caught.value.problems) == 1
