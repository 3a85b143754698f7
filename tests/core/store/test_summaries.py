import numpy as np
import pytest

from backscope.core.history.pyramid import FOLD
from backscope.core.store.summaries import Summaries

from .conftest import LAYOUT, rows_of


def slow(rows):
    """Mean, newest and number of the finite values of each column."""
    found = []
    for column in rows.T:
        finite = [value for value in column.tolist() if np.isfinite(value)]
        mean = sum(value / len(finite) for value in finite) if finite else np.nan
        found.append((mean, finite[-1] if finite else np.nan, len(finite)))
    return np.array(found).T


@pytest.mark.parametrize("portion", [1, 7, 16, 300, 5_000])
def test_however_rows_come_each_entry_sums_up_its_own(portion):
    rows = rows_of(np.random.default_rng(2), 1_024)
    rows[np.abs(rows) > 1e300] = 3.0  # the twin's sums would overflow in other places
    summaries = Summaries(LAYOUT.size)
    for start in range(0, len(rows), portion):
        summaries.add(start, rows[start : start + portion])
    for level in (1, 2):
        unit = FOLD**level
        found = summaries.of(level, 0, len(rows) // unit)
        for at in range(len(rows) // unit):
            mean, last, count = slow(rows[at * unit : (at + 1) * unit])
            np.testing.assert_allclose(found.mean[:, at], mean, rtol=1e-9, atol=1e-12)
            np.testing.assert_array_equal(found.last[:, at], last)
            np.testing.assert_array_equal(found.count[:, at], count)


def test_where_rows_are_missing_nothing_is_known_and_what_follows_is_right():
    rows = rows_of(np.random.default_rng(3), 512, odd=0.0)
    summaries = Summaries(LAYOUT.size)
    summaries.add(0, rows[:256])
    summaries.add(1_024, rows[256:])
    assert (summaries.of(1, 16, 48).count == 0).all()
    assert np.isnan(summaries.of(1, 16, 48).mean).all()
    np.testing.assert_array_equal(summaries.of(1, 64, 1).last[:, 0], slow(rows[256:272])[1])


def test_what_was_forgotten_cannot_be_asked_for():
    summaries = Summaries(LAYOUT.size)
    summaries.add(0, rows_of(np.random.default_rng(4), 512))
    summaries.forget(1, 10)
    assert summaries.of(1, 10, 5).count.shape == (LAYOUT.size, 5)
    for start, length in ((9, 2), (30, 5)):
        with pytest.raises(ValueError, match="of level 1, got"):
            summaries.of(1, start, length)
