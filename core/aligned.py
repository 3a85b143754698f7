"""Arrays that lie well in memory: at the start of a cache line, and large ones in large pages.

An array that begins in the middle of a cache line makes every wide load touch two of them. And a
processor knows by heart where some hundred pages are: networks of a few megabytes are more than
that in pages of 4 kB, and few in pages of 2 MB. Neither changes any result.
"""

from __future__ import annotations

import mmap

import numpy as np

from .record import Array

LINE = 64
"""Bytes of a cache line."""
LARGE_PAGE = 1 << 21
LARGE = LARGE_PAGE // 4
"""Bytes from which an array gets large pages of its own; what is left of the last is wasted."""


def aligned_zeros(size: int, dtype: np.dtype[np.floating]) -> Array:
    """A flat array of zeros.

    Args:
        size: how many.
        dtype: of what type.
    """
    wanted = size * dtype.itemsize
    if wanted >= LARGE and hasattr(mmap, "MADV_HUGEPAGE"):
        room = -(-wanted // LARGE_PAGE) * LARGE_PAGE + LARGE_PAGE
        pages = mmap.mmap(-1, room, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        pages.madvise(mmap.MADV_HUGEPAGE)
        raw, line = np.frombuffer(pages, np.uint8), LARGE_PAGE
    else:
        raw, line = np.zeros(wanted + LINE, np.uint8), LINE
    start = -raw.ctypes.data % line
    array: Array = raw[start : start + wanted].view(dtype)
    return array
