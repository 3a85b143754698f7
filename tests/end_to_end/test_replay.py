"""A recorded run opened again on a real pseudo-terminal: moved through, played, left."""

import re

import pytest

SIZES = [{"rows": 24, "columns": 80}, {"rows": 40, "columns": 120}]


def step_of(screen):
    found = re.search(r"replay.*?step +([\d,]+)/", screen.text)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize("size", SIZES)
def test_a_run_that_exploded_is_moved_through_and_says_at_each_step_what_was_known_there(
    terminal, command, size
):
    command("run", "exploding", "--headless", code=3)
    screen = terminal("replay", "exploding", **size)
    screen.wait_for(lambda t: step_of(t) == 4, "the last step")
    screen.wait_for_text("error: divergence")
    screen.press("\x1b[H")  # home
    screen.wait_for(
        lambda t: step_of(t) == 1 and "error: divergence" not in t.text,
        "the first step, where nothing has diverged",
    )
    screen.press("s")
    screen.wait_for(lambda t: step_of(t) == 2, "one step on")
    screen.press("j")
    screen.wait_for(lambda t: step_of(t) > 2, "what happened next")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


def test_a_finished_run_is_played_from_its_start_and_held(terminal, command):
    command("run", "healthy", "--headless", "--steps", "400")
    screen = terminal("replay")
    screen.wait_for(lambda t: step_of(t) == 400, "the last step")
    screen.press("\x1b[H")
    screen.wait_for(lambda t: step_of(t) == 1, "the first step")
    screen.press(" ")
    screen.wait_for(lambda t: step_of(t) > 1, "the run to be played")
    screen.press(" ")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


def test_without_a_run_there_is_one_line(command):
    assert command("replay", code=2) == (
        "backscope replay: no runs are recorded yet; backscope run makes one\n"
    )
