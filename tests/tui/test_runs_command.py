import json

import pytest

from backscope.core.experiment import Experiment
from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.lock import Lock
from backscope.core.store.recording import Recording
from backscope.core.trainer import Trainer
from backscope.tui.cli import main


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))


def record(name: str, steps: int = 10) -> places.Place:
    settings = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5], "activation": "relu"},
        "training": {"steps": 20, "batch_size": 8},
    }
    run = Run(Trainer(Experiment.from_dict(settings, name=name)))
    recording = Recording.of_new(run)
    run.advance(steps)
    run.end()
    recording.finish()
    return recording.place


def test_without_runs_it_says_how_to_make_one(capsys):
    assert main(["runs"]) == 0
    assert "backscope run NAME" in capsys.readouterr().out
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_runs_are_listed_in_the_order_that_is_asked_for(capsys):
    record("b", 5), record("a", 7)
    assert main(["runs", "--sort", "name"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == ["name", "a", "b"]
    assert main(["runs", "--json", "--sort", "steps"]) == 0
    assert [run["steps"] for run in json.loads(capsys.readouterr().out)] == [7, 5]


def test_a_run_is_deleted_by_its_id_but_not_by_the_name_of_its_experiment(capsys):
    place = record("moons")
    assert main(["runs", "--delete", "moons"]) == 2
    assert main(["runs", "--delete", place.id[:-1]]) == 0
    assert capsys.readouterr().out == f"Deleted run {place.id}\n"
    assert not place.directory.exists()


def test_a_live_run_is_not_deleted(capsys):
    place = record("moons")
    lock = Lock(place.lock)
    assert main(["runs", "--delete", place.id]) == 2
    assert "is being trained by process" in capsys.readouterr().err
    lock.release()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--sort", "tsart"], "did you mean started?"),
        (["--sort", ""], "--sort needs a value"),
        (["--delete", "x", "--json"], "--delete goes alone"),
        (["--delete", "x/\x1b[31m"], "no such run"),
    ],
)
def test_what_is_not_understood_is_one_line(capsys, words, line):
    assert main(["runs", *words]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert len(said.splitlines()) == 1
    assert "\x1b" not in said
