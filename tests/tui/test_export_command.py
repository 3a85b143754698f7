import json
import os
import sqlite3
import struct

import numpy as np
import pytest

from backscope.core.store import places
from backscope.core.store.stored_run import StoredRun
from backscope.tui import extras
from backscope.tui.cli import main
from backscope.tui.history_csv import column_names

STEPS = 1_100
TOML = f"""
[data]
source = "moons"
rows = 60
[network]
hidden = [5]
activation = "tanh"
[training]
steps = {STEPS}
batch_size = 8
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moons.toml").write_text(TOML)
    assert main(["run", "moons.toml", "--headless", "--csv", "run.csv"]) == 0
    return tmp_path


def place():
    (found,) = places.all_places()
    return found


def test_the_csv_file_is_the_one_that_the_run_itself_writes(folder, capsys):
    capsys.readouterr()
    assert main(["export", place().id, "--csv", "out.csv"]) == 0
    assert capsys.readouterr().out == f"Exported 1,100 steps of run {place().id} to out.csv\n"
    assert (folder / "out.csv").read_bytes() == (folder / "run.csv").read_bytes()
    assert main(["diagnose", "out.csv", "--json"]) == 0


def test_a_dash_is_standard_output_which_then_holds_the_table_alone(folder, capsys):
    capsys.readouterr()
    assert main(["export", place().id, "--csv", "-"]) == 0
    said = capsys.readouterr()
    assert said.out == (folder / "run.csv").read_text()
    assert said.err == f"Exported 1,100 steps of run {place().id} to standard output\n"
    assert not (folder / "-").exists()


def test_the_parquet_file_holds_the_numbers_to_the_last_bit_and_null_where_there_are_none(folder):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert main(["export", place().id, "--parquet", "out.parquet"]) == 0
    table = parquet.read_table(folder / "out.parquet")
    run = StoredRun(place())
    snapshot = run.history.snapshot()
    rows = np.concatenate([values for _, values in snapshot.rows()])
    names = column_names(snapshot.layout)
    run.close()
    assert table.column_names == ["step", "seconds", *names]
    assert table["step"].to_pylist() == list(range(1, STEPS + 1))
    for at, name in enumerate(names):
        column = table[name].to_numpy()
        assert column.tobytes() == rows[:, at].tobytes() or np.array_equal(
            column, rows[:, at], equal_nan=True
        )
    assert table["silent_1"].null_count == STEPS  # tanh has no silent units
    assert table["loss"].null_count == 0
    known = json.loads(table.schema.metadata[b"backscope"])
    assert known["layers"] == [[5, "tanh"], [2, "identity"]]


def events(path):
    """Wall time, step and scalars of each record: the slow, obvious way."""
    event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")
    data, at = path.read_bytes(), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = event_pb2.Event.FromString(data[at + 12 : at + 12 + length])
        at += 16 + length
        yield event.wall_time, event.step, {v.tag: v.simple_value for v in event.summary.value}


def test_the_event_file_of_tensorboard_holds_a_scalar_for_each_that_was_measured(folder):
    pytest.importorskip("tensorboardX")
    assert main(["export", place().id, "--tensorboard", "logs"]) == 0
    (file,) = (folder / "logs").iterdir()
    _, *found = events(file)
    run = StoredRun(place())
    snapshot = run.history.snapshot()
    started = run.description.started
    assert [step for _, step, _ in found] == list(range(1, STEPS + 1))
    for when, step, scalars in found[::100]:
        assert when == started + snapshot.seconds_at(step)
        signal = snapshot.last_measured("error_signal", step)
        assert scalars["error_signal/1"] == np.float32(signal[0])
        assert "silent/1" not in scalars
    run.close()


def test_what_float32_cannot_hold_is_counted(folder, capsys):
    pytest.importorskip("tensorboardX")
    import backscope.tui.export as export

    run = StoredRun(place())
    snapshot = run.history.snapshot()
    rows = np.concatenate([values for _, values in snapshot.rows()])
    run.close()
    tiny = np.count_nonzero((rows.astype(np.float32) == 0) & (rows != 0))
    beyond = export.write_history_events(snapshot_with(rows, snapshot), 0.0, folder)
    assert beyond == tiny
    rows[7, 0], rows[8, 0] = 1e39, 1e-46
    assert export.write_history_events(snapshot_with(rows, snapshot), 0.0, folder) == tiny + 2


def snapshot_with(rows, like):
    from backscope.core.history import History
    from backscope.core.record import StepRecord

    history = History(like.layout)
    for at, row in enumerate(rows):
        history.append(StepRecord(at + 1, row, like.layout, None), 0.1 * at)
    return history.snapshot()


def test_what_is_damaged_is_left_out_and_said_in_one_line(folder, capsys):
    with sqlite3.connect(place().database) as connection:
        connection.execute("UPDATE piece SET crc32=crc32+1 WHERE level=0 AND start=0")
    connection.close()
    capsys.readouterr()
    assert main(["export", place().id, "--csv", "out.csv"]) == 0
    said = capsys.readouterr().err
    assert said == (
        "backscope: left out: 1,024 steps of which only coarser values are known, 1 chunk damaged\n"
    )
    assert len((folder / "out.csv").read_text().splitlines()) == 1 + STEPS - 1024


@pytest.mark.parametrize(
    ("form", "module", "library"),
    [("parquet", "pyarrow", "pyarrow"), ("tensorboard", "tensorboardX", "tensorboardX")],
)
def test_without_the_extra_one_line_says_how_to_get_it(
    folder, monkeypatch, capsys, form, module, library
):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", missing)
    capsys.readouterr()
    assert main(["export", place().id, f"--{form}", "out"]) == 2
    said = capsys.readouterr().err
    assert said == f"backscope: {library} is missing: pip install 'backscope[{form}]'\n"
    assert not (folder / "out").exists()


def test_what_exists_is_overwritten_only_when_that_is_asked_for(folder, capsys):
    pytest.importorskip("tensorboardX")
    pytest.importorskip("pyarrow")
    for form, out in (("csv", "a"), ("parquet", "b"), ("tensorboard", "c")):
        words = ["export", place().id, f"--{form}", out]
        assert main(words) == 0
        capsys.readouterr()
        assert main(words) == 2
        assert "exists; --force overwrites it" in capsys.readouterr().err
        assert main([*words, "--force"]) == 0
    assert len(os.listdir(folder / "c")) == 1


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ([], 2, "RUN"),
        (["moons.toml"], 2, "name one of --csv, --parquet, --tensorboard"),
        (["moons.toml", "--csv", "a", "--parquet", "b"], 2, "name one of"),
        (["moons.toml", "--csv", ""], 2, "--csv needs a value"),
        (["moons.toml", "--csv", "."], 2, "is a directory"),
        (["moons.toml", "--parquet", "-"], 2, "-: expected a file"),
        (["moons.toml", "--csv", "no/a.csv"], 2, "the folder no does not exist"),
        (["moons.toml", "--csv", "x" * 300], 2, "cannot be written"),
        (["moons.toml", "--tensorboard", "moons.toml"], 2, "is no directory"),
        (["moons.toml", "--csv", "/dev/full"], 1, "cannot be written: No space left"),
        (["suns", "--csv", "a"], 2, "there is none of that id or name"),
        (["./moons.toml", "--csv", "a"], 1, "is not a run"),
    ],
)
def test_what_is_not_understood_or_cannot_be_written_is_one_line(folder, capsys, words, code, line):
    pytest.importorskip("tensorboardX")
    pytest.importorskip("pyarrow")
    capsys.readouterr()
    if "/dev/full" in words:
        words = [*words, "--force"]
    assert main(["export", *words]) == code
    said = capsys.readouterr().err
    assert line in said
    assert len(said.splitlines()) == 1
    assert not (folder / "a").exists()
