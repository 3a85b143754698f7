"""One run on a real pseudo-terminal: started, changed, resized, quit, and what goes wrong."""

import json
import os
import re
import signal
import subprocess

import pytest
from pseudo_terminal import COMMAND, PATIENCE, environment


def step_of(terminal):
    found = re.search(r"step +([\d,]+)/", terminal.text)
    return int(found[1].replace(",", "")) if found else 0


def test_a_run_is_started_paused_stepped_changed_resized_and_quit(terminal):
    screen = terminal("run", "vanishing", "--steps", "100000", "--pace", "10")
    screen.wait_for(lambda t: "training" in t.text and step_of(t) > 2, "the first steps")

    screen.press(" ")
    screen.wait_for_text("paused")
    step = step_of(screen)
    # One step may have been under way when the screen said "paused"; two cannot.
    screen.press("ss")
    screen.wait_for(lambda t: step_of(t) >= step + 2, "two single steps")
    assert "paused" in screen.text

    rate = float(screen.wait_for_text(r"rate ([\d.e-]+)")[1])
    screen.press("-")
    screen.wait_for(
        lambda t: f"rate {rate / 2:.3g} " in t.text, f"the learning rate {rate / 2:.3g}"
    )
    screen.press(" ")
    screen.wait_for(lambda t: step_of(t) > step + 2, "training to go on")

    screen.resize(24, 80)
    screen.wait_for(
        lambda t: "quit" in t.lines[23] and any("loss" in line for line in t.lines),
        "the screen to be laid out for 80x24",
    )

    screen.press("q")
    assert screen.wait_for_end() == 0
    assert b"\x1b[?1049h" in screen.raw
    assert screen.left_behind() == set()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_ends_the_dashboard_with_its_code_and_gives_the_terminal_back(
    terminal, number, code
):
    screen = terminal("run", "vanishing", "--steps", "100000", "--pace", "10")
    screen.wait_for(lambda t: "training" in t.text and step_of(t) > 2, "the first steps")
    os.kill(screen.pid, number)
    assert screen.wait_for_end() == code
    assert screen.left_behind() == set()


def test_a_diverged_run_stays_on_the_screen_until_the_person_quits(terminal):
    screen = terminal("run", "exploding")
    screen.wait_for_text("diverged")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


@pytest.mark.parametrize("state", ["paused", "finished"])
def test_nothing_is_sent_to_the_terminal_when_nothing_goes_on(terminal, state):
    screen = terminal("run", "vanishing", "--steps", "30", *["--paused"] * (state == "paused"))
    screen.wait_for_text(state)
    screen.wait_for_silence()
    assert state in screen.text


def test_the_gallery_opens_and_runs_what_is_chosen(terminal):
    screen = terminal()
    screen.wait_for_text("vanishing")
    screen.press("\r")
    screen.wait_for_text(r"step +[\d,]+/")
    screen.press("q")
    assert screen.wait_for_end() == 0
    assert screen.left_behind() == set()


def test_data_that_cannot_be_used_is_said_in_one_line_on_the_terminal_as_it_was(terminal, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    screen = terminal("run", "healthy", "--data", "empty.csv", "--target", "class")
    assert screen.wait_for_end() == 2
    assert screen.left_behind() == set()
    assert [line for line in screen.lines if "backscope:" in line and "empty.csv" in line]
    assert "Traceback" not in screen.text


@pytest.mark.parametrize("words", [("run", "vanishing"), ()])
@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_can_do_nothing_gets_one_line_and_no_escape(terminal, words, term):
    screen = terminal(*words, TERM=term)
    assert screen.wait_for_end() == 2
    assert "needs a terminal" in screen.text
    assert b"\x1b" not in screen.raw
    assert len([line for line in screen.lines if line.strip()]) <= 2


def test_headless_on_a_terminal_rewrites_one_line_and_takes_it_away(terminal):
    screen = terminal("run", "vanishing", "--headless", "--steps", "20", "--pace", "20")
    screen.wait_for_text(r"step \d+ of 20")
    assert screen.wait_for_end() == 0
    assert not re.search(r"step \d+ of 20  ", screen.text)
    assert "finished after 20 of 20 steps" in screen.raw.decode()
    assert screen.left_behind() == set()


def test_interrupting_a_headless_run_prints_the_summary_of_what_was_done(terminal):
    screen = terminal("run", "vanishing", "--headless", "--steps", "100000", "--pace", "50")
    screen.wait_for_text(r"step \d+ of 100,000  loss")
    screen.press("\x03")
    assert screen.wait_for_end() == 130
    assert re.search(rb"stopped after \d+ of 100,000 steps", screen.raw)


def test_piped_and_headless_there_are_plain_lines_and_a_summary():
    done = subprocess.run(
        [*COMMAND, "run", "vanishing", "--headless", "--steps", "30", "--pace", "60"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(),
        check=False,
    )
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
    assert "finished after 30 of 30 steps" in done.stdout
    assert all(re.match(r"step \d+ of 30", line) for line in done.stderr.splitlines())
    assert 1 <= len(done.stderr.splitlines()) <= 10


def test_interrupting_a_json_run_still_prints_one_object(terminal, tmp_path):
    output = tmp_path / "run.json"
    screen = terminal(
        "run", "vanishing", "--json", "--steps", "100000", "--pace", "50", output=output
    )
    screen.wait_for_text(r"step \d+ of 100,000  loss")
    screen.press("\x03")
    assert screen.wait_for_end() == 130
    assert json.loads(output.read_text())["state"] == "stopped"
    assert not screen.text.replace("^C", "").strip()
