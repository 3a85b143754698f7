"""``backscope bench``, from names to tables."""

import io
import json
import sys

import pytest

from backscope.core.bench.interleaved import Timing
from backscope.core.bench.results import QUICK_SLICE, Result
from backscope.core.errors import InputError
from backscope.tui import bench
from backscope.tui.bench import run_bench


class Measured:
    """In place of measuring: remembers what was asked for."""

    def __init__(self):
        self.asked = []

    def __call__(self, workload, dtype, *, rounds, slice_seconds):
        self.asked.append((workload.name, dtype, rounds, slice_seconds))
        return Result(workload, dtype, (Timing("Backscope", (1e-4,), 1.0),))


@pytest.fixture
def measured(monkeypatch):
    fake = Measured()
    monkeypatch.setattr(bench, "measure", fake)
    return fake


def test_the_workloads_that_are_asked_for_are_measured_and_printed(measured, capsys):
    assert run_bench(["w2"], dtype="float64", rounds=3) == 0
    assert [asked[:3] for asked in measured.asked] == [
        ("W2-SGD", "float64", 3),
        ("W2-Adam", "float64", 3),
    ]
    said = capsys.readouterr()
    assert said.err.splitlines() == ["workload 1 of 2: W2-SGD", "workload 2 of 2: W2-Adam"]
    assert "W2-SGD: 64-64x20-10" in said.out
    assert "NumPy" in said.out


def test_json_is_one_object_and_says_nothing_else(measured, capsys):
    run_bench([], as_json=True)
    said = capsys.readouterr()
    assert said.err == ""
    assert len(json.loads(said.out)["workloads"]) == len(measured.asked) == 5


def test_quick_is_one_short_turn_unless_rounds_are_given(measured, capsys):
    run_bench(["W1"], quick=True)
    run_bench(["W1"], quick=True, rounds=2)
    assert [asked[2:] for asked in measured.asked] == [(1, QUICK_SLICE), (2, QUICK_SLICE)]


def test_a_wrong_name_is_told_before_anything_is_measured(measured):
    with pytest.raises(InputError):
        run_bench(["W1", "W9"])
    assert measured.asked == []


def test_progress_that_nobody_reads_does_not_end_the_measuring(measured, capsys, monkeypatch):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    assert run_bench(["W1"]) == 0
    assert "W1: " in capsys.readouterr().out


def test_an_interrupt_leaves_no_unfinished_line(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(bench, "measure", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_bench(["W1"])
    assert "workload 1 of 1: W1" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
