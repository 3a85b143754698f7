"""Which curve is which, without color."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backscope.tui.canvas import Canvas
from backscope.tui.glyphs import ASCII, BRAILLE
from backscope.tui.labels import by_importance, legend_parts, put_end_labels
from backscope.tui.plane import Plane
from backscope.tui.plot import frame


def labeled(names, last, dot, *, width=12, height=4, taken=()):
    """The rows of an ASCII plane (three dots a row) with names at the ends of curves."""
    canvas = Canvas(width, height)
    plane = Plane(canvas, frame(width, height, (), ()), 0, (0, 1), ASCII)
    put_end_labels(plane, names, last, dot, by_importance(len(names), []), taken)
    return ["".join(map(chr, row)) for row in canvas.chars.tolist()]


def test_the_first_and_the_last_layer_are_named_first_then_by_halves():
    assert by_importance(9, []) == [0, 8, 4, 2, 6, 1, 3, 5, 7]
    assert by_importance(4, [2]) == [2, 0, 3, 1]
    assert by_importance(1, []) == [0]
    assert by_importance(0, []) == []


@given(st.integers(0, 200))
def test_every_series_gets_its_turn(count):
    assert sorted(by_importance(count, [])) == list(range(count))


def test_names_stand_behind_the_ends_of_their_curves():
    assert labeled(["L1", "L2"], [3, 5], [11, 1]) == [
        "       L2   ",
        "            ",
        "            ",
        "     L1     ",
    ]


def test_a_name_at_the_right_edge_stands_before_it():
    assert labeled(["L10"], [11], [4])[1] == "         L10"


def test_names_of_curves_that_end_together_make_room_in_the_order_of_the_curves():
    assert labeled(["L1", "L2", "L3"], [3, 3, 3], [3, 4, 5]) == [
        "            ",
        "     L1     ",
        "     L3     ",
        "            ",
    ]


def test_a_name_that_would_stand_out_of_order_is_left_out():
    rows = labeled(["L1", "L2", "L3"], [3, 3, 3], [0, 0, 1], height=1)
    assert rows == ["     L1     "]


def test_a_curve_without_points_has_no_name():
    assert labeled(["L1"], [-1], [0]) == [" " * 12] * 4


def marked(*columns):
    return [column in columns for column in range(12)]


def test_a_name_in_the_top_row_stands_at_its_curve_when_marks_are_further_on():
    assert labeled(["L1"], [1], [-1], taken=marked(8, 9))[0] == "   L1       "


def test_a_name_that_would_cover_or_touch_a_mark_goes_one_row_down():
    for column in (2, 3, 4, 5):
        assert labeled(["L1"], [1], [-1], taken=marked(column))[:2] == [
            "            ",
            "   L1       ",
        ]


def test_a_name_that_can_only_cover_a_mark_is_left_out():
    assert labeled(["L1"], [1], [0], height=1, taken=marked(3)) == [" " * 12]


def test_a_legend_shows_as_many_entries_as_fit():
    entries = [("training", "solid"), ("validation", "dashed")]
    assert legend_parts(entries, 40, ASCII) == [("---", "training"), ("-- ", "validation")]
    assert legend_parts(entries, 27, ASCII) == [("---", "training")]
    assert legend_parts(entries, 5, ASCII) == []
    assert legend_parts([("Größe", "solid")], 40, ASCII) == [("---", "Gr??e")]


@given(
    st.lists(st.tuples(st.text(max_size=4), st.integers(-1, 11), st.integers(-1, 12)), max_size=12),
    st.integers(0, 5),
)
def test_names_stay_on_the_canvas_and_in_order(curves, height):
    names, last, dot = ([curve[i] for curve in curves] for i in range(3))
    rows = labeled(names, last, dot, height=height)
    assert [len(row) for row in rows] == [12] * height


def test_a_deep_network_is_named_at_its_ends_at_least():
    names = [f"L{i + 1}" for i in range(50)]
    rows = labeled(names, [3] * 50, np.linspace(0, 11, 50).astype(int).tolist())
    assert rows[0].strip() == "L1"
    assert rows[-1].strip() == "L50"


def test_braille_samples_stand_beside_names():
    assert legend_parts([("a", "solid")], 10, BRAILLE) == [("⠤⠤⠤", "a")]
