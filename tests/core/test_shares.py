import numpy as np
import pytest

from backscope.core.shares import AT_ONCE, Shares
from backscope.core.stack import Stack


def above(values):
    return values > 0.0


def closer(values, others):
    return abs(values) < abs(others)


def stacked(rng, layers, units, rows, first=0):
    """A stack whose units have one more below them, which would meet any condition."""
    whole = np.full((layers, units + 1, rows), 9.0)
    whole[:, :-1] = rng.standard_normal((layers, units, rows))
    lines = whole.reshape(layers, -1)[:, : units * rows]
    return Stack(slice(first, first + layers), lines, whole)


@pytest.mark.parametrize("rows", [3, AT_ONCE // 8, AT_ONCE])
def test_shares_equal_a_count_of_each_layer_by_itself(rows):
    rng = np.random.default_rng(0)
    stacks = [stacked(rng, 5, 2, rows), stacked(rng, 1, 4, rows, first=5)]
    shares = Shares([above, above, None, above, above, above], [(each,) for each in stacks])
    lines = [line for each in stacks for line in each.lines]
    slow = [np.mean([value > 0.0 for value in line.tolist()]) for line in lines]
    slow[2] = np.nan
    np.testing.assert_array_equal(shares.measured(), slow)
    stacks[0].lines[...] *= -1.0
    np.testing.assert_allclose(shares.measured()[0], 1.0 - slow[0], rtol=1e-12)


def test_a_condition_may_be_of_two_arrays_of_a_layer():
    rng = np.random.default_rng(1)
    one, other = stacked(rng, 3, 4, 6), stacked(rng, 3, 4, 6)
    shares = Shares([closer] * 3, [(one, other)]).measured()
    slow = [
        np.mean([abs(value) < abs(far) for value, far in zip(*pair, strict=True)])
        for pair in zip(one.lines.tolist(), other.lines.tolist(), strict=True)
    ]
    np.testing.assert_array_equal(shares, slow)
