"""Which cells of a row have to be sent again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from backscope.tui.canvas import Cells
from backscope.tui.panels.changed_cells import LEAST_GAP, changed_cells

RED, BLUE = Style(color="red"), Style(color="blue")


def strip(*parts):
    return Strip([Segment(text, style) for text, style in parts])


def test_strips_that_look_the_same_have_no_changed_cells():
    assert changed_cells(strip(("ab", RED)), strip(("ab", RED))) == []


def test_only_the_characters_that_differ_within_a_run_of_one_color_are_changed():
    before = strip(("abc", RED), ("defg", BLUE), ("hi", RED))
    assert changed_cells(before, strip(("abc", RED), ("dxyg", BLUE), ("hi", RED))) == [(4, 6)]


def test_another_color_is_a_change_of_the_whole_run():
    assert changed_cells(strip(("abc", RED), ("d", RED)), strip(("abc", BLUE), ("d", RED))) == [
        (0, 3)
    ]


def test_a_run_that_has_grown_is_changed_where_it_is_new():
    assert changed_cells(strip(("aaaa", RED), ("b", BLUE)), strip(("aaa", RED), ("bb", BLUE))) == [
        (3, 5)
    ]


def test_changes_far_apart_are_sent_apart_and_near_ones_together():
    for gap, spans in (
        (LEAST_GAP, [(0, 1), (LEAST_GAP + 1, LEAST_GAP + 2)]),
        (LEAST_GAP - 1, [(0, LEAST_GAP + 1)]),
    ):
        before = strip(("1", RED), ("-" * gap, BLUE), ("1", RED))
        assert changed_cells(before, strip(("2", RED), ("-" * gap, BLUE), ("2", RED))) == spans


def test_another_width_is_a_change_of_everything():
    assert changed_cells(strip(("abc", RED)), strip(("ab", RED))) == [(0, 3)]


@pytest.mark.parametrize("wide", ["日本", "e\u0301a"])
def test_characters_that_are_not_one_cell_wide_are_not_counted(wide):
    before, now = strip((wide + "x", RED)), strip((wide + "y", RED))
    assert changed_cells(before, now) == [(0, now.cell_length)]


def cells(row):
    """Each cell's character and style; a wide character's second cell has its character too."""
    return [(char, part.style) for part in row for char in part.text for _ in range(cell_len(char))]


PARTS = st.lists(st.tuples(st.text("ab日", min_size=1, max_size=6), st.sampled_from([RED, BLUE])))


@given(PARTS, PARTS)
def test_every_cell_that_differs_is_changed(before, now):
    old, new = strip(*before), strip(*now)
    width = max(old.cell_length, new.cell_length)
    old, new = (row.adjust_cell_length(width, RED) for row in (old, new))
    spans = changed_cells(old, new)
    for x, (a, b) in enumerate(zip(cells(old), cells(new), strict=True)):
        assert a == b or any(left <= x < right for left, right in spans)
    assert spans == sorted(spans)


@given(PARTS, PARTS)
def test_rows_of_single_cells_have_the_same_changes_as_any_others(before, now):
    old, new = (strip(*((t.replace("日", "c"), s) for t, s in parts)) for parts in (before, now))
    width = max(old.cell_length, new.cell_length)
    old, new = (row.adjust_cell_length(width, RED) for row in (old, new))
    assert changed_cells(Cells(old, width), Cells(new, width)) == changed_cells(old, new)
