import pytest

from backscope.core.experiment import Experiment
from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.recording import Recording
from backscope.core.trainer import Trainer
from backscope.tui import opening
from backscope.tui.cli import main
from backscope.tui.commands import replay as command


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))


def record(name: str) -> places.Place:
    settings = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5], "activation": "relu"},
        "training": {"steps": 20, "batch_size": 8},
    }
    run = Run(Trainer(Experiment.from_dict(settings, name=name)))
    recording = Recording.of_new(run)
    run.advance(5)
    run.end()
    recording.finish()
    return recording.place


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ([], 2, "no runs are recorded yet"),
        (["suns"], 2, "there is none of that id or name"),
        (["no/such/run"], 2, "no such run"),
        (["--fsp", "3"], 2, "did you mean --fps?"),
        (["notes.db"], 1, "is not a run"),
    ],
)
def test_what_cannot_be_shown_is_one_line(capsys, tmp_path, monkeypatch, words, code, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.db").write_text("step,loss\n" * 500)
    assert main(["replay", *words]) == code
    said = capsys.readouterr().err
    assert line in said
    assert len(said.splitlines()) == 1


def test_without_a_terminal_it_says_so(capsys):
    record("moons")
    assert main(["replay", "moons"]) == 2
    assert "needs a terminal" in capsys.readouterr().err


def test_the_run_that_is_meant_is_shown_and_the_newest_one_if_none_is(monkeypatch):
    first, second = sorted((record("moons"), record("suns")), key=lambda place: place.id)
    shown = []
    monkeypatch.setattr(command, "has_screen", lambda: True)
    monkeypatch.setattr(command, "stand_by", lambda: None)
    monkeypatch.setattr(
        opening,
        "open_recorded",
        lambda stored, **options: shown.append((stored.place, options)) or 0,
    )
    assert main(["replay", first.id, "--fps", "5"]) == 0
    assert main(["replay"]) == 0
    assert shown[0] == (first, {"replay": True, "fps": 5.0, "bandwidth": None})
    assert shown[1][0] == second
