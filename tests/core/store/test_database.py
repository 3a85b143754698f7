import os
import sqlite3
import stat

import pytest

from backscope.core.errors import DataError
from backscope.core.store import database
from backscope.core.store.database import APPLICATION_ID, SCHEMA_VERSION


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "run.db"
    database.create(path).close()
    return path


def altered(path, *statements):
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_database_is_for_its_owner_alone_and_never_made_over_another(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        database.create(path)


def test_a_newer_schema_is_refused_by_its_number(path):
    altered(path, f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(DataError, match=rf"newer Backscope \(schema {SCHEMA_VERSION + 1}; "):
        database.open_for_reading(path)
    with pytest.raises(DataError, match="newer Backscope"):
        database.open_for_writing(path)


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ((f"PRAGMA application_id={APPLICATION_ID + 1}",), "is not a run of Backscope"),
        (("DROP TABLE piece",), "no table piece"),
        (("CREATE TABLE more (a)",), "an unexpected table more"),
        (
            ("CREATE TRIGGER boom AFTER INSERT ON event BEGIN DELETE FROM piece; END",),
            "an unexpected trigger boom",
        ),
        (("DROP TABLE event", "CREATE VIEW event AS SELECT 1 AS id"), "no table event"),
    ],
)
def test_what_has_not_our_tables_and_only_those_is_no_run(path, statements, said):
    altered(path, *statements)
    with pytest.raises(DataError, match=said):
        database.open_for_reading(path)


def test_a_view_that_recurses_for_ever_is_refused_without_being_asked(path):
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    altered(path, "DROP TABLE piece", f"CREATE VIEW piece AS {endless}")
    with pytest.raises(DataError, match="no table piece"):
        database.open_for_reading(path)


def test_a_query_that_goes_on_for_ever_is_ended(path):
    connection = database.open_for_reading(path)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        database.fetch(connection, endless)
    connection.close()


def test_a_value_larger_than_any_of_ours_is_refused_before_it_is_read(path, monkeypatch):
    altered(path, "INSERT INTO piece VALUES (0, 0, 1, 0, zeroblob(2000))")
    monkeypatch.setattr(database, "LARGEST_BLOB", 1_000)
    connection = database.open_for_reading(path)
    with pytest.raises(sqlite3.DataError, match="too big"):
        database.fetch(connection, "SELECT data FROM piece")
    connection.close()


def test_meta_comes_back_and_what_was_changed_behind_its_back_does_not(path):
    connection = database.open_for_writing(path)
    database.write_meta(connection, {"a": "1", "b": "ä\0\n", "c": "x\udcff"})
    assert database.read_meta(connection) == {"a": "1", "b": "ä\0\n", "c": "x?"}
    assert database.read_meta(connection, "b", "z") == {"b": "ä\0\n"}
    connection.execute("UPDATE meta SET value='2' WHERE key='a'")
    connection.execute("UPDATE meta SET key='d' WHERE key='b'")
    assert database.read_meta(connection) == {"c": "x?"}
    database.close_for_good(connection)
    assert os.listdir(path.parent) == ["run.db"]


def test_a_reader_writes_nothing(path):
    connection = database.open_for_reading(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM piece")
    connection.close()
