import sqlite3

import numpy as np
import pytest

from backscope.core.history import History
from backscope.core.store.missing import Missing, missing
from backscope.core.store.stored_run import StoredRun

from .conftest import LAYOUT, HandRun, rows_of


def spoil(place, where):
    with sqlite3.connect(place.database) as connection:
        connection.execute(f"UPDATE piece SET crc32=crc32+1 WHERE {where}")
    connection.close()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("level=9", Missing(0, 0)),
        ("level=0 AND start=1024", Missing(1024, 0)),
        ("level=0", Missing(2816, 184)),  # rows are folded 256 at a time
        ("level=0 OR level=1", Missing(2816, 184)),
        ("level>=0", Missing(0, 3000)),
    ],
)
def test_steps_without_rows_are_counted_by_what_is_known_of_them(trained, where, expected):
    place = trained(3_000)
    spoil(place, where)
    run = StoredRun(place)
    assert missing(run.history.snapshot()) == expected
    run.close()


def test_what_memory_has_dropped_is_coarser():
    run = HandRun(keep_rows=1, keep_entries=4)
    run.append(rows_of(np.random.default_rng(1), 5_000))
    snapshot = run.history.snapshot()
    kept = sum(len(steps) for steps, _ in snapshot.rows())
    assert missing(snapshot) == Missing(5_000 - kept, 0)
    assert kept < 5_000
    assert missing(History(LAYOUT).snapshot()) == Missing(0, 0)
