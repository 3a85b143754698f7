"""What docs/runs.md says of the file of a run, by the code that it gives."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from backscope.core.store import database, places
from backscope.core.store.stored_run import StoredRun
from backscope.tui.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "runs.md"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    assert main(["run", "healthy", "--headless", "--steps", "1500"]) == 0
    (place,) = places.all_places()
    return place


def read_as_the_page_does(place, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    monkeypatch.chdir(place.directory)
    found = {}
    exec(code, found)
    found["db"].close()
    return found


def test_the_code_reads_what_was_recorded_and_leaves_out_what_is_damaged(place, monkeypatch):
    found = read_as_the_page_does(place, monkeypatch)
    run = StoredRun(place)
    snapshot = run.history.snapshot()
    rows = np.concatenate([values for _, values in snapshot.rows()])
    assert found["history"].tobytes() == rows.tobytes()
    assert found["steps"].tolist() == list(range(1, 1_501))
    for name in ("loss", "error_signal"):
        column = snapshot.layout.columns(name).start
        shown = found["loss" if name == "loss" else "error_signal_of_layer_1"]
        assert shown.tobytes() == rows[:, column].tobytes()
    run.close()
    with sqlite3.connect(place.database) as connection:
        connection.execute("UPDATE piece SET crc32=crc32+1 WHERE level=0 AND start>=1024")
    connection.close()
    assert len(read_as_the_page_does(place, monkeypatch)["steps"]) == 1_024


def test_every_table_and_column_is_named(place):
    page = PAGE.read_text()
    rows = {
        name: line
        for name in database.TABLES
        for line in page.splitlines()
        if line.startswith(f"| `{name}` |")
    }
    connection = sqlite3.connect(place.database)
    for name in database.TABLES:
        for _, column, *_ in connection.execute(f"PRAGMA table_info({name})"):
            assert f"`{column}`" in rows[name], (name, column)
    for (key,) in connection.execute("SELECT key FROM meta"):
        assert f"`{key}`" in rows["meta"], key
    connection.close()
    assert f"(`PRAGMA user_version`, {database.SCHEMA_VERSION})" in page
    assert f"{database.APPLICATION_ID:#x}" in page.lower()
