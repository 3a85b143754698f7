import json
import math

import pytest

from backscope.core.experiment import Experiment
from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.exactness import why_inexact
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import Life, StoredRun
from backscope.core.trainer import Trainer
from backscope.tui.cli import main

SETTINGS = {
    "data": {"source": "moons", "rows": 60},
    "network": {"hidden": [5], "activation": "relu"},
    "training": {"steps": 30, "batch_size": 8, "optimizer": "adam"},
}


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))


def stopped_after(steps: int) -> places.Place:
    run = Run(Trainer(Experiment.from_dict(SETTINGS, name="moons")))
    recording = Recording.of_new(run)
    run.advance(steps)
    run.end()
    recording.finish()
    return recording.place


def test_a_run_that_was_stopped_goes_on_to_the_last_bit(capsys):
    place = stopped_after(11)
    assert main(["resume", place.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "finished"
    stored = StoredRun(place)
    assert stored.life is Life.FINISHED
    records = list(Trainer(Experiment.from_dict(SETTINGS, name="moons")).steps())
    layout = stored.description.layout
    always = [layout.columns(name) for name in ("loss", "gradient_norm", "weight_gradient_norm")]
    rows = [row for _, block in stored.history.snapshot().rows() for row in block]
    assert len(rows) == len(records) == 30
    for row, record in zip(rows, records, strict=True):
        for columns in always:
            assert row[columns].tobytes() == record.row[columns].tobytes()
    assert math.isfinite(records[-1].loss)


def test_a_run_that_has_finished_is_not_gone_on_with(capsys):
    place = stopped_after(30)
    assert main(["resume", place.id, "--headless"]) == 2
    assert "has finished: all its steps are done" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--headless"], "needs a run; backscope runs lists them"),
        (["suns", "--headless"], "there is none of that id or name"),
        (["suns"], "needs a terminal; use --headless"),
    ],
)
def test_what_cannot_be_gone_on_with_is_one_line(capsys, words, line):
    assert main(["resume", *words]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert len(said.splitlines()) == 1


def test_what_may_change_the_last_bits_is_named():
    machine = {"numpy": "2.4.6", "blas_kernel": "Haswell", "blas_threads": 1, "system": "Linux"}
    other = machine | {"blas_kernel": "Zen", "system": "Darwin"}
    assert why_inexact(machine, machine, "0.1.0", "0.1.0") == ""
    assert why_inexact(machine, other, "0.1.0", "0.1.0") == "BLAS kernel Haswell -> Zen"
    assert why_inexact(machine, machine, "0.1.0", "0.2.0") == "Backscope 0.1.0 -> 0.2.0"


def test_of_another_machine_it_says_so_and_goes_on(capsys, monkeypatch):
    place = stopped_after(11)
    monkeypatch.setattr(StoredRun, "why_inexact", lambda self: "NumPy 2.0.0 -> 2.4.6")
    assert main(["resume", place.id, "--headless"]) == 0
    assert "not to the last bit as it would have gone on: NumPy" in capsys.readouterr().err
