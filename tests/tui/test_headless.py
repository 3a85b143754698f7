"""Training without a screen."""

import csv
import io
import json
import os
import signal
import threading
from pathlib import Path

import pytest

from backscope.core.diagnosis import Diagnosis
from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, load_experiment
from backscope.core.findings import Severity
from backscope.core.history import History
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui import headless
from backscope.tui.headless import drive, run_headless, write_report
from backscope.tui.progress import Silence


def experiment(name="worked-example", steps=5):
    return load_experiment(name, {"training.steps": steps})


class Signalling:
    """Progress that sends a signal to this very process once the run has begun."""

    def __init__(self, number):
        self._number = number
        self.cleared = False

    def show(self, status, snapshot):
        if self._number is not None and status.step:
            os.kill(os.getpid(), self._number)
            self._number = None

    def clear(self):
        self.cleared = True


def test_the_summary_goes_to_standard_output_and_progress_does_not(capsys):
    assert run_headless(experiment()) == 0
    said = capsys.readouterr()
    assert "finished after 5 of 5 steps" in said.out
    assert all(line.startswith("step ") for line in said.err.splitlines())


def test_json_is_exactly_one_object_and_nothing_else(capsys):
    assert run_headless(experiment(), as_json=True) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["state"] == "finished"
    assert said.err == ""


def test_json_is_ascii_whatever_names_it_carries():
    named = load_experiment("worked-example", {"training.steps": 1, "title": "\u202e\x1b[31m[/] é"})
    run = Run(Trainer(named))
    run.drive()
    stream = io.StringIO()
    write_report(run, stream, as_json=True)
    assert stream.getvalue().isascii()
    assert "\x1b" not in stream.getvalue()
    assert json.loads(stream.getvalue())["title"] == "\u202e\x1b[31m[/] é"


def test_a_diverged_run_exits_with_3_and_its_json_stays_strict(capsys):
    assert run_headless(experiment("exploding", 30), as_json=True) == 3
    said = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert said["state"] == "diverged"
    assert said["first_nonfinite"]["step"] == said["steps"]


@pytest.mark.parametrize(
    ("name", "steps", "fail_on", "code"),
    [
        ("vanishing", 80, None, 0),
        ("vanishing", 80, Severity.ERROR, 4),
        ("vanishing", 20, Severity.ERROR, 0),  # until step 60 it is a warning
        ("vanishing", 20, Severity.WARNING, 4),
        ("healthy", 80, Severity.WARNING, 0),
        ("exploding", 30, Severity.WARNING, 3),
    ],
)
def test_a_finding_can_be_made_to_fail_the_command_and_divergence_comes_first(
    capsys, name, steps, fail_on, code
):
    for as_json in (True, False):
        assert run_headless(experiment(name, steps), as_json=as_json, fail_on=fail_on) == code
        assert capsys.readouterr().out


def test_a_failed_run_exits_with_1_and_says_why(capsys, monkeypatch):
    def fail(self):
        raise ValueError("no luck")

    monkeypatch.setattr(Trainer, "_train_one", fail)
    assert run_headless(experiment()) == 1
    assert "error: ValueError: no luck" in capsys.readouterr().out


def test_the_history_is_written_as_csv(tmp_path, capsys):
    path = tmp_path / "run.csv"
    assert run_headless(experiment(), csv=path) == 0
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["step"]) for row in rows] == [1, 2, 3, 4, 5]
    assert float(rows[0]["loss"]) == pytest.approx(0.02705813, abs=5e-9)


def test_a_csv_that_exists_is_refused_before_the_training(tmp_path, capsys, monkeypatch):
    path = tmp_path / "run.csv"
    path.write_text("precious")
    monkeypatch.setattr(Run, "drive", lambda self: pytest.fail("trained"))
    with pytest.raises(InputError, match="exists; --force overwrites it"):
        run_headless(experiment(), csv=path)
    assert path.read_text() == "precious"


