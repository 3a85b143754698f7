import pytest

from backscope.tui.compare.columns import GAP, ColumnAxis, as_comparison, column_width, side_by_side
from backscope.tui.compare.panels import COMPARISON_PANELS
from backscope.tui.panels.held import Held
from backscope.tui.panels.rows import row


@pytest.mark.parametrize("width", [78, 79, 80, 118, 119, 200])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_columns_are_equal_and_fill_the_width_but_for_a_few_cells(width, count):
    each = column_width(width, count)
    assert 0 <= width - each * count - GAP * (count - 1) < count


def test_each_run_is_drawn_in_a_column_of_its_own_with_a_line_between(compared):
    view = compared("learning", "learning", "learning")

    def draw(run, width, height, held):
        return [row(view, [(str(run) * width, view.palette.text)], width)] * height

    (line,) = {strip.text for strip in side_by_side(view, draw, 20, 2, Held())}
    assert line == "0000 │ 1111 │ 2222  "


def test_a_row_of_which_no_column_changed_is_the_strip_of_the_last_frame(compared):
    view, held = compared("learning", "learning"), Held()
    left, right = (row(view, [(text, view.palette.text)], 8) for text in ("left", "right"))
    other = row(view, [("other", view.palette.text)], 8)
    first = side_by_side(view, lambda run, *_: [[left, right][run]] * 2, 19, 2, held)
    second = side_by_side(view, lambda run, *_: [[left, right][run], other], 19, 2, held)
    assert second[0] is first[0]
    assert second[1].text != first[1].text


def test_pointing_at_the_same_place_of_any_column_is_pointing_at_the_same_step():
    axis = ColumnAxis(first=7, columns=40, start=1, stop=401, pitch=50, count=3)
    steps = [axis.step_at(column) for column in range(7, 47)]
    assert steps == sorted(steps)
    for column in (1, 2):
        assert [axis.step_at(50 * column + place) for place in range(7, 47)] == steps
    assert [axis.step_at(place) for place in (6, 47, 56, 97, 157, -1)] == [None] * 6


@pytest.mark.parametrize("overlaid", [False, True])
def test_the_cursor_stands_in_the_columns_that_were_pointed_at(compared, overlaid):
    from backscope.tui.time_range import TimeRange

    panel = COMPARISON_PANELS["loss"]
    plain = compared("empty", "empty", overlaid=overlaid)
    axis = panel.axis(plain, 118, 12)
    for column in (axis.first, axis.first + 20, 118 // 2 + axis.first + 8):
        step = axis.step_at(column)
        assert step is not None
        view = compared("learning", "learning", overlaid=overlaid, time=TimeRange(cursor=step))
        strips = panel.draw(view, 118, 12)
        assert any(strip.text[column] == view.glyphs.cursor for strip in strips), column


def test_a_comparison_is_itself_and_a_view_one_of_one(compared):
    view = compared("learning", "learning")
    assert as_comparison(view) is view
    assert as_comparison(view.runs[0]).count == 1
