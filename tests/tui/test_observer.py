"""Looking at a source: a view when something changed, none when nothing did."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from backscope.core.record import RunState
from backscope.core.store.verdicts import VerdictLog
from backscope.tui.glyphs import ASCII, BRAILLE
from backscope.tui.observer import Display, Look, Observer
from backscope.tui.palette import THEMES, palette_for
from backscope.tui.time_range import TimeRange
from backscope.tui.view import Span

LOOK = Look(palette_for(THEMES[0].name, "truecolor"), BRAILLE)
PLAIN = Display()


def test_the_first_look_is_a_view_and_the_second_is_none(source):
    observer = Observer(source)
    assert observer.look(PLAIN, LOOK) is not None
    assert observer.look(PLAIN, LOOK) is None


def test_a_glance_shows_the_present_and_leaves_judging_to_the_next_look(source_of):
    judged = Observer(source_of("diverged"))
    observer = Observer(judged.source)
    glimpse = observer.glance(PLAIN, LOOK)
    assert glimpse.snapshot.last_step == judged.source.status().step
    assert glimpse.findings == ()
    assert observer.look(PLAIN, LOOK).findings == judged.look(PLAIN, LOOK).findings != ()
    assert observer.look(PLAIN, LOOK) is None
    assert observer.glance(PLAIN, LOOK) is None


def test_a_diagnosis_that_is_made_anyway_is_asked_instead(source_of):
    judged = Observer(source_of("diverged"))
    observer = Observer(judged.source)
    log = VerdictLog(judged.source.facts)
    observer.share(log)
    assert observer.look(PLAIN, LOOK) == judged.look(PLAIN, LOOK)
    assert log.update(judged.snapshot) == judged.look(PLAIN, replace(LOOK, glyphs=ASCII)).findings


def test_a_new_record_is_something_new(source):
    observer = Observer(source)
    observer.look(PLAIN, LOOK)
    source.record()
    assert observer.look(PLAIN, LOOK).snapshot.last_step == 301


@pytest.mark.parametrize(
    "change",
    [
        {"logarithmic": True},
        {"heatmap": True},
        {"signal": True},
        {"frozen": True},
        {"time": TimeRange(cursor=5)},
        {"time": TimeRange(Span.RECENT)},
    ],
)
def test_another_wish_is_something_new(source, change):
    observer = Observer(source)
    observer.look(PLAIN, LOOK)
    assert observer.look(replace(PLAIN, **change), LOOK) is not None


def test_another_look_is_something_new(source):
    observer = Observer(source)
    observer.look(PLAIN, LOOK)
    assert observer.look(PLAIN, replace(LOOK, glyphs=ASCII)).glyphs is ASCII


def test_a_command_is_something_new(source):
    observer = Observer(source)
    observer.look(PLAIN, LOOK)
    source.pause()
    assert observer.look(PLAIN, LOOK).status.state is RunState.PAUSED
    source.change_rate(2.0)
    assert observer.look(PLAIN, LOOK).snapshot.events[-1].text == "0.1 -> 0.2"


def test_a_frozen_display_holds_the_snapshot_while_the_status_goes_on(source):
    observer = Observer(source)
    frozen = replace(PLAIN, frozen=True)
    observer.look(PLAIN, LOOK)
    observer.look(frozen, LOOK)
    source.record(50)
    view = observer.look(frozen, LOOK)
    assert view.frozen
    assert view.snapshot.last_step == 300
    assert view.status.step == 350
    assert observer.extent.last == 300
    assert observer.look(PLAIN, LOOK).snapshot.last_step == 350


def test_the_view_says_which_steps_and_which_command_line(source):
    view = Observer(source).look(Display(TimeRange(cursor=7)), LOOK)
    assert (view.start, view.stop) == (1, 401)
    assert view.step == 7
    assert view.command_line.startswith("backscope run canned")
    assert view.facts is source.facts


def test_every_canned_history_can_be_looked_at(source_of, canned_name):
    source = source_of(canned_name)
    observer = Observer(source)
    view = observer.look(PLAIN, LOOK)
    assert view.start < view.stop
    assert observer.extent.empty == (canned_name == "empty")


def losses(source, *values):
    """The source with these losses recorded after those it has."""
    for value in values:
        source.record(value=value)
    return Observer(source)


def test_a_loss_of_a_few_decades_is_shown_on_a_linear_axis(source):
    assert not losses(source, 100.0, 0.02).look(PLAIN, LOOK).logarithmic


def test_a_loss_that_spans_many_decades_is_shown_on_a_log_axis(source):
    assert losses(source, 1e9).look(PLAIN, LOOK).logarithmic


def test_a_loss_that_reaches_zero_stays_on_a_linear_axis(source):
    assert not losses(source, 1e9, 0.0).look(PLAIN, LOOK).logarithmic


def test_a_person_who_chose_an_axis_keeps_it(source):
    observer = losses(source, 1e9)
    assert not observer.look(replace(PLAIN, logarithmic=False), LOOK).logarithmic


def test_the_view_holds_what_cannot_be_judged_and_the_events_that_the_diagnosis_saw(source_of):
    view = Observer(source_of("diverged")).look(PLAIN, LOOK)
    assert [event.kind for event in view.snapshot.events] == ["nonfinite"]
    assert view.snapshot.events[0].step == view.snapshot.nonfinite.step
    early = Observer(source_of("one point")).look(PLAIN, LOOK)
    assert "overfitting" in [each.kind for each in early.undecided]


def test_the_least_and_the_greatest_loss_are_finite_ones_and_only_ever_grow_apart(source):
    observer = losses(source, 3.0, math.inf, 0.125, math.nan, 7.0)
    observer.look(PLAIN, LOOK)
    assert observer.losses == (0.125, 7.0)
    losses(source, 0.0625)
    observer.look(PLAIN, LOOK)
    assert observer.losses == (0.0625, 7.0)
    losses(source, -math.inf)
    observer.look(PLAIN, LOOK)
    assert observer.losses == (0.0625, 7.0)
