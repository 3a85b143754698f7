"""From judged runs to figures."""

import pytest
from diagnosis_suite.alarm import Alarm
from diagnosis_suite.case import Part
from diagnosis_suite.figures import (
    family_figures,
    interval,
    labelled_figures,
    metamorphic_figures,
    random_figures,
)
from diagnosis_suite.judging import Told

from backscope.core.findings import Severity


def told(kind, severity=Severity.WARNING):
    return Told(kind, severity, "")


def test_right_is_the_first_finding_and_precision_counts_all_who_were_called_so(run):
    runs = [
        run("dying_relu", "dying_relu", "divergence"),
        run("dying_relu", "divergence", "dying_relu"),
        run("dying_relu", "saturation", accepted=("saturation",)),
        run("saturation", "dying_relu"),
        run("none"),
        run("none", "dying_relu"),
        run("dying_relu", counts=False),
    ]
    found = labelled_figures(runs, Part.TUNING)
    assert (found.faulty, found.healthy) == (4, 2)
    assert found.right["Backscope"] == 0.5
    assert found.false_alarms["Backscope"] == 0.5
    dying = next(each for each in found.classes if each.kind == "dying_relu")
    assert (dying.runs, dying.recall) == (3, pytest.approx(2 / 3))
    assert dying.precision == pytest.approx(1 / 3)


def test_a_notice_is_no_alarm_and_what_has_gone_was_there_once(run):
    story = ((2, (told("saturation"),)), (10, (told("dying_relu", Severity.NOTICE),)))
    found = labelled_figures([run("none", story=story)], Part.TUNING)
    assert found.false_alarms["Backscope"] == 0.0
    assert found.ever == 1.0


def test_the_halves_do_not_mix(run):
    runs = [run("none", "divergence", part=Part.REPORTED), run("none")]
    assert labelled_figures(runs, Part.TUNING).false_alarms["Backscope"] == 0.0
    assert labelled_figures(runs, Part.REPORTED).false_alarms["Backscope"] == 1.0


def test_latency_is_the_median_of_when_the_right_finding_first_stood(run):
    stories = [((2, (told("divergence"),)), (step, (told("saturation"),))) for step in (5, 7, 90)]
    runs = [run("saturation", story=story) for story in (*stories, ())]
    (figures,) = family_figures(runs)
    assert figures.latency == 7
    assert (figures.made, figures.right) == (4, 3)


def test_a_peer_is_right_by_its_first_alarm_read_generously(run):
    alarms = (Alarm(3, "a", ("divergence", "dying_relu")), Alarm(9, "b", ("saturation",)))
    found = labelled_figures(
        [run("dying_relu", alarms=alarms), run("saturation", alarms=alarms)], Part.TUNING
    )
    assert found.right["absolute"] == 0.5


def test_balanced_accuracy_is_the_mean_of_both_rates_and_knows_when(run):
    late = ((2, ()), (100, (told("divergence"),)))
    runs = [
        run("", "divergence", part=Part.RANDOM, end=2.0),
        run("", part=Part.RANDOM, end=2.0, story=late),
        run("", part=Part.RANDOM, end=float("inf")),
        run("", part=Part.RANDOM, end=float("nan")),
        run("", part=Part.RANDOM, end=0.1),
    ]
    found = random_figures(runs)
    assert (found.good, found.bad) == (1, 4)
    assert found.end_rates == (0.5, 1.0)
    assert found.end["Backscope"] == 0.75
    assert found.early["Backscope"] == 0.625


def test_overfitting_says_nothing_of_a_training_loss(run):
    alarms = (Alarm(3, "Overfit", ("overfitting",)),)
    found = random_figures([run("", "overfitting", part=Part.RANDOM, alarms=alarms)])
    assert found.end["Backscope"] == found.end["absolute"] == 1.0


def test_a_changed_verdict_is_counted_against_the_base_of_its_family(run):
    part = Part.METAMORPHIC
    runs = [
        run("", "saturation", part=part, family="a"),
        run("", "saturation", part=part, family="a"),
        run("", "dying_relu", part=part, family="a"),
        run("", part=part, family="b"),
        run("", part=part, family="b"),
    ]
    found = metamorphic_figures(runs)
    assert found.pairs == 3
    assert found.changed["Backscope"] == 1


def test_the_interval_of_a_share_holds_it_and_narrows_with_the_number_of_runs():
    few, many = interval(85, 88), interval(850, 880)
    assert few == pytest.approx((0.9045, 0.9883), abs=1e-4)  # Wilson's, by hand
    assert few[0] < many[0] < 85 / 88 < many[1] < few[1]


def test_the_interval_of_no_runs_says_nothing_and_that_of_none_wrong_ends_at_one():
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(20, 20)[1] == pytest.approx(1.0)
    assert interval(0, 20)[0] == pytest.approx(0.0)
