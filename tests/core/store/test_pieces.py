import numpy as np
import pytest

from backscope.core.history.pyramid import Columns
from backscope.core.store.pieces import (
    Place,
    block_length,
    checksum,
    data_length,
    decode_rows,
    encode_rows,
    is_whole,
)

from .conftest import LAYOUT, rows_of

COLUMNS = Columns(LAYOUT)


@pytest.fixture
def piece():
    rows = rows_of(np.random.default_rng(5), 20)
    data = encode_rows(rows, np.arange(20.0))
    place = Place(0, 1000, 20)
    return place, checksum(place, COLUMNS, data), data, rows


def test_rows_come_back_to_the_last_bit(piece):
    place, crc, data, rows = piece
    assert is_whole(place, COLUMNS, crc, data)
    found = decode_rows(data, 20, COLUMNS)
    assert found.values.tobytes() == rows.tobytes()
    assert found.seconds.tolist() == list(range(20))


def test_every_single_wrong_bit_is_seen(piece):
    place, crc, data, _ = piece
    rng = np.random.default_rng(1)
    for at in rng.integers(0, 8 * len(data), 500).tolist():
        spoiled = bytearray(data)
        spoiled[at // 8] ^= 1 << at % 8
        assert not is_whole(place, COLUMNS, crc, bytes(spoiled))
    for bit in range(32):
        assert not is_whole(place, COLUMNS, crc ^ 1 << bit, data)


@pytest.mark.parametrize(
    "place",
    [
        Place(0, 999, 20),
        Place(1, 1000, 20),
        Place(0, 1000, 19),
        Place(0, -24, 20),
        Place(0, 1000, 0),
        Place(0, 1000, -1),
        Place(0, 1000, 1 << 60),
        Place(0, 1010, 20),
    ],
)
def test_a_piece_that_says_that_it_is_another_is_not_whole(piece, place):
    _, crc, data, _ = piece
    assert not is_whole(place, COLUMNS, crc, data)


@pytest.mark.parametrize("values", [(None, 1), (b"", "text"), ("1", b""), (1.5, None)])
def test_what_is_of_another_type_is_not_whole(values):
    crc, data = values
    assert not is_whole(Place(0, 0, 1), COLUMNS, crc, data)
    for start, length in ((None, 1), (0, "1"), (0.0, 1)):
        assert not is_whole(Place(0, start, length), COLUMNS, 0, b"")


def test_no_piece_of_a_block_takes_more_than_a_row_takes():
    for level in range(4):
        length = block_length(level)
        assert data_length(level, length, COLUMNS) == length * data_length(level, 1, COLUMNS)
