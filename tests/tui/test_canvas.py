"""From characters and style numbers to strips."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from backscope.tui.canvas import Canvas, StripCache, StyleTable, changed_rows, single_cells

GROUND = Style(color="white", bgcolor="black")
RED = Style(color="red", bgcolor="black")
PAINTED = Style(color="red", bgcolor="blue")
TABLE = StyleTable([GROUND, RED, PAINTED, Style(reverse=True, bgcolor="black")])


def runs(strip):
    return [(segment.text, TABLE.styles.index(segment.style)) for segment in strip]


def test_a_new_canvas_is_blank():
    assert [runs(strip) for strip in Canvas(3, 2).strips(TABLE)] == [[("   ", 0)], [("   ", 0)]]


def test_text_is_written_with_its_style_and_cut_at_the_edge():
    canvas = Canvas(6, 2)
    canvas.put(0, 3, "abcdef", 1)
    canvas.put(1, 9, "nowhere", 1)
    canvas.put(5, 0, "nowhere", 1)
    assert [strip.text for strip in canvas.strips(TABLE)] == ["   abc", "      "]


def test_neighbors_of_one_style_share_a_segment():
    canvas = Canvas(4, 1)
    canvas.put(0, 0, "ab", 1)
    canvas.put(0, 2, "cd", 0)
    assert runs(canvas.strips(TABLE)[0]) == [("ab", 1), ("cd", 0)]


def test_blanks_join_the_run_on_their_left():
    canvas = Canvas(7, 1)
    canvas.put(0, 0, "a", 1)
    canvas.put(0, 3, "b", 1)
    canvas.put(0, 5, "c", 0)
    assert runs(canvas.strips(TABLE)[0]) == [("a  b ", 1), ("c ", 0)]


@pytest.mark.parametrize("style", [2, 3])
def test_blanks_do_not_join_a_run_whose_ground_shows(style):
    canvas = Canvas(5, 1)
    canvas.put(0, 0, "a b", style)
    assert runs(canvas.strips(TABLE)[0]) == [("a b", style), ("  ", 0)]


def test_unchanged_rows_come_back_as_the_same_strips():
    cache = StripCache()

    def picture(text):
        canvas = Canvas(4, 3)
        canvas.put(0, 0, "top", 1)
        canvas.put(1, 0, text, 1)
        return canvas.strips(TABLE, cache)

    first, again, other = picture("x"), picture("x"), picture("y")
    assert changed_rows(first, again) == []
    assert changed_rows(again, other) == [1]
    assert [strip.text for strip in other] == ["top ", "y   ", "    "]


def test_a_change_of_style_or_size_is_a_change():
    cache = StripCache()
    first = Canvas(4, 2).strips(TABLE, cache)
    canvas = Canvas(4, 2)
    canvas.put(1, 0, "a", 1)
    second = canvas.strips(TABLE, cache)
    canvas = Canvas(4, 2)
    canvas.put(1, 0, "a", 0)
    third = canvas.strips(TABLE, cache)
    assert changed_rows(first, second) == [1]
    assert changed_rows(second, third) == [1]
    other_table = StyleTable(TABLE.styles)
    assert changed_rows(third, Canvas(4, 2).strips(other_table, cache)) == [0, 1]
    assert changed_rows(third, Canvas(4, 3).strips(TABLE, cache)) == [0, 1, 2]


def test_strips_given_out_are_not_changed_by_the_next_frame():
    cache = StripCache()
    first = Canvas(4, 1).strips(TABLE, cache)
    kept = list(first)
    canvas = Canvas(4, 1)
    canvas.put(0, 0, "a", 1)
    canvas.strips(TABLE, cache)
    assert first == kept


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_canvas_of_any_size_gives_strips_of_that_size(width, height):
    strips = Canvas(width, height).strips(TABLE, StripCache())
    assert [strip.cell_length for strip in strips] == [width] * height


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=30), st.integers(0, 20))
def test_single_cells_has_one_cell_for_each_character(text, limit):
    for ascii_only in (False, True):
        shown = single_cells(text, limit, ascii_only)
        assert all(cell_len(char) == 1 for char in shown)
        assert len(shown) <= limit
    assert shown.isascii()


def test_single_cells_replaces_what_is_wide():
    assert single_cells("a日b", 10) == "a?b"
    assert single_cells("é", 10, True) == "?"
