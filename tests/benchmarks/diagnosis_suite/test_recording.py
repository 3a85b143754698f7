"""Recording a case, keeping it, and replaying it."""

from dataclasses import replace

import numpy as np
import pytest
from diagnosis_suite.case import Case, Part
from diagnosis_suite.judging import judged, told
from diagnosis_suite.recording import recorded, ticks, trainer_of

from backscope.core.diagnosis import Diagnosis
from backscope.core.history import History


def case(rate=3.0, steps=40):
    document = {
        "data": {"source": "digits"},
        "network": {"depth": 3, "width": 16, "activation": "identity"},
        "training": {"learning_rate": rate, "steps": steps},
    }
    return Case("c", "c", Part.TUNING, document, "learning_rate_too_large")


def test_the_clock_of_a_recording_ticks_when_it_is_read():
    clock = ticks()
    assert [clock(), clock(), clock()] == [0.0, 1.0, 2.0]


def test_two_recordings_of_a_case_have_the_same_bits_whatever_the_machine_does():
    one, other = recorded(case(0.1, 120)), recorded(case(0.1, 120))
    assert one.rows.tobytes() == other.rows.tobytes()
    measured = np.flatnonzero(~np.isnan(one["activation_std"][:, 0]))
    assert len(measured) > 20


@pytest.mark.parametrize("rate", [0.1, 1e6])
def test_what_is_kept_is_read_back_and_not_trained_again(tmp_path, monkeypatch, rate):
    first = recorded(case(rate), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setattr("backscope.core.trainer.Trainer.steps", None)
    again = recorded(case(rate), tmp_path)
    assert again.rows.tobytes() == first.rows.tobytes()
    assert again.nonfinite == first.nonfinite
    assert (first.nonfinite is not None) == (rate > 1.0)


def test_another_experiment_or_another_clock_is_another_recording(tmp_path):
    recorded(case(0.1), tmp_path)
    recorded(case(0.2), tmp_path)
    recorded(case(0.2), tmp_path, by_machine=True)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("rate", [0.1, 1e6])
def test_a_replay_gets_the_verdict_of_the_run_itself(rate):
    trainer = trainer_of(case(rate))
    history, diagnosis = History(trainer.layout), Diagnosis(trainer.facts)
    for record in trainer.steps():
        history.append(record, 0.0)
        findings = diagnosis.update(history.snapshot())
    story = told(recorded(case(rate)))
    last = story[-1][1] if story else ()
    assert [each.kind for each in last] == [each.kind for each in findings]


def test_a_judged_run_says_what_stood_when_and_how_it_ended():
    run = judged(replace(case(1e6), accepted=frozenset({"learning_rate_too_large"})))
    assert run.right
    assert run.verdict(0) == "none"
    assert run.latency is not None
    assert run.latency <= 10
    assert run.outcome.bad
    assert run.counts
    assert "learning_rate 1000000.0" in run.settings
