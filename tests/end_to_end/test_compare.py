"""Several runs in one window on a real pseudo-terminal, and a cure tried beside the sick run."""

from __future__ import annotations

import re

import pytest

SIZES = [{"rows": 24, "columns": 80}, {"rows": 40, "columns": 120}]


def steps_of(screen):
    """The steps of all runs, as their lines tell."""
    return [int(step.replace(",", "")) for step in re.findall(r"([\d,]+)/[\d,]+ ", screen.text)]


@pytest.mark.parametrize("size", SIZES)
def test_two_presets_are_trained_step_by_step_together(terminal, size):
    screen = terminal("compare", "vanishing", "vanishing-cured", "--pace", "20", **size)
    screen.wait_for(lambda t: all(step > 3 for step in steps_of(t) or [0]), "the first steps")
    assert "activation sigmoid -> tanh" in screen.lines[0]
    screen.press(" ")
    screen.wait_for_text("paused")

    def level(screen):
        steps = steps_of(screen)
        return len(steps) == 2 and steps[0] == steps[1] and steps

    step = screen.wait_for(level, "both runs at the same step")[0]
    screen.press("ss")
    screen.wait_for(lambda t: (level(t) or [0])[0] >= step + 2, "two single steps of each")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


@pytest.mark.parametrize("size", SIZES)
def test_a_run_that_diverges_stands_beside_one_that_does_not(terminal, size):
    screen = terminal("compare", "exploding", "exploding-cured", "--pace", "30", **size)
    screen.wait_for(
        lambda t: len(steps_of(t)) == 2 and steps_of(t)[1] > steps_of(t)[0] + 5,
        "the cured run to go on alone",
    )
    assert "gain 2 -> 1" in screen.lines[0]
    assert "exploding gradient" in screen.lines[1]
    screen.wait_for_text("✗")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


@pytest.mark.parametrize("size", SIZES)
def test_four_runs_share_one_window_of_any_size(terminal, size):
    names = ("exploding", "healthy", "vanishing:seed=3", "dying-relu")
    screen = terminal("compare", *names, "--steps", "60", **size)
    screen.wait_for(lambda t: steps_of(t)[1:] == [60, 60, 60], "all to end")
    assert [line.split()[1] for line in screen.lines[1:5]] == list(names)
    screen.press("b")
    screen.wait_for_text("b overlay" if size["columns"] > 80 else "vanishing:seed=3")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


def test_nothing_is_sent_to_the_terminal_while_all_are_held(terminal):
    screen = terminal("compare", "vanishing", "vanishing-cured", "--paused")
    screen.wait_for_text("paused")
    screen.wait_for_silence()
    assert "waiting for the first step" in screen.text


def test_a_cure_is_tried_beside_the_sick_run_and_kept(terminal):
    screen = terminal("run", "vanishing", "--steps", "100000", "--pace", "30")
    screen.wait_for_text("(warning|error): vanishing gradient")
    screen.press("\r")
    screen.wait_for_text("enter tries it beside this run")
    assert "advised often, does not work here" in screen.text
    screen.press("\r")
    screen.wait_for_text("treated")
    screen.press("....")  # as fast as it goes
    screen.wait_for_text(r"\bcured: loss [\d.e-]+ against 2\.\d+")
    screen.press("\r")
    screen.wait_for_text(r"step +[\d,]+/100,000")
    screen.wait_for_text(r"\$ backscope run vanishing .*--set network.activation=tanh")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


def test_escape_gives_the_sick_run_back(terminal):
    screen = terminal("run", "vanishing", "--steps", "100000", "--pace", "30")
    screen.wait_for_text("(warning|error): vanishing gradient")
    screen.press("\r")
    screen.wait_for_text("enter tries it beside this run")
    screen.press("\r")
    screen.wait_for_text("treated")
    screen.press("\x1b")
    screen.wait_for_text(r"\$ backscope run vanishing --seed 7 --steps 100000 *[│ ]")
    screen.wait_for_text(r"training  step")
    screen.press("q")
    assert screen.wait_for_end() == 0


def test_what_cannot_share_a_window_is_one_line_on_the_terminal_as_it_was(terminal, tmp_path):
    (tmp_path / "numbers.toml").write_text(
        '[data]\nsource = "sine"\n[network]\nhidden = [8]\n[training]\nloss = "mse"\n'
    )
    screen = terminal("compare", "healthy", "numbers.toml")
    assert screen.wait_for_end() == 2
    (line,) = (line for line in screen.text.splitlines() if "backscope:" in line)
    assert "cannot share a window" in line.replace("\n", "")
    assert screen.left_behind() == set()
    assert "Traceback" not in screen.text
