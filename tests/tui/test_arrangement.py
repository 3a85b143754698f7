"""Layouts by size: never more panels than there is room for."""

from __future__ import annotations

import pytest

from backscope.tui.arrangement import Arrangement, arrange, too_small


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((0, 0), Arrangement.TINY),
        ((59, 60), Arrangement.TINY),
        ((200, 15), Arrangement.TINY),
        ((60, 16), Arrangement.SMALL),
        ((80, 24), Arrangement.SMALL),
        ((200, 24), Arrangement.SMALL),
        ((120, 40), Arrangement.MEDIUM),
        ((120, 60), Arrangement.MEDIUM),
        ((200, 60), Arrangement.LARGE),
    ],
)
def test_a_size_has_its_layout(size, expected):
    assert arrange(*size) is expected


def test_a_larger_terminal_never_has_a_smaller_layout():
    order = list(Arrangement)
    for width in range(0, 210, 7):
        for height in range(0, 70, 3):
            here = order.index(arrange(width, height))
            assert order.index(arrange(width + 7, height)) >= here
            assert order.index(arrange(width, height + 3)) >= here


def test_what_is_too_small_is_said_with_both_sizes():
    assert too_small(40, 10) == "Backscope needs 60 x 16; this terminal is 40 x 10"
