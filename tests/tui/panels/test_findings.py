"""The findings panel: what is said first when room is short, and in which words."""

from dataclasses import replace

import pytest

from backscope.core.findings import Finding, Severity, Undecided
from backscope.core.record import RunState
from backscope.tui.glyphs import ASCII
from backscope.tui.panels import PANELS

draw = PANELS["findings"].draw
VANISHING = Finding(
    "vanishing_gradient",
    Severity.ERROR,
    1,
    (1, 2, 3, 7),
    {"decades": -6.2, "threshold": -2.0},
    "The error signal shrinks from layer to layer; the first layers hardly learn.",
)
SLOW = Finding("learning_rate_too_small", Severity.WARNING, 1030, (), {"progress": 0.4}, "Slow.")
FLAT = Finding("saturation", Severity.NOTICE, 30, (2,), {}, "Flat.")


def test_a_finding_tells_severity_kind_and_since_when_in_words(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing", findings=(VANISHING, SLOW, FLAT)), 78, 20))
    assert "■ error: vanishing gradient  since step 1\n" in text
    assert "▲ warning: learning rate too small  since step 1,030\n" in text
    assert "• notice: saturation  since step 30\n" in text


def test_the_evidence_is_told_with_its_threshold_and_layers(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing", findings=(VANISHING,)), 78, 20))
    assert "  layers 1-3, 7; decades -6.20; threshold -2" in text


def test_the_message_is_wrapped_between_words(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing", findings=(VANISHING,)), 30, 20))
    lines = text.splitlines()[1:]
    assert all(line.startswith("  ") for line in lines if line)
    assert VANISHING.message in " ".join(" ".join(lines).split())


def test_a_message_without_room_for_all_of_it_is_cut_visibly(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing", findings=(VANISHING,)), 30, 3))
    assert text.splitlines()[1:] == ["  The error signal shrinks", "  from layer to layer; the fi…"]


@pytest.mark.parametrize("height", range(1, 12))
def test_what_was_found_comes_before_what_it_means_and_that_before_numbers(
    view_of, screen_text, height
):
    text = screen_text(draw(view_of("vanishing", findings=(VANISHING, SLOW, FLAT)), 60, height))
    heads = sum(word in text for word in ("vanishing gradient", "too small", "saturation"))
    assert heads == min(3, height - (height < 3))
    assert ("The error signal" in text) == (height > 3)
    assert ("Slow." in text) == (height > 5)
    assert ("decades" in text) == (height > 7)
    if height < 3:
        assert f"{3 - heads} more: enlarge this panel" in text


def test_nothing_found_says_what_was_looked_for(view_of, screen_text):
    text = screen_text(draw(view_of("healthy"), 78, 20))
    assert text.startswith("nothing wrong found so far\nlooked for: vanishing gradient, ")


def test_early_on_it_says_what_cannot_be_judged_yet(view_of, screen_text):
    undecided = (Undecided("learning_rate_too_small", "it takes 25 steps"),)
    early = screen_text(draw(view_of("one point", undecided=undecided), 78, 20))
    assert "not enough evidence yet to judge learning rate too small (it takes 25" in early
    assert "not enough evidence" not in screen_text(draw(view_of("healthy"), 78, 20))
    sick = view_of("vanishing", findings=(VANISHING,), undecided=undecided)
    assert "not enough evidence" not in screen_text(draw(sick, 78, 20))


def test_units_born_dead_are_told_from_dying_ones_in_the_first_line(view_of, screen_text):
    for start, said in ((0.9, "dying ReLU (born dead)"), (0.1, "dying ReLU  since")):
        evidence = {"dead_share": 0.95, "dead_share_at_start": start, "rise_threshold": 0.25}
        finding = replace(VANISHING, kind="dying_relu", evidence=evidence)
        assert said in screen_text(draw(view_of("vanishing", findings=(finding,)), 78, 20))


def test_the_first_value_that_is_not_finite_is_told_with_how_many(view_of, screen_text):
    text = screen_text(draw(view_of("exploding"), 78, 20))
    assert "✗ NaN or inf from step 3: layer 4 z\n" in text
    assert "  12 of 2,048 values; the largest finite one is 1.3e+308" in text
    assert "nothing wrong" not in text


def test_a_failed_run_shows_the_last_line_of_its_traceback(view_of, screen_text):
    error = (
        'Traceback (most recent call last):\n  File "x"\nValueError: expected (3,), got (4,)\n\n'
    )
    text = screen_text(
        draw(view_of("healthy", state=RunState.FAILED, status={"error": error}), 78, 20)
    )
    assert text.startswith("■ the run failed\n  ValueError: expected (3,), got (4,)")
    assert "Traceback" not in text


def test_a_failed_run_without_a_traceback_is_still_told(view_of, screen_text):
    text = screen_text(draw(view_of("empty", state=RunState.FAILED), 78, 20))
    assert text.startswith("■ the run failed\n  no reason given")


def test_events_come_last_and_go_first(view_of, screen_text):
    view = view_of("healthy")
    text = screen_text(draw(view, 78, 20))
    assert "◆ step 200: learning rate 0.1 -> 0.05" in text.rstrip().splitlines()[-1]
    assert "step 200" not in screen_text(draw(view, 78, 3))


def test_markup_in_a_message_is_shown_as_it_is(view_of, screen_text):
    hostile = Finding("[b]", Severity.ERROR, 1, (), {"[/]": 1.0}, "[@click=app.quit]x[/] \x1b[31m")
    text = screen_text(draw(view_of("healthy", findings=(hostile,)), 78, 20))
    assert "[@click=app.quit]x[/] ^[[31m" in text
    assert "error: [b]" in text
    assert "[/] 1" in text


def test_severities_have_signs_of_their_own_in_ascii_too(view_of, screen_text):
    view = view_of("vanishing", findings=(VANISHING, SLOW, FLAT), glyphs=ASCII)
    lines = screen_text(draw(view, 78, 3)).splitlines()
    assert [line[0] for line in lines] == ["#", "!", "-"]


def test_the_title_counts_the_findings(view_of):
    title = PANELS["findings"].title
    assert title(view_of("healthy")) == "findings"
    assert title(view_of("healthy", findings=(VANISHING, SLOW))) == "findings: 2"


def test_a_heading_without_room_for_since_when_leaves_it_to_the_evidence(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing", findings=(VANISHING,)), 38, 20))
    assert text.startswith("■ error: vanishing gradient\n")
    assert "  since step 1; layers 1-3, 7;" in text


def test_a_divergence_that_names_the_first_bad_value_is_not_told_twice(view_of, screen_text):
    for since, told in ((3, 0), (2, 1)):
        finding = Finding("divergence", Severity.ERROR, since, (4,), {}, "At step 3 the z broke.")
        text = screen_text(draw(view_of("exploding", findings=(finding,)), 78, 20))
        assert text.count("NaN or inf") == told
