import sqlite3

import pytest

from backscope.core.diagnosis import Diagnosis
from backscope.core.experiment import load_experiment
from backscope.core.findings import Finding, Severity, Undecided
from backscope.core.run import Run
from backscope.core.store import database, places, verdicts
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import StoredRun
from backscope.core.store.verdicts import Verdict, VerdictLog, decode, decode_events, encode
from backscope.core.trainer import Trainer

FINDING = Finding(
    "dying_relu", Severity.WARNING, 7, (2, 3), {"dead_share": 0.7, "threshold": 0.6}, "70 % dead"
)


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))


def recorded(name: str, steps: int, flushes: int = 3) -> places.Place:
    run = Run(Trainer(load_experiment(name)))
    recording = Recording.of_new(run)
    for _ in range(flushes):
        run.advance(steps // flushes)
        recording._recorder.flush()
    run.end()
    recording.finish()
    return recording.place


def change(place: places.Place, query: str) -> None:
    with sqlite3.connect(place.database) as connection:
        connection.execute(query)
    connection.close()


@pytest.mark.parametrize("name", ["vanishing", "divergence", "dying-relu", "rate-too-large"])
def test_at_every_step_stands_what_a_diagnosis_of_the_run_up_to_there_says(name):
    run = StoredRun(recorded(name, 120))
    stored = run.history
    diagnosis = verdicts.StoredDiagnosis(stored._connection)
    last = stored.snapshot().last_step
    for step in [*range(last, 0, -7), 1, 2, last]:
        snapshot = stored.until(step)
        fresh = Diagnosis(run.description.facts)
        assert diagnosis.update(snapshot) == fresh.update(snapshot)
        assert diagnosis.undecided == fresh.undecided
        assert diagnosis.events == fresh.events
        assert diagnosis.marked(snapshot).events == fresh.marked(snapshot).events
    assert diagnosis.update(stored.until(0)) == ()
    assert diagnosis.events == diagnosis.undecided == ()
    assert not diagnosis.damaged


def test_turns_are_where_other_findings_stand_than_before():
    run = StoredRun(recorded("dying-relu", 200))
    diagnosis = verdicts.StoredDiagnosis(run.history._connection)
    kinds, expected = (), []
    for step in range(1, run.history.snapshot().last_step + 1):
        now = tuple(each.kind for each in diagnosis.update(run.history.until(step)))
        if now != kinds:
            expected.append(step - 1)
        kinds = now
    assert expected
    assert list(diagnosis.turns()) == expected


def test_a_verdict_is_the_same_when_it_is_read_back():
    verdict = Verdict((FINDING,), (Undecided("overfitting", "no validation"),))
    assert decode(encode(verdict)) == verdict


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        '{"findings": [{}], "undecided": []}',
        '{"findings": 3, "undecided": []}',
        encode(Verdict((FINDING,))).replace("dying_relu", "dying_of_boredom"),
        encode(Verdict((FINDING,))).replace("0.7", "NaN"),
        encode(Verdict((FINDING,))).replace("0.7", "1" + "0" * 400),
        encode(Verdict((FINDING,))).replace('"layers":[', '"layers":[Infinity,'),
        "[" * 100_000,
    ],
)
def test_what_is_no_verdict_is_refused(said):
    with pytest.raises(ValueError, match=r"expect|Expect|is not a valid|recursion"):
        decode(said)


@pytest.mark.parametrize("said", ["{}x", '[{"step": "1", "kind": "a", "text": "b"}]', "[1]", "3"])
def test_what_are_no_events_are_refused(said):
    with pytest.raises(ValueError, match=r"expected|Extra data|Expecting"):
        decode_events(said)


def test_a_damaged_verdict_is_none_and_is_counted():
    place = recorded("vanishing", 60)
    change(place, "UPDATE verdict SET data=replace(data, 'vanishing', 'exploding')")
    run = StoredRun(place)
    diagnosis = verdicts.StoredDiagnosis(run.history._connection)
    assert diagnosis.update(run.history.snapshot()) == ()
    assert diagnosis.damaged


