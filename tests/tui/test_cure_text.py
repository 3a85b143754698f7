"""What came of a consultation, as it is printed."""

from dataclasses import replace
from math import inf, nan
from pathlib import Path

from backscope.core.consultation import Consultation, Outcome, Trial
from backscope.core.cures import Cure, How, cured
from backscope.core.experiment import Experiment, load_experiment
from backscope.core.findings import Finding, Severity
from backscope.core.record import RunState
from backscope.tui.cure_text import consultation_text, cured_story

SICK = Outcome(RunState.DIVERGED, 7, inf, inf, nan, -inf, 0.25, 2.3)
WELL = Outcome(RunState.FINISHED, 400, 0.05, 0.06, 0.98, -0.04, 0.0, 2.3)
FINDING = Finding("dying_relu", Severity.ERROR, 3, (2,), {"dead_share": 0.7}, "Units are dead.")
RATE = Cure("learning rate 0.1", "It is usual.", How.RESTART, (("training.learning_rate", 0.1),))
CLIP = Cure("clip", "It is not tight.", How.IN_PLACE, (("training.clip_norm", 1.0),), works=False)


def consultation(*trials, findings=(FINDING,), experiment=None):
    experiment = experiment or load_experiment("dying-relu")
    return Consultation(experiment, 400, 2000, SICK, findings, trials)


def trial(cure, outcome, accepted, experiment=None):
    return Trial(cure, cured(experiment or load_experiment("dying-relu"), cure), outcome, accepted)


def test_each_trial_is_a_row_and_what_is_only_advised_stands_apart():
    lines = consultation_text(
        consultation(trial(RATE, WELL, True), trial(CLIP, SICK, False))
    ).splitlines()
    start = next(at for at, line in enumerate(lines) if line.split()[:1] == ["loss"])
    sick, well, advised, clip = (line.split() for line in lines[start + 1 : start + 5])
    assert sick == ["as", "it", "is", "diverged", "-", "-inf", "25", "%"]
    assert well[-8:] == ["restart", "0.0500", "98", "%", "0.0", "0", "%", "cured"]
    assert advised == ["often", "advised:"]
    assert clip[:2] + clip[-2:] == ["clip", "in", "no", "cure"]


def test_losses_of_targets_in_another_unit_are_told_in_units_of_knowing_nothing():
    sick = replace(SICK, loss=4.6e12, baseline=2.3e12)
    treated = trial(RATE, replace(WELL, loss=0.05, baseline=1.0), True)
    mixed = replace(consultation(treated), sick=sick)
    text = consultation_text(mixed)
    (row,) = (line.split() for line in text.splitlines() if line.startswith("as it is"))
    assert float(row[3]) == 2.0
    assert "in units of that of knowing nothing" in text
    story = cured_story(mixed, treated)
    assert "a training loss of 0.0500 after" in story
    assert "(in units of knowing nothing)" in " ".join(story.split())


def test_the_same_cure_applied_in_two_ways_is_explained_once():
    again = replace(RATE, how=How.IN_PLACE)
    text = consultation_text(consultation(trial(RATE, WELL, True), trial(again, WELL, True)))
    assert text.count("It is usual.") == 1


def test_what_could_not_be_tried_says_why():
    refused = Trial(CLIP, None, None, refused="the rows are gone")
    text = consultation_text(consultation(refused))
    assert "not tried: the rows are gone" in text
    assert "No cure was accepted." in text


def test_other_findings_are_named_after_the_one_that_is_treated():
    other = replace(FINDING, kind="divergence")
    text = consultation_text(consultation(trial(RATE, WELL, True), findings=(FINDING, other)))
    assert "- error: dying_relu since step 3, layer 2" in text
    assert "also: error divergence" in text


def test_overfitting_shows_the_validation_loss():
    finding = replace(FINDING, kind="overfitting")
    text = consultation_text(consultation(trial(RATE, WELL, True), findings=(finding,)))
    assert "val. loss" in text
    assert "0.0600" in text
    assert "0.0500" not in text


def test_titles_and_paths_from_outside_cannot_move_the_cursor():
    experiment = Experiment.from_dict({"title": "red \x1b[31m"})
    cure = replace(CLIP, title="x\x1b[2J")
    accepted = trial(cure, WELL, True, experiment)
    text = consultation_text(consultation(accepted, experiment=experiment), Path("a\x1bb"))
    assert "\x1b" not in text


def test_the_story_of_a_cured_experiment_tells_both_losses():
    accepted = trial(RATE, WELL, True)
    story = cured_story(consultation(accepted), accepted)
    told = " ".join(story.split())
    assert "learning rate 0.05 -> 0.1" in told
    assert "a training loss of 0.0500 after 400 steps, where dying-relu has diverged" in told
