"""The status panel, as one row and as a block."""

from dataclasses import replace

import pytest

from backscope.core.record import RunState
from backscope.tui.meter import Readout
from backscope.tui.panels import PANELS

draw = PANELS["status"].draw


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (RunState.READY, "ready"),
        (RunState.RUNNING, "training"),
        (RunState.PAUSED, "paused"),
        (RunState.FINISHED, "finished"),
        (RunState.DIVERGED, "diverged"),
        (RunState.STOPPED, "stopped"),
        (RunState.FAILED, "failed"),
    ],
)
def test_every_state_has_a_word(view_of, screen_text, state, word):
    assert screen_text(draw(view_of("healthy", state=state), 78, 1)).startswith(word + "  ")


def test_one_row_of_80_holds_what_matters(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing"), 80, 1))
    for words in ("training", "step 200/400", "50 %", "left", "1,200 steps/s", "rate 0.1"):
        assert words in text


def test_a_block_holds_everything_and_ends_with_the_command_line(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing"), 78, 4))
    for words in ("step 200/400", "epoch 2.9", "rate 0.1", "12 s so far", "seed 7"):
        assert words in text
    assert text.rstrip().splitlines()[-1] == (
        "$ backscope run canned --seed 7 --set network.depth=10"
    )


def test_a_long_command_line_is_wrapped_where_there_is_room(view_of, screen_text):
    command = "backscope run canned " + " ".join(f"--set network.key{i}={i}" for i in range(9))
    lines = screen_text(draw(view_of("vanishing", command_line=command), 60, 10)).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("$ "))
    assert " ".join(lines[start:]).split() == ["$", *command.split()]


def test_a_command_line_without_room_is_cut_visibly(view_of, screen_text):
    view = view_of("vanishing", command_line="backscope run " + "x" * 200)
    assert screen_text(draw(view, 60, 2)).endswith("x…")


def test_frozen_cursor_and_pace_are_told(view_of, screen_text):
    view = view_of("vanishing", frozen=True, cursor=57, status={"pace": 10.0})
    text = screen_text(draw(view, 100, 4))
    for words in ("display frozen", "cursor at step 57", "pace 10.0 steps/s"):
        assert words in text
    assert "so far" not in text  # the training time is not what a clock shows
    one = screen_text(draw(view, 80, 1))
    assert "display frozen" in one
    assert "cursor at step 57" in one


@pytest.mark.parametrize(
    ("status", "left"),
    [
        ({"step": 200, "steps_per_second": 10.0}, "20 s left"),
        ({"step": 200, "steps_per_second": 1000.0, "pace": 2.0}, "1:40 left"),
        ({"step": 400, "steps_per_second": 10.0}, "0 s left"),
    ],
)
def test_the_time_left_is_what_is_to_do_at_this_speed(view_of, screen_text, status, left):
    assert left in screen_text(draw(view_of("vanishing", status=status), 80, 4))


@pytest.mark.parametrize(
    "status",
    [
        {"steps_per_second": 0.0},
        {"steps_per_second": float("nan")},
        {"steps_per_second": float("inf")},
        {"state": RunState.PAUSED},
        {"state": RunState.FINISHED},
    ],
)
def test_no_time_left_is_told_where_it_cannot_be_known(view_of, screen_text, status):
    assert " left" not in screen_text(draw(view_of("vanishing", status=status), 80, 4))


@pytest.mark.parametrize(
    "status",
    [
        {"planned": 0},
        {"step": 10**12, "planned": 1},
        {"epoch": float("nan"), "learning_rate": float("inf"), "seconds": float("inf")},
        {"learning_rate": 1e-320, "seconds": -1.0, "epoch": 1e300},
        {"pace": 0.0},
    ],
)
def test_no_status_is_too_odd_to_draw(view_of, status):
    for size in ((80, 1), (30, 5), (200, 3)):
        strips = draw(view_of("vanishing", status=status), *size)
        assert [strip.cell_length for strip in strips] == [size[0]] * size[1]


def test_the_row_does_not_move_while_the_step_counts(view_of, screen_text):
    places = {
        screen_text(draw(view_of("vanishing", status={"step": step}), 80, 4)).index("/400")
        for step in (1, 10, 399)
    }
    assert len(places) == 1


def test_the_bar_is_filled_as_far_as_the_run_has_come(view_of):
    view = view_of("vanishing", status={"step": 100})
    strip = draw(view, 80, 4)[0]
    filled = sum(len(s.text) for s in strip if s.style == view.palette.accent)
    rest = sum(s.text.count("░") for s in strip)
    assert filled / (filled + rest) == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"steps_per_second": 12345.6}, "12,000 steps/s"),
        ({"steps_per_second": 99.6}, "100 steps/s"),
        ({"steps_per_second": 7.4}, "7 steps/s"),
    ],
)
def test_the_speed_has_two_digits_since_more_of_them_change_with_every_frame(
    view_of, screen_text, status, words
):
    assert f"  {words}" in screen_text(draw(view_of("vanishing", status=status), 100, 1))


def test_the_speed_of_a_run_that_is_over_is_that_of_the_whole_run(view_of, screen_text):
    status = {"state": RunState.FINISHED, "step": 400, "seconds": 8.0, "steps_per_second": 999.0}
    assert "50 steps/s on average" in screen_text(draw(view_of("vanishing", status=status), 100, 4))


@pytest.mark.parametrize("status", [{"state": RunState.PAUSED}, {"pace": 2.0}])
def test_a_speed_that_says_nothing_is_not_told(view_of, screen_text, status):
    status = {"steps_per_second": 999.0, **status}
    assert "990 steps/s" not in screen_text(draw(view_of("vanishing", status=status), 100, 4))
    assert "1,000 steps/s" not in screen_text(draw(view_of("vanishing", status=status), 100, 4))


READOUT = Readout(frames=8.2, written=11_400.0, share=0.041, round_trip=0.052)


def test_where_there_is_room_it_tells_what_the_screen_takes(view_of, screen_text):
    view = replace(view_of("vanishing"), readout=READOUT)
    told = "screen  8 frames/s,  11 kB/s, 4.1 % of the time, link  52 ms"
    assert told in screen_text(draw(view, 120, 10))
    assert told in screen_text(draw(view, 190, 3))


def test_of_a_terminal_that_does_not_answer_no_link_is_told(view_of, screen_text):
    view = replace(view_of("vanishing"), readout=replace(READOUT, round_trip=None))
    assert "link" not in screen_text(draw(view, 120, 10))


@pytest.mark.parametrize(("width", "height"), [(78, 2), (80, 1), (118, 2)])
def test_what_the_screen_takes_takes_no_room_from_anything_else(
    view_of, screen_text, width, height
):
    view = view_of("vanishing")
    told = replace(view, readout=READOUT)
    assert screen_text(draw(told, width, height)) == screen_text(draw(view, width, height))


def test_the_share_of_the_time_that_probes_take_is_told_where_there_is_room(view_of, screen_text):
    view = view_of("constant", status={"probe_share": 0.042})
    assert "probes 4.2 %" in screen_text(PANELS["status"].draw(view, 160, 4))
    assert "probes" not in screen_text(PANELS["status"].draw(view, 60, 1))
    unmeasured = view_of("constant", status={"probe_share": 0.0})
    assert "probes" not in screen_text(PANELS["status"].draw(unmeasured, 160, 4))
