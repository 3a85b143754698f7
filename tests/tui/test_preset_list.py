"""The printed list of presets."""

import pytest

from backscope.presets import preset_names
from backscope.tui.preset_list import preset_list


def test_every_preset_has_one_line_with_its_name_and_a_title():
    lines = preset_list(None).splitlines()
    assert [line.split()[0] for line in lines] == list(preset_names())
    assert all(len(line.split()) > 1 for line in lines)


def test_titles_begin_in_the_same_column():
    column = max(map(len, preset_names())) + 2
    for line in preset_list(None).splitlines():
        assert line[column - 1] == " "
        assert line[column] != " "


@pytest.mark.parametrize("width", [80, 40, 12, 3, 1])
def test_no_line_is_wider_than_the_terminal(width):
    lines = preset_list(width).splitlines()
    assert len(lines) == len(preset_names())
    assert max(map(len, lines)) <= max(width, 3)
