"""Memory for arrays: aligned, zero, and no other memory's."""

import numpy as np
import pytest

from backscope.core.aligned import LARGE, LARGE_PAGE, LINE, aligned_zeros


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 7, LARGE // 8, LARGE // 4, LARGE_PAGE // 4 + 5])
def test_an_array_is_zero_writable_and_begins_at_a_cache_line(size, dtype):
    arrays = [aligned_zeros(size, np.dtype(dtype)) for _ in range(2)]
    for array in arrays:
        assert (array.shape, array.dtype) == ((size,), dtype)
        assert array.ctypes.data % LINE == 0
        assert not array.any()
        array += 1  # to the last entry
    assert not np.may_share_memory(*arrays)


def test_memory_lives_as_long_as_the_last_view_of_it():
    view = aligned_zeros(LARGE, np.dtype("float32"))[10:20].reshape(2, 5)
    view[...] = 3
    assert (view == 3).all()
