import numpy as np
import pytest

from backscope.core.history.pyramid import BLOCK_ENTRIES, CHUNK, FOLD, Columns, Kept, Pyramid
from backscope.core.record import LayerInfo, Layout, Metric

LAYOUT = Layout(
    layers=(
        LayerInfo(1, 4, 8, "relu", rectifier=True, bounded=False),
        LayerInfo(2, 8, 8, "tanh", rectifier=False, bounded=True),
        LayerInfo(3, 8, 3, "identity", rectifier=False, bounded=False),
    ),
    layer_metrics=(
        Metric("error_signal", ""),
        Metric("silent", ""),
        Metric("update_ratio", "", scheduled=True),
        Metric("saturated", "", scheduled=True),
        Metric("dead", "", scheduled=True),
    ),
)
LOSS = LAYOUT.columns("loss").start
SIGNAL, SILENT, RATIO, SATURATED = (
    LAYOUT.columns(name).start for name in ("error_signal", "silent", "update_ratio", "saturated")
)


def hostile_rows(n: int, seed: int = 0) -> np.ndarray:
    """Rows of every magnitude, with gaps and non-finite values strewn in."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, LAYOUT.size)) * 10.0 ** rng.integers(-320, 307, (n, LAYOUT.size))
    for value, share in ((np.nan, 0.3), (np.inf, 0.01), (-np.inf, 0.01)):
        rows[rng.random(rows.shape) < share] = value
    return rows


def pyramid_of(rows: np.ndarray, keep: int = 100) -> Pyramid:
    pyramid = Pyramid(Columns(LAYOUT), keep)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        pyramid.add_chunk(rows[part], np.arange(start, start + CHUNK) * 0.5, start)
    return pyramid


def entry_twin(rows: np.ndarray, column: int) -> tuple[float, float, bool]:
    """One entry of one column, value by value."""
    columns = Columns(LAYOUT)
    usual = [v for v in rows[:, column] if np.isfinite(v)]
    bad = any(columns.wrong(row[np.newaxis])[0, column] for row in rows)
    return min(usual, default=np.nan), max(usual, default=np.nan), bad


@pytest.mark.parametrize("level", [1, 2, 3])
def test_an_entry_holds_the_finite_extremes_of_its_steps_and_whether_one_was_bad(level: int):
    rows = hostile_rows(2 * FOLD**3)
    kept = pyramid_of(rows).levels[level - 1]
    unit = FOLD**level
    for entry in range(0, len(rows) // unit, max(1, len(rows) // unit // 8)):
        block, at = kept.find(entry * unit)
        for column in range(LAYOUT.size):
            low, high, bad = entry_twin(rows[entry * unit : (entry + 1) * unit], column)
            np.testing.assert_equal(block.low[column, at], low)
            np.testing.assert_equal(block.high[column, at], high)
            assert block.bad[column, at] == bad
        assert block.seconds[at] == ((entry + 1) * unit - 1) * 0.5


def test_a_level_exists_as_soon_as_its_first_entry_is_complete():
    rows = np.ones((FOLD**3, LAYOUT.size))
    assert [kept.unit for kept in pyramid_of(rows[:CHUNK]).levels] == [16, 256]
    assert [kept.unit for kept in pyramid_of(rows).levels] == [16, 256, 4096]


def test_an_entry_remembers_the_newest_row_of_each_scheduled_metric_and_the_newest_finite_one():
    rows = np.ones((2 * CHUNK, LAYOUT.size))
    ratio = slice(RATIO, RATIO + 3)
    rows[:, ratio] = np.nan
    rows[[3, 5, 300], ratio] = 1.0
    rows[300:, LOSS] = np.inf
    pyramid = pyramid_of(rows)
    columns = Columns(LAYOUT)
    block, _ = pyramid.levels[0].find(0)
    mark = columns.marks["update_ratio"]
    assert list(block.newest[[0, 1, 17, 18, 31], mark]) == [5, 5, 5, 300, 300]
    assert list(block.newest[[0, 18, 31], columns.all_finite]) == [15, 299, 299]


def test_nothing_measured_yet_is_marked_by_minus_one():
    rows = np.full((CHUNK, LAYOUT.size), np.nan)
    block, _ = pyramid_of(rows).levels[1].find(0)
    assert (block.newest[0] == -1).all()


@pytest.mark.parametrize(
    ("column", "value", "bad"),
    [
        (LOSS, np.nan, True),
        (LOSS, np.inf, True),
        (SIGNAL + 1, np.nan, True),
        (SILENT, np.nan, True),
        (SILENT + 1, np.nan, False),  # no ReLU: never measured
        (LAYOUT.columns("validation_loss").start, np.nan, False),  # scheduled: not measured here
        (LAYOUT.columns("validation_loss").start, np.inf, True),
        (RATIO, np.nan, False),
        (RATIO, np.inf, True),
        (RATIO, -np.inf, False),  # the logarithm of no update at all
        (SIGNAL, 1e308, False),
        (SIGNAL, 0.0, False),
    ],
)
def test_what_is_bad_depends_on_what_the_metric_is(column: int, value: float, bad: bool):
    rows = np.ones((CHUNK, LAYOUT.size))
    rows[7, column] = value
    assert Columns(LAYOUT).wrong(rows).sum() == bad
    block, at = pyramid_of(rows).levels[0].find(0)
    assert block.bad[:, at].sum() == bad


def test_a_metric_of_some_layers_is_measured_where_those_layers_are():
    rows = np.full((2, LAYOUT.size), np.nan)
    rows[1, SATURATED + 1] = 0.5  # layer 2 is the one bounded layer
    assert list(Columns(LAYOUT).measured(rows, "saturated")) == [False, True]


def test_the_finest_entries_are_dropped_first_and_each_levels_first_block_stays():
    blocks = 7
    rows = np.ones((blocks * BLOCK_ENTRIES * FOLD, LAYOUT.size))
    level_1, level_2 = pyramid_of(rows, keep=2).levels[:2]
    span = BLOCK_ENTRIES * FOLD
    found = [level_1.find(block * span) is not None for block in range(blocks)]
    assert found == [True, False, False, False, False, True, True]
    assert all(level_2.find(row) is not None for row in range(0, len(rows), CHUNK))


def test_kept_from_is_the_first_row_at_or_after_one_that_is_kept():
    kept: Kept[str] = Kept(unit=2, length=5)
    for block in "abcd":
        kept = kept.extended(block, keep=2)
    assert [kept.kept_from(row) for row in (0, 9, 10, 19, 20, 39)] == [0, 9, 20, 20, 20, 39]
    assert [kept.find(row) for row in (3, 12, 20, 39, 40)] == [
        ("a", 1),
        None,
        ("c", 0),
        ("d", 4),
        None,
    ]
