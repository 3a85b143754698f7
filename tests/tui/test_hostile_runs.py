"""Runs that somebody has tampered with, through every command that reads one.

Each answers with the truth, with a gap, or with one clear line and exit code 1; never with a
traceback, a control character or a wrong number.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time

import pytest

from backscope.core.experiment import Experiment
from backscope.core.run import Run
from backscope.core.store import checkpoints, database, places, verdicts
from backscope.core.store.recording import Recording
from backscope.core.store.replayed import ReplayedRun
from backscope.core.store.stored_run import StoredRun
from backscope.core.trainer import Trainer
from backscope.tui.app import BackscopeApp
from backscope.tui.cli import main
from backscope.tui.panels import Panel
from backscope.tui.replay_screen import ReplayScreen

STEPS = 1_100
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x"
HOSTILE = "\x1b]0;x\x07\x1b[31m[/][@click=app.quit]x\n\r\u202e" + "a" * 10_000
FINDING = {
    "kind": "vanishing_gradient",
    "severity": "error",
    "since_step": 5,
    "layers": [99],
    "evidence": {},
    "message": HOSTILE,
}
NONFINITE = {
    "step": 5,
    "layer": 99_999,
    "quantity": HOSTILE,
    "count": 2**62,
    "size": -1,
    "largest_finite": 1e308,
}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(places.HOME, str(tmp_path_factory.mktemp("original")))
        settings = {
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [5], "activation": "relu"},
            "training": {"steps": 2_000, "batch_size": 8},
        }
        run = Run(Trainer(Experiment.from_dict(settings, name="moons")))
        recording = Recording.of_new(run)
        for _ in range(2):
            run.advance(STEPS // 2)
            recording._recorder.flush()
        run.end()
        recording.finish()
    return recording.place


@pytest.fixture
def tampered(original, tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))

    def make(change):
        place = places.Place(places.home() / "case")
        shutil.copytree(original.directory, place.directory)
        connection = sqlite3.connect(place.database, isolation_level=None)
        connection.execute("BEGIN")
        change(connection)
        connection.execute("COMMIT")
        connection.close()
        return place

    return make


def sql(*statements):
    def change(connection):
        for statement in statements:
            connection.execute(statement)

    return change


def meta(key, value):
    """Whoever can change a file can give it the right checksums too."""
    return lambda connection: database.write_meta(connection, {key: value})


def progress(**values):
    def change(connection):
        said = json.loads(database.read_meta(connection, "progress")["progress"])
        database.write_meta(connection, {"progress": json.dumps({**said, **values})})

    return change


def verdict(kind, row, said):
    def change(connection):
        crc = verdicts._checksum(kind, row, said)
        query = "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?)"
        connection.execute(query, (kind, row, crc, said))

    return change


def event(step, kind, text):
    def change(connection):
        crc = database.text_checksum(step, kind, text)
        query = "INSERT INTO event (step, kind, text, crc32) VALUES (?, ?, ?, ?)"
        connection.execute(query, (step, kind, text, crc))
        progress(events=1)(connection)

    return change


def checkpoint(step, events, data):
    def change(connection):
        crc = checkpoints.checksum(step, 0.0, events, data)
        connection.execute("DELETE FROM checkpoint")
        query = "INSERT INTO checkpoint VALUES (?, 0.0, ?, ?, ?)"
        connection.execute(query, (step, events, crc, data))

    return change


REFUSED = {
    "newer": (sql("PRAGMA user_version=7"), "newer Backscope (schema 7; this one reads up to 1)"),
    "another program's": (sql("PRAGMA application_id=7"), "is not a run of Backscope"),
    "a view": (sql("DROP TABLE piece", "CREATE VIEW piece AS SELECT 1"), "no table piece"),
    "an endless view": (
        sql("DROP TABLE meta", f"CREATE VIEW meta AS {ENDLESS} AS key, 1 AS value FROM n"),
        "no table meta",
    ),
    "a trigger": (
        sql("CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM piece; END"),
        "an unexpected trigger t",
    ),
    "other columns": (sql("DROP TABLE meta", "CREATE TABLE meta (a)"), "is damaged"),
    "no meta": (sql("DELETE FROM meta"), "the run's description has no"),
    "meta of no text": (sql("UPDATE meta SET value=x'ff00'"), "the run's description has no"),
    "no layers": (meta("layers", "[]"), "0 layers"),
    "nested without end": (meta("progress", "[" * 200_000), "how far the run was is damaged"),
    "more steps than can be": (progress(count=2**50), "a number of steps that cannot be"),
    "no number": (progress(loss="low"), "its loss is no number"),
    "hostile experiment": (meta("experiment", HOSTILE), "the run's experiment"),
}
READ = {
    "nothing": sql(),
    "hostile name": meta("name", HOSTILE),
    "a name that leads elsewhere": meta("name", "../../../etc/passwd"),
    "hostile machine": meta("machine", json.dumps({"system": HOSTILE})),
    "hostile version": meta("version", HOSTILE),
    "hostile findings": progress(findings=[HOSTILE] * 50),
    "hostile error": progress(error=HOSTILE * 20, state="failed"),
    "hostile nonfinite": progress(nonfinite=NONFINITE, state="diverged"),
    "a clock of no time": progress(seconds=float("nan"), updated=float("inf")),
    "lying count": progress(count=10**9),
    "lying count of events": progress(events=10**15),
    "hostile event": event(3, HOSTILE, HOSTILE),
    "an event of no time": event(-(2**62), "learning_rate", "0.1 -> 0.2"),
    "hostile verdict": verdict("findings", 9, json.dumps({"findings": [FINDING], "undecided": []})),
    "a verdict of no kind": verdict("findings", STEPS - 1, "[" * 200_000),
    "a turn beyond the end": verdict("turn", 2**62, "[]"),
    "pieces of any length": sql("UPDATE piece SET length=1000000"),
    "pieces that are texts": sql("UPDATE piece SET data='x', crc32='y'"),
    "pieces too large": sql("UPDATE piece SET data=zeroblob(20000000) WHERE start=0"),
    "no pieces": sql("DELETE FROM piece"),
    "a huge checkpoint": sql("UPDATE checkpoint SET data=zeroblob(30000000)"),
    "a checkpoint of nothing": checkpoint(STEPS, 0, b""),
}
ALL = {name: change for name, (change, _) in REFUSED.items()} | READ


def answered(capsys, *words):
    """Exit code, output and complaint; both are as they must be, whatever was read."""
    capsys.readouterr()
    code = main(words)
    said = capsys.readouterr()
    assert code in (0, 1, 2), said.err
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out + said.err)
    assert "Traceback" not in said.err + said.out
    assert "backscope: unexpected" not in said.err
    assert len(said.err.splitlines()) <= 1
    assert len(said.err) < 1_200
    assert bool(said.err) >= (code > 0)
    return code, said.out, said.err


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_at_all_is_said_in_one_line_by_every_command(
    tampered, tmp_path, capsys, name
):
    change, line = REFUSED[name]
    place = tampered(change)
    for words in (
        ("replay", place.id),
        ("export", place.id, "--csv", str(tmp_path / "a.csv")),
        ("resume", place.id, "--headless"),
        ("watch", place.id),
        ("stop", place.id),
    ):
        code, _, complaint = answered(capsys, *words)
        assert code == 1
        assert line in complaint
    assert not (tmp_path / "a.csv").exists()
    assert answered(capsys, "runs")[0] == 0


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_right_or_left_out_and_counted(
    original, tampered, tmp_path, capsys, monkeypatch, name
):
    place = tampered(READ[name])
    answered(capsys, "export", place.id, "--csv", str(tmp_path / "tampered.csv"))
    monkeypatch.setenv(places.HOME, str(original.directory.parent.parent))
    answered(capsys, "export", original.id, "--csv", str(tmp_path / "original.csv"))
    rows = {
        each: (tmp_path / f"{each}.csv").read_text().splitlines()[2:]  # in the first, what is said
        for each in ("original", "tampered")
    }
    assert set(rows["tampered"]) <= set(rows["original"])
    if "piece" not in name and name != "lying count":
        assert rows["tampered"] == rows["original"]


@pytest.mark.parametrize("name", ALL)
def test_whatever_a_run_holds_it_is_listed_copied_repaired_and_gone_on_with_or_refused(
    tampered, tmp_path, capsys, name
):
    place = tampered(ALL[name])
    code, out, _ = answered(capsys, "runs", "--json")
    (listed,) = json.loads(out)
    assert (code, listed["id"]) == (0, place.id)
    answered(capsys, "runs", "--sort", "loss")
    answered(capsys, "replay", place.id)
    assert answered(capsys, "stop", place.id)[0] in (1, 2)
    answered(capsys, "copy", place.id, str(tmp_path / "copy.db"))
    code, _, _ = answered(capsys, "repair", place.id, "--into", str(tmp_path / "new.db"))
    if code == 0:
        assert answered(capsys, "export", str(tmp_path / "new.db"), "--csv", "/dev/null")[0] == 2
        assert "needs a terminal" in answered(capsys, "replay", str(tmp_path / "new.db"))[2]
    capsys.readouterr()
    if main(["resume", place.id, "--json"]) == 0:
        assert json.loads(capsys.readouterr().out)["state"] == "finished"
    else:
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == 1
        assert "unexpected " not in said.err.replace("an unexpected trigger", "")


@pytest.mark.parametrize("name", [name for name in READ if "hostile" in name or "no " in name])
async def test_the_dashboard_of_a_tampered_run_stays(tampered, name):
    stored = StoredRun(tampered(READ[name]))
    app = BackscopeApp(recorded=ReplayedRun(stored))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, ReplayScreen)
        end = time.monotonic() + 30
        while screen.query_one("#status", Panel).view is None:
            assert time.monotonic() < end, "waited in vain"
            await pilot.pause(0.02)
        await pilot.press("home", "n", "right", "end")
        for panel in screen.query(Panel):
            for y in range(panel.size.height):
                assert not {"\x1b", "\x07", "\u202e"} & set(panel.render_line(y).text)
    stored.close()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_copy_that_is_cut_off_is_one_line_or_the_rows_that_are_whole(
    original, tmp_path, capsys, share
):
    whole = original.database.read_bytes()
    file = tmp_path / "cut.db"
    file.write_bytes(whole[: int(len(whole) * share)])
    for words in (("replay", str(file)), ("resume", str(file), "--headless")):
        assert answered(capsys, *words)[0] in (1, 2)
    code, _, line = answered(capsys, "export", str(file), "--csv", str(tmp_path / "cut.csv"))
    assert code == 0 or "repair" in line or "is not a run" in line


def test_a_second_writer_is_told_who_the_first_is(original, tampered, capsys):
    from backscope.core.store.lock import Lock

    place = tampered(sql())
    lock = Lock(place.lock)
    code, _, line = answered(capsys, "resume", place.id, "--headless")
    assert code == 2
    assert f"is being written by process {os.getpid()}" in line
    assert f"process {os.getpid()}: stop it first" in answered(capsys, "repair", place.id)[2]
    lock.release()


@pytest.mark.parametrize("value", ["{tmp}/file", "/dev/null", "~nobody-of-this-name"])
def test_where_runs_cannot_lie_every_command_says_so_in_one_line(
    tmp_path, monkeypatch, capsys, value
):
    (tmp_path / "file").touch()
    monkeypatch.setenv(places.HOME, value.format(tmp=tmp_path))
    for words in (
        ("runs",),
        ("runs", "--delete", "x"),
        ("replay",),
        ("replay", "x"),
        ("resume", "x", "--headless"),
        ("export", "x", "--csv", "/dev/null"),
        ("copy", "x", str(tmp_path / "y.db")),
        ("repair", "x"),
        ("watch",),
        ("stop", "x"),
    ):
        code, _, line = answered(capsys, *words)
        assert code == (2 if "~" in value else 1)
        assert "the runs cannot be listed: " in line or "no such home directory" in line


@pytest.mark.parametrize(
    "name", ["a\x1b[31m[bold]\nb", "../c", "[@click=app.quit]", "y" * 250, "\udcff"]
)
def test_a_run_of_a_file_of_any_name_is_recorded_listed_and_found_by_it(
    tmp_path, monkeypatch, capsys, name
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    settings = (
        '[data]\nsource = "moons"\nrows = 60\n[network]\nhidden = [5]\n[training]\nsteps = 5\n'
    )
    file = f"{name}.toml"
    with open(file, "w") as written:
        written.write(settings)
    assert main(["run", file, "--headless"]) == 0
    said = capsys.readouterr()
    assert not {"\x1b", "\udcff"} & set(said.out + said.err)
    (place,) = places.all_places()
    assert place.directory.parent == tmp_path / "home" / "runs"
    assert answered(capsys, "runs")[0] == 0
    assert len(json.loads(answered(capsys, "runs", "--json")[1])) == 1
    if name.isprintable():
        code, out, _ = answered(capsys, "export", file, "--csv", str(tmp_path / "a.csv"))
        assert code == 0
        assert place.id in out
