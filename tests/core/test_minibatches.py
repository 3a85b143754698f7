import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.minibatches import Minibatches


def drawn(rows, size, batches, seed=0):
    stream = Minibatches(rows, size, np.random.default_rng(seed))
    return [stream.draw() for _ in range(batches)]


@given(rows=st.integers(1, 60), size=st.integers(1, 80), seed=st.integers(0, 5))
def test_every_row_comes_once_an_epoch(rows, size, seed):
    epochs = 3
    size = min(size, rows)
    batches = drawn(rows, size, -(-epochs * rows // size), seed)
    stream = np.concatenate(batches)[: epochs * rows].reshape(epochs, rows)
    for epoch in stream:
        assert sorted(epoch) == list(range(rows))


def test_every_batch_is_full():
    assert {len(batch) for batch in drawn(rows=45, size=32, batches=20)} == {32}


def test_a_batch_larger_than_the_data_is_all_the_data_in_order():
    assert drawn(rows=5, size=99, batches=2)[1].tolist() == [0, 1, 2, 3, 4]


def test_two_epochs_have_different_orders():
    stream = np.concatenate(drawn(rows=64, size=32, batches=4))
    assert stream[:64].tolist() != stream[64:].tolist()


def test_epochs_count_rows_not_batches():
    batches = Minibatches(40, 32, np.random.default_rng(0))
    assert batches.epochs(5) == pytest.approx(4.0)


@pytest.mark.parametrize(("rows", "size"), [(10, 3), (10, 5), (7, 7), (5, 9), (100, 1), (9, 8)])
def test_an_epoch_ends_in_the_step_that_takes_its_last_row(rows, size):
    batches = Minibatches(rows, size, np.random.default_rng(0))
    taken = 0
    for step in range(1, 41):
        before, taken = taken // rows, taken + len(batches.draw())
        assert batches.ends_epoch(step) == (taken // rows > before)
