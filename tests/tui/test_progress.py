"""Progress without a screen."""

import io
import math

import numpy as np
import pytest

from backscope.core.history import History
from backscope.core.record import LayerInfo, Layout, RunState, StepRecord
from backscope.core.source import RunStatus
from backscope.tui.progress import (
    PlainLines,
    RewrittenLine,
    Silence,
    progress_on,
    progress_text,
)

LAYOUT = Layout((LayerInfo(1, 2, 3, "identity", False, False),), ())


class Terminal(io.StringIO):
    """Text that believes it is a terminal."""

    def isatty(self):
        return True


def status(step, *, planned=100, seconds=0.0, rate=0.0, pace=None):
    return RunStatus(RunState.RUNNING, step, planned, 0.0, 0.1, seconds, rate, pace, "")


def snapshot(loss=0.5, accuracy=math.nan):
    history = History(LAYOUT)
    row = LAYOUT.empty_row()
    row[LAYOUT.columns("loss")] = loss
    row[LAYOUT.columns("accuracy")] = accuracy
    history.append(StepRecord(1, row, LAYOUT), 0.001)
    return history.snapshot()


EMPTY = History(LAYOUT).snapshot()


def test_the_text_says_step_loss_accuracy_speed_and_time_left():
    text = progress_text(status(1200, planned=6000, rate=800.0), snapshot(1.2e-7, 0.25))
    assert text == "step 1,200 of 6,000  loss 1.2e-07  accuracy 25 %  800 steps/s  6.0 s left"


def test_before_the_first_step_only_the_step_is_known():
    assert progress_text(status(0), EMPTY) == "step 0 of 100"


def test_a_loss_that_is_not_finite_is_shown_as_it_is():
    assert "loss nan" in progress_text(status(3), snapshot(math.nan))
    assert "loss inf" in progress_text(status(3), snapshot(math.inf))


def test_a_line_on_a_terminal_is_rewritten_in_place_and_taken_away():
    stream = Terminal()
    line = RewrittenLine(stream, lambda: 80)
    line.show(status(1), snapshot())
    line.show(status(2), snapshot())
    line.clear()
    assert stream.getvalue() == (
        "\rstep 1 of 100  loss 0.500\x1b[K\rstep 2 of 100  loss 0.500\x1b[K\r\x1b[K"
    )


def test_a_line_that_says_the_same_is_not_written_again():
    stream = Terminal()
    line = RewrittenLine(stream, lambda: 80)
    line.show(status(1), snapshot())
    line.show(status(1), snapshot())
    assert stream.getvalue().count("\r") == 1


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (0, ""),
        (13, ""),
        (14, "step 1 of 100"),
        (25, "step 1 of 100"),
        (26, "step 1 of 100  loss 0.500"),
        (80, "step 1 of 100  loss 0.500  10 steps/s  9.9 s left"),
    ],
)
def test_a_line_never_reaches_the_last_column_nor_cuts_a_number(width, shown):
    stream = Terminal()
    RewrittenLine(stream, lambda: width).show(status(1, rate=10.0), snapshot())
    assert stream.getvalue().removeprefix("\r").removesuffix("\x1b[K") == shown


def test_the_time_left_is_that_of_the_clock_on_the_wall():
    text = progress_text(status(0, planned=60, rate=800.0, pace=0.5), EMPTY)
    assert text == "step 0 of 60  0.500 steps/s  2:00 left"


def test_plain_lines_come_at_every_tenth_and_not_at_every_step():
    stream = io.StringIO()
    lines = PlainLines(stream)
    for step in range(101):
        lines.show(status(step), snapshot())
    lines.clear()
    said = stream.getvalue().splitlines()
    assert len(said) == 10
    assert said[0].startswith("step 10 of 100")
    assert said[-1].startswith("step 100 of 100")


def test_plain_lines_also_come_after_half_a_minute_of_silence():
    stream = io.StringIO()
    seconds = iter(np.arange(0.0, 101.0, 1.0))
    lines = PlainLines(stream, lambda: next(seconds))
    for _ in range(100):
        # A paced run waits most of the time, which is no training time.
        lines.show(status(1, planned=10**9, seconds=0.001), snapshot())
    assert len(stream.getvalue().splitlines()) == 3


def test_progress_is_a_rewritten_line_only_on_a_terminal_that_can(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(progress_on(Terminal(), lines=True), RewrittenLine)
    assert isinstance(progress_on(io.StringIO(), lines=True), PlainLines)
    assert isinstance(progress_on(io.StringIO(), lines=False), Silence)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress_on(Terminal(), lines=True), PlainLines)
    monkeypatch.delenv("TERM")
    assert isinstance(progress_on(Terminal(), lines=True), PlainLines)
    assert isinstance(progress_on(None, lines=True), Silence)


def test_something_else_is_said_in_place_no_wider_than_the_terminal_or_as_a_line():
    terminal, log = Terminal(), io.StringIO()
    RewrittenLine(terminal, lambda: 8).say("workload 1")
    assert terminal.getvalue() == "\rworkloa\x1b[K"
    PlainLines(log).say("workload 1")
    assert log.getvalue() == "workload 1\n"
    Silence().say("workload 1")
