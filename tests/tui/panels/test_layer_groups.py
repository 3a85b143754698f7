"""Grouping of layers, and their names in words."""

import pytest

from backscope.tui.panels.layer_groups import group_label, layer_groups, layers_text


@pytest.mark.parametrize("layers", [0, 1, 2, 3, 7, 50, 1000])
@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 10, 60])
def test_groups_cover_every_layer_once_in_order(layers, rows):
    groups = layer_groups(layers, rows)
    assert len(groups) <= rows
    covered = [layer for group in groups for layer in group]
    assert covered == (list(range(layers)) if rows else [])
    assert all(groups)


def test_first_and_last_layer_keep_a_row_of_their_own():
    groups = layer_groups(50, 5)
    assert groups[0] == range(1)
    assert groups[-1] == range(49, 50)
    assert max(map(len, groups[1:-1])) - min(map(len, groups[1:-1])) <= 1


def test_labels_count_from_one():
    assert group_label(range(3, 4)) == "4"
    assert group_label(range(3, 7)) == "4-7"


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ((), ""),
        ((4,), "layer 4"),
        ((1, 2), "layers 1-2"),
        ((7, 3, 2, 1), "layers 1-3, 7"),
        ((1, 3, 5, 5), "layers 1, 3, 5"),
    ],
)
def test_layers_are_told_in_spans(layers, text):
    assert layers_text(layers) == text