def test_with_force_a_longer_csv_is_replaced_whole(tmp_path, capsys):
    path = tmp_path / "run.csv"
    path.write_text("precious\n" * 10_000)
    assert run_headless(experiment(), csv=path, force=True) == 0
    assert "precious" not in path.read_text()
    assert len(path.read_text().splitlines()) == 6


def test_data_that_cannot_be_read_leaves_no_csv_behind(tmp_path, capsys):
    bad = load_experiment("healthy", {"data.path": str(tmp_path / "none.csv"), "data.target": "y"})
    with pytest.raises(InputError, match=r"none\.csv"):
        run_headless(bad, csv=tmp_path / "run.csv")
    assert not (tmp_path / "run.csv").exists()


def test_plots_follow_the_summary(capsys):
    assert run_headless(experiment(steps=30), plot=True) == 0
    said = capsys.readouterr().out
    summary, _, plots = said.partition("this run again")
    assert "loss" in summary
    assert "error signal" in plots
    assert "layer 1" in plots
    assert "\x1b" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_is_told(number):
    before = signal.getsignal(number)
    run = Run(Trainer(experiment("vanishing", 1_000_000)))
    progress = Signalling(number)
    assert drive(run, progress) == number
    assert run.status().state == RunState.STOPPED
    assert progress.cleared
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run = Run(Trainer(experiment("vanishing", 400)))
        assert drive(run, Signalling(signal.SIGINT)) == 0
        assert run.status().state == RunState.FINISHED
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_interrupt_ends_the_program_at_once(monkeypatch):
    run = Run(Trainer(experiment("vanishing", 1_000_000)))
    monkeypatch.setattr(run, "stop", lambda: os.kill(os.getpid(), signal.SIGINT))
    progress = Signalling(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        drive(run, progress)
    assert progress.cleared
    Run.stop(run)


def test_findings_are_made_while_the_run_goes_on_and_so_know_steps_whose_rows_are_gone(monkeypatch):
    monkeypatch.setattr(headless, "INTERVAL", 0.001)
    tables = {
        "data": {"source": "circles", "rows": 60},
        "network": {"hidden": [8, 8]},
        "training": {"steps": 5_000, "rate_changes": [[1_100, 30.0]]},
    }
    run = Run(Trainer(Experiment.from_dict(tables)))
    run.history = History(run.history.layout, keep_rows=1)
    looks = threading.Semaphore(0)

    def slowly():
        for _ in range(10):
            run.advance(500)
            for _ in range(2):  # the first look may have begun before these steps
                assert looks.acquire(timeout=30)

    monkeypatch.setattr(run, "drive", slowly)
    watching = Silence()
    monkeypatch.setattr(watching, "show", lambda status, snapshot: looks.release())
    diagnosis = Diagnosis(run.facts)
    drive(run, watching, diagnosis)
    stream = io.StringIO()
    write_report(run, stream, as_json=True, diagnosis=diagnosis)
    said = json.loads(stream.getvalue())["findings"]
    (since,) = (finding["since_step"] for finding in said if finding["kind"] == "dying_relu")
    assert 1_100 < since < 1_300


def test_progress_that_cannot_be_written_ends_and_the_run_goes_on():
    class Gone:
        def show(self, status, snapshot):
            raise BrokenPipeError

        def clear(self):
            raise BrokenPipeError

    run = Run(Trainer(experiment(steps=300)))
    assert drive(run, Gone()) == 0
    assert run.status().state == RunState.FINISHED


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_history_that_cannot_be_written_costs_the_file_and_not_the_summary(capsys):
    with pytest.raises(OSError, match="No space left"):
        run_headless(experiment(), csv=Path("/dev/full"), force=True)
    assert "finished after 5 of 5 steps" in capsys.readouterr().out


def test_a_run_can_be_driven_from_another_thread_where_no_signals_come():
    run = Run(Trainer(experiment(steps=3)))
    codes = []
    thread = threading.Thread(target=lambda: codes.append(drive(run, Silence())))
    thread.start()
    thread.join()
    assert codes == [0]
    assert run.status().state == RunState.FINISHED
