"""What plotext draws for us, and what it is never given."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import backscope.tui
from backscope.tui.plot import GUTTER, MIN_HEIGHT, MIN_WIDTH, frame, inner_size, picture

GOLDEN = [
    "     1┤                 ",
    "      │                 ",
    "  1e-4┤                 ",
    "      │                 ",
    "      └┬───────┬────────",
    "       0      200       ",
]


def test_a_frame_has_axes_ticks_and_labels():
    drawn = frame(24, 6, ((0, "1"), (2, "1e-4")), ((0, "0"), (8, "200")))
    assert drawn.rows == GOLDEN
    assert (drawn.left, drawn.top, drawn.width, drawn.height) == (7, 0, 17, 4)


def test_a_frame_in_ascii_has_no_other_characters():
    drawn = frame(24, 6, ((0, "1"),), ((8, "200"),), box=False)
    assert drawn.rows[0] == "     1+" + " " * 17
    assert drawn.rows[4] == "      ++"[:7] + "--------+--------"
    assert "".join(drawn.rows).isascii()


def test_lines_are_told_from_labels():
    drawn = frame(24, 6, ((0, "1"),), ((8, "200"),))
    assert drawn.axes[:5, 6].all()
    assert drawn.axes[4].all()
    assert not drawn.axes[5].any()
    assert not drawn.axes[:4, :6].any()


def test_a_frame_without_ticks_keeps_its_gutter():
    assert frame(24, 6, (), ()).rows == [
        *["      │" + " " * 17] * 4,
        "      └" + "─" * 17,
        " " * 24,
    ]


def test_labels_too_long_for_the_gutter_are_left_out():
    assert frame(24, 6, ((1, "1e-12345"),), ()).rows[1].strip() == "│"


def test_a_short_frame_has_no_x_axis_and_a_narrow_one_no_axes():
    assert (
        frame(24, 5, ((0, "1"),), ((0, "0"),)).rows
        == ["     1┤" + " " * 17] + ["      │" + " " * 17] * 4
    )
    assert frame(19, 6, ((0, "1"),), ((0, "0"),)).rows == [" " * 19] * 6


def test_a_frame_is_drawn_once():
    assert frame(24, 6, ((0, "1"),), ()) is frame(24, 6, ((0, "1"),), ())


def test_the_gutter_does_not_depend_on_labels_or_height():
    assert {inner_size(60, height)[:2] for height in range(40)} == {(GUTTER, 60 - GUTTER)}
    assert inner_size(MIN_WIDTH - 1, 20) == (0, MIN_WIDTH - 1, 20)
    assert inner_size(60, MIN_HEIGHT) == (GUTTER, 60 - GUTTER, MIN_HEIGHT - 2)
    assert inner_size(0, 0) == (0, 0, 0)


TICKS = st.lists(st.tuples(st.integers(-3, 50), st.text("0123456789e-.", max_size=9)), max_size=6)


@given(st.integers(0, 45), st.integers(0, 30), TICKS, TICKS, st.booleans())
def test_a_frame_of_any_size_is_exactly_that_size(width, height, y_ticks, x_ticks, box):
    drawn = frame(width, height, tuple(y_ticks), tuple(x_ticks), box=box)
    assert drawn.chars.shape == drawn.axes.shape == (height, width)
    assert [len(row) for row in drawn.rows] == [width] * height
    assert (drawn.left, drawn.width, drawn.height) == inner_size(width, height)
    inside = drawn.chars[: drawn.height, drawn.left :]
    assert (inside == ord(" ")).all()


def test_a_picture_carries_no_escapes():
    rows = picture(40, 8, ((0, "1"),), ((0, "0"),))
    assert len(rows) == 10
    assert all(len(row) == 40 and row.isprintable() for row in rows)


def test_a_drawn_frame_cannot_be_changed():
    drawn = frame(24, 6, (), ())
    with pytest.raises(ValueError, match="read-only"):
        drawn.chars[0, 0] = 1


def test_plotext_is_imported_in_one_place_only():
    importers = set()
    for path in Path(next(iter(backscope.tui.__path__))).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "plotext" for name in names):
                importers.add(path.name)
    assert importers == {"plot.py"}
