"""Rows: cut and padded to the cell, wrapped between words."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from backscope.tui.canvas import Cells
from backscope.tui.glyphs import ASCII
from backscope.tui.panels.rows import pad, row, rows, wrap

PLAIN = Style()


def test_a_row_is_padded_to_its_width(view_of):
    strip = row(view_of("empty"), [("ab", PLAIN), ("c", PLAIN)], 6)
    assert strip.text == "abc   "


def test_what_is_cut_ends_in_an_ellipsis(view_of):
    view = view_of("empty")
    assert row(view, [("abcdef", PLAIN)], 4).text == "abc…"
    assert row(view, [("ab", PLAIN), ("cdef", PLAIN)], 4).text == "abc…"
    assert row(view, [("abcd", PLAIN)], 4).text == "abcd"
    assert row(view, [("ab", PLAIN), ("c", PLAIN)], 2).text == "ab"


def test_wide_characters_are_cut_to_the_cell(view_of):
    view = view_of("empty")
    for width in range(8):
        strip = row(view, [("日本語", PLAIN)], width)
        assert cell_len(strip.text) == strip.cell_length == width


def test_only_a_row_of_single_cells_is_said_to_be_one(view_of):
    view = view_of("empty")
    assert isinstance(row(view, [("abc", PLAIN)], 5), Cells)
    assert not isinstance(row(view, [("日", PLAIN)], 5), Cells)


def test_an_ascii_row_stands_in_for_what_it_cannot_write(view_of):
    view = view_of("empty", glyphs=ASCII)
    assert row(view, [("déjà…", PLAIN)], 8).text == "d?j?~   "


def test_rows_are_exactly_as_many_as_asked(view_of):
    view = view_of("empty")
    lines = [[("a", PLAIN)], [("b", PLAIN)]]
    assert [strip.text for strip in rows(view, lines, 2, 3)] == ["a ", "b ", "  "]
    assert [strip.text for strip in rows(view, lines, 2, 1)] == ["a "]
    assert rows(view, lines, -1, -1) == []


def test_words_stay_whole_where_they_can():
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("one two three", 3) == ["one", "two", "thr", "ee"]
    assert wrap("", 5) == []
    assert wrap("word", 0) == []


@given(st.text(max_size=60), st.integers(1, 30))
def test_wrapping_loses_no_character_and_fits(text, width):
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert cell_len(line) <= width or len(line) == 1 or width == 1


def test_padding_goes_to_the_cell():
    assert pad("ab", 4) == "ab  "
    assert pad("ab", 4, right=True) == "  ab"
    assert pad("abc", 2) == "ab"
    assert pad("a", 0) == ""
    assert cell_len(pad("日本", 3)) == 3
