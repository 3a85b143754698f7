import sqlite3

import pytest

from backscope.core.experiment import Experiment
from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.recording import Recording
from backscope.core.trainer import Trainer
from backscope.tui.cli import main


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    settings = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5], "activation": "relu"},
        "training": {"steps": 2_000, "batch_size": 8},
    }
    run = Run(Trainer(Experiment.from_dict(settings, name="moons")))
    recording = Recording.of_new(run)
    run.advance(1_500)
    recording._recorder.flush()
    run.end()
    recording.finish()
    return recording.place


def test_a_cut_off_copy_is_repaired_beside_itself_and_says_what_is_lost(place, tmp_path, capsys):
    copy = tmp_path / "copy.db"
    assert main(["copy", place.id[:-1], str(copy)]) == 0
    assert capsys.readouterr().out == f"Copied run {place.id} to {copy}\n"
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE piece SET crc32=0 WHERE level=0 AND start>=1024")
    connection.close()
    copy.write_bytes(copy.read_bytes()[:-1])
    assert main(["repair", str(copy)]) == 0
    said = capsys.readouterr().out
    assert "1,024 steps" in said.splitlines()[0]
    assert "copy-repaired.db" in said
    assert "Lost: 476 steps" in said
    assert len(said.splitlines()) == 3
    assert main(["repair", str(copy)]) == 2
    assert "exists; --force overwrites it" in capsys.readouterr().err
    assert main(["repair", str(copy), "--into", str(tmp_path / "new.db")]) == 0
    assert main(["repair", "moons", "--into", str(tmp_path / "new.db"), "--force"]) == 0
    assert "Lost: nothing\nIt can be resumed from step 1,500.\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["copy"], 2, "RUN, FILE"),
        (["copy", "moons"], 2, "FILE"),
        (["copy", "suns", "x.db"], 2, "there is none of that id or name"),
        (["copy", "moons", ""], 2, "needs a value"),
        (["copy", "moons", "x\0.db"], 2, "cannot be written"),
        (["copy", "moons", "/"], 2, "is a directory"),
        (["repair"], 2, "FILE"),
        (["repair", "nothing.db"], 2, "no such run"),
        (["repair", "text.db"], 1, "not a run"),
        (["repair", "other.db"], 1, "is not a run of Backscope"),
        (["copy", "text.db", "x.db"], 1, "is not a run"),
        (["copy", "../" * 50 + "\x1b[31m[/]\n.db", "x.db"], 2, "no such run"),
        (["copy", "a" * 10_000, "x.db"], 2, "there is none of that id or name"),
        (["copy", "moons", "a" * 10_000], 2, "cannot be written"),
    ],
)
def test_what_is_not_understood_or_no_run_is_one_line(
    place, tmp_path, monkeypatch, capsys, words, code, line
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.db").write_text("step,loss\n" * 1_000)
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE a (b)")
    connection.close()
    assert main(words) == code
    said = capsys.readouterr()
    assert line in said.err
    assert len(said.err.splitlines()) == 1
    assert len(said.err) < 1_100
    assert "\x1b" not in said.err
    assert not (tmp_path / "x.db").exists()
