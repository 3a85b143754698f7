"""Aligned columns of plain text."""

import pytest

from backscope.tui.text_table import text_table


def test_numbers_stand_to_the_right_and_words_to_the_left():
    rows = [("1", "sigmoid", "0.5"), ("10", "relu", "12.25")]
    assert text_table(("layer", "activation", "loss"), rows, left=("activation",)) == [
        "layer  activation   loss",
        "    1  sigmoid       0.5",
        "   10  relu        12.25",
    ]


def test_no_line_ends_in_spaces():
    lines = text_table(("name", "note"), [("a", "")], left=("name", "note"))
    assert lines == ["name  note", "a"]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="argument"):
        text_table(("a", "b"), [("1",)])
