import numpy as np
import pytest

from backscope.core.history.pyramid import Columns
from backscope.core.store import database
from backscope.core.store.cutting import cut
from backscope.core.store.pieces import Place, is_whole
from backscope.core.store.recorder import Recorder
from backscope.core.store.stored_history import StoredHistory, whole_entries

from .conftest import LAYOUT, HandRun, rows_of

COLUMNS = Columns(LAYOUT)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 1_023, 1_024, 1_500, 2_999, 3_000, 9_999])
def test_what_comes_after_is_gone_on_every_level_and_what_comes_before_is_as_it_was(
    recorded, count
):
    run, recorder, _ = recorded()
    rows = rows_of(np.random.default_rng(1), 3_000)
    for at in range(0, 3_000, 700):
        run.append(rows[at : at + 700])
        recorder.flush()
    connection = recorder._connection
    connection.execute("BEGIN")
    left = cut(connection, COLUMNS, count, 0, 0)
    connection.execute("COMMIT")
    query = "SELECT level, start, length, crc32, data FROM piece ORDER BY level, start"
    ends = {}
    for level, start, length, crc, data in database.fetch(connection, query):
        assert is_whole(Place(level, start, length), COLUMNS, crc, data)
        assert start == ends.get(level, 0)
        ends[level] = start + length
    there = min(count, 3_000)
    assert ends == {
        level: whole_entries(level, there) for level in range(3) if whole_entries(level, there)
    }
    assert left[0] == count
    found = StoredHistory(connection, LAYOUT, "")
    found.snapshot()
    kept = [found._blocks.get(0, block, there) for block in range(-(-there // 1024))]
    values = [block.values for block in kept]
    assert b"".join(each.tobytes() for each in values) == rows[:there].tobytes()
    connection.close()


def test_a_damaged_piece_that_would_be_shortened_goes_altogether(recorded):
    run, recorder, _ = recorded()
    run.append(rows_of(np.random.default_rng(1), 1_000))
    recorder.flush()
    connection = recorder._connection
    connection.execute("UPDATE piece SET crc32=crc32+1 WHERE level=0")
    connection.execute("BEGIN")
    cut(connection, COLUMNS, 500, 0, 0)
    connection.execute("COMMIT")
    assert database.fetch(connection, "SELECT count(*) FROM piece WHERE level=0") == [(0,)]
    connection.close()


@pytest.mark.parametrize("kept", [100, 1_100, 2_400])
def test_a_follower_who_looks_again_only_once_there_is_more_than_before_sees_what_is_there_now(
    recorded, kept
):
    run, recorder, path = recorded()
    rng = np.random.default_rng(2)
    first, second = rows_of(rng, 2_500), rows_of(rng, 3_000)
    run.append(first)
    recorder.flush()
    follower = StoredHistory(database.open_for_reading(path), LAYOUT, "")
    list(follower.snapshot().rows(1))
    connection = recorder._connection
    connection.execute("BEGIN")
    left = cut(connection, COLUMNS, kept, 0, 0)
    connection.execute("COMMIT")
    again = HandRun()
    again.append(first[:kept])
    again.append(second)
    assert Recorder(again, connection, left=left).flush()
    seen, live = follower.snapshot(), again.history.snapshot()
    assert seen.count == live.count
    for seen_rows, live_rows in zip(seen.rows(1), live.rows(1), strict=True):
        assert seen_rows[1].tobytes() == live_rows[1].tobytes()
    for name in ("update_ratio", "dead"):
        assert seen.first_measured(name).tobytes() == live.first_measured(name).tobytes()