def test_a_table_that_cannot_be_read_says_nothing_and_is_counted():
    place = recorded("vanishing", 60)
    connection = database.open_for_reading(place.database)
    query = "SELECT rootpage FROM sqlite_master WHERE tbl_name='verdict'"
    data, size = bytearray(place.database.read_bytes()), database.PAGE_SIZE
    for (page,) in database.fetch(connection, query):
        data[(page - 1) * size : page * size] = bytes(size)
    connection.close()
    place.database.write_bytes(data)
    run = StoredRun(place)
    diagnosis = run.diagnosis()
    assert diagnosis.update(run.history.snapshot()) == ()
    assert diagnosis.turns() == diagnosis.events == ()
    assert diagnosis.damaged


def test_what_cannot_be_written_waits_and_is_thinned_but_never_beyond_what_it_says(monkeypatch):
    monkeypatch.setattr(verdicts, "MOST_PENDING", 8)
    run = Run(Trainer(load_experiment("dying-relu")))
    run.advance(400)
    log = VerdictLog(run.facts)
    snapshot = run.history.snapshot()
    findings = log.update(snapshot)
    kept = [each for each in log._pending if each[0] == verdicts.FINDINGS]
    assert 2 <= len(kept) <= 9
    assert decode(kept[-1][2]).findings == findings
    for _, row, said in kept:
        diagnosis = Diagnosis(run.facts)
        for step in diagnosis.walk(snapshot):
            if step == row + 1:
                break
        assert decode(said).findings == diagnosis.findings


def test_who_looks_further_than_what_is_written_keeps_nothing_from_being_written():
    run = Run(Trainer(load_experiment("dying-relu")))
    recording = Recording.of_new(run)
    for _ in range(6):
        run.advance(30)
        before = run.history.snapshot()
        run.advance(30)
        recording.diagnosis.update(run.history.snapshot())  # a screen
        with recording._connection:
            recording._connection.execute("BEGIN")
            recording.diagnosis.write(recording._connection, before.count)
        recording.diagnosis.written()
        assert verdicts.newest_row(recording._connection) < before.count
        recording._recorder.flush()
    run.end()
    recording.finish()
    stored = StoredRun(recording.place)
    diagnosis = stored.diagnosis()
    for step in range(1, 361, 13):
        snapshot = stored.history.until(step)
        assert diagnosis.update(snapshot) == Diagnosis(run.facts).update(snapshot)


def test_a_resumed_run_says_anew_what_stands_and_forgets_what_came_after_its_checkpoint():
    run = Run(Trainer(load_experiment("vanishing")))
    recording = Recording.of_new(run)
    run.advance(50)
    recording._recorder._next_checkpoint = 0.0
    recording._recorder.flush()
    run.keep(recording._recorder._take)
    run.advance(1)
    recording._recorder.flush()
    run.advance(30)
    recording._recorder.flush()
    recording._connection.close()
    recording.lock.release()
    again = Recording.resumed(recording.place)
    connection = database.open_for_reading(recording.place.database)
    assert verdicts.newest_row(connection) < 50
    again.run.advance(40)
    again.finish()
    stored = StoredRun(recording.place)
    diagnosis = verdicts.StoredDiagnosis(stored.history._connection)
    for step in (20, 50, 60, 90):
        snapshot = stored.history.until(step)
        assert diagnosis.update(snapshot) == Diagnosis(run.facts).update(snapshot)


def test_a_log_that_nobody_reads_costs_the_database_little():
    place = recorded("vanishing", 3_000, flushes=1)
    connection = database.open_for_reading(place.database)
    (size,) = database.fetch(connection, "SELECT sum(length(data)) FROM verdict")[0]
    (pieces,) = database.fetch(connection, "SELECT sum(length(data)) FROM piece")[0]
    assert size < 0.1 * pieces
