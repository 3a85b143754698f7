from dataclasses import replace
from itertools import pairwise

import pytest

from backscope.core.findings import Finding, Severity
from backscope.core.record import RunState
from backscope.tui.compare.standings import STANDINGS, differences_text
from backscope.tui.time_range import TimeRange

FINDINGS = tuple(
    Finding(kind, Severity.ERROR, 3, (), {}, "It is so.") for kind in ("dying_relu", "divergence")
)


def test_each_run_has_a_line_that_says_where_it_stands(compared, text_of):
    view = compared("learning", "diverged")
    view = replace(view, runs=(view.runs[0], replace(view.runs[1], findings=FINDINGS)))
    lines = text_of(STANDINGS.draw(view, 118, 3))
    assert lines[1].split()[:7] == ["▸A", "run", "A", "training", "300/400", "loss", "0.198"]
    assert "diverged" in lines[2]
    assert lines[2].endswith("■ dying ReLU, 1 more")


def test_a_run_that_broke_without_a_finding_says_where(compared, text_of):
    view = compared("diverged", "learning")
    view = replace(view, runs=(replace(view.runs[0], findings=()), view.runs[1]))
    lines = text_of(STANDINGS.draw(view, 118, 3))
    assert "NaN or inf from step 21: layer 2 z" in lines[1]


@pytest.mark.parametrize("width", [60, 78, 118, 200])
def test_the_columns_of_all_lines_stand_under_one_another_at_every_width(compared, text_of, width):
    lines = text_of(STANDINGS.draw(compared("learning", "one point", "diverged"), width, 4))
    assert len({line.index("loss") for line in lines[1:]}) == 1
    assert all(len(line) <= width for line in lines)


def test_what_matters_least_goes_first_where_room_is_short(compared, text_of):
    view = compared("learning", "learning")
    kept = [
        {word for word in ("training", "val", "/400", "loss", "run A") if word in line}
        for line in (text_of(STANDINGS.draw(view, width, 3))[1] for width in (118, 66, 50, 40))
    ]
    assert kept[0] == {"training", "val", "/400", "loss", "run A"}
    assert all(fewer <= more for more, fewer in pairwise(kept))
    assert all("loss" in words for words in kept)


def test_the_differences_stand_above_with_what_goes_for_all(compared, text_of):
    view = replace(compared("learning", "learning"), changes=((), ("gain 2 -> 1", "seed 0 -> 1")))
    assert text_of(STANDINGS.draw(view, 118, 3))[0].startswith("gain 2 -> 1, seed 0 -> 1")
    held = compared("learning", "learning", frozen=True, time=TimeRange(cursor=5))
    assert text_of(STANDINGS.draw(held, 118, 3))[0].startswith("no difference")
    assert "display frozen, cursor at step 5" in text_of(STANDINGS.draw(held, 118, 3))[0]


def test_of_more_than_two_each_is_told_apart_from_the_first(compared):
    view = replace(compared(*["learning"] * 3), changes=((), ("gain 2 -> 1",), ()))
    assert differences_text(view) == "A -> B: gain 2 -> 1; A -> C: no difference"


def test_differences_that_do_not_fit_end_in_an_ellipsis_and_leave_the_clock(compared, text_of):
    view = replace(compared("learning", "learning"), changes=((), ("gain 2 -> 1",) * 20))
    line = text_of(STANDINGS.draw(view, 78, 3))[0]
    assert "…" in line
    assert line.endswith("steps/s")


def test_while_all_are_held_it_says_so(compared, text_of):
    view = compared("learning", "learning")
    runs = tuple(
        replace(each, status=replace(each.status, state=RunState.PAUSED)) for each in view.runs
    )
    assert text_of(STANDINGS.draw(replace(view, runs=runs), 78, 3))[0].endswith("paused")


def test_the_speed_is_that_of_a_round_of_all(compared, text_of):
    view = compared("learning", "learning")
    assert view.runs[0].status.steps_per_second == pytest.approx(1000, rel=0.01)
    assert text_of(STANDINGS.draw(view, 78, 3))[0].endswith(" 500 steps/s")


def test_a_cure_is_named_and_judged(compared, text_of):
    view = compared("learning", "learning", cure="ReLU + He")
    lines = text_of(STANDINGS.draw(view, 78, 4))
    assert lines[0].startswith("ReLU + He: no difference")
    assert lines[3] == "not cured yet: loss 0.208 against 0.208"


def test_where_rows_are_short_the_runs_stay(compared, text_of):
    view = compared("learning", "learning", cure="ReLU + He")
    assert [line[:2] for line in text_of(STANDINGS.draw(view, 78, 2))] == ["▸A", " B"]


def test_a_long_name_leaves_the_steps_their_room(compared, text_of):
    view = replace(compared("learning", "learning"), names=("a" * 40, "b"))
    lines = text_of(STANDINGS.draw(view, 78, 3))
    assert "300/400" in lines[1]
    assert "a" * 14 in lines[1]
