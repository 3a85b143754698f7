"""Layers x time as colors or shades."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backscope.tui.chart import Mark, StripCache, changed_rows, heat_columns, heatmap
from backscope.tui.glyphs import ASCII, BLOCK, BRAILLE, GLYPHS
from backscope.tui.heatmap import BLANK_LEVEL, filled, grouped, heat_levels
from backscope.tui.palette import DARK, HEAT_LEVELS, HIGH_CONTRAST, LIGHT, PLAIN

INF, NAN = np.inf, np.nan


def draw(values, *, width=40, height=10, palette=PLAIN, glyphs=ASCII, lo=-6.0, hi=0.0, **options):
    return heatmap(
        values,
        width=width,
        height=height,
        x_range=(1, 101),
        lo=lo,
        hi=hi,
        row_labels=[f"L{i + 1}" for i in range(len(values))],
        palette=palette,
        glyphs=glyphs,
        **options,
    )


def field(layers, columns=None, width=40):
    """Layers whose values rise from -6 in the first to 0 in the last."""
    columns = heat_columns(width) if columns is None else columns
    return np.tile(np.linspace(-6, 0, layers)[:, None], columns)


def texts(strips):
    return [strip.text for strip in strips]


def test_shades_show_the_layers_where_there_is_no_color():
    values = field(4)
    values[1, 20:] = NAN
    values[2, 5] = INF
    values[3, 8] = -INF
    assert texts(draw(values, unit="signal")) == [
        "    L1+.................................",
        "      |.................................",
        "    L2+--------------------             ",
        "      |--------------------             ",
        "    L3+*****X***************************",
        "      |*****X***************************",
        "    L4+@@@@@@@@0@@@@@@@@@@@@@@@@@@@@@@@@",
        "      +----------------+---------------+",
        "                      50            100 ",
        "       1e-6 ...::--==+***#%%@@ 1  signal",
    ]


def test_rows_share_the_height_evenly_and_leave_none_of_it_blank():
    rows = texts(draw(field(2), height=8))
    assert [row[:8] for row in rows[:5]] == [
        *("    L1+.", "      |.", "      |."),
        *("    L2+@", "      |@"),
    ]


def test_with_color_no_row_is_more_than_half_a_cell_taller_than_another():
    strips = draw(field(4), palette=DARK, glyphs=BRAILLE, height=13)  # ten cells for four rows
    cells = [list(strip)[-1].style for strip in strips[:10]]
    halves = [color.name for style in cells for color in (style.color, style.bgcolor)]
    heights = [halves.count(color) for color in dict.fromkeys(halves)]
    assert heights == [5, 5, 5, 5]


def test_colors_show_the_layers_in_full_blocks():
    strips = draw(field(3), palette=DARK, glyphs=BRAILLE, height=9)
    heat = DARK.heat_styles()
    for row, level in ((0, 0), (2, 15), (4, HEAT_LEVELS - 1)):
        last = list(strips[row])[-1]
        assert set(last.text) == {"█"}
        assert last.style.color == heat[level].color or level == 15


def test_two_rows_share_a_cell_where_there_are_too_many_and_the_last_keeps_its_name():
    strips = draw(field(10), palette=DARK, glyphs=BRAILLE, height=10)
    heat = DARK.heat_styles()
    first, last = (list(strips[row])[-1] for row in (0, 6))
    assert set(first.text) == set(last.text) == {"▀"}
    assert first.style.color == heat[0].color
    assert last.style.bgcolor == heat[-1].color
    assert [text[:7].strip() for text in texts(strips)[:7]] == [
        *("L1┤", "L2┤", "L4┤", "L5┤", "L7┤", "L8┤", "L10┤"),
    ]


@pytest.mark.parametrize(("palette", "glyphs"), [(PLAIN, ASCII), (DARK, BRAILLE)])
def test_many_more_rows_than_cells_are_averaged(palette, glyphs):
    rows = texts(draw(field(100), palette=palette, glyphs=glyphs, height=10))
    assert rows[0].strip().startswith("L1")
    assert len(rows) == 10


def test_a_mark_in_a_group_of_rows_is_not_lost():
    values = np.array([[0.0, -INF, NAN], [1.0, -INF, NAN], [INF, 3.0, NAN]])
    out = grouped(values, np.array([0, 0, 1]), 2)
    assert out.tolist()[0][:2] == [0.5, -INF]
    assert np.isnan(out[:, 2]).all()
    assert out.tolist()[1][:2] == [INF, 3.0]


def test_gaps_are_filled_with_the_value_before_but_the_ends_stay_blank():
    values = np.array([[NAN, 1.0, NAN, NAN, 2.0, NAN]])
    assert filled(values)[0, 1:5].tolist() == [1, 1, 1, 2]
    assert np.isnan(filled(values)[0, [0, 5]]).all()


def test_levels_are_cut_at_the_ends_of_the_scale():
    values = np.array([-99.0, -6.0, -3.0, 0.0, 99.0, -INF, INF, NAN])
    top = HEAT_LEVELS - 1
    levels = heat_levels(values, -6.0, 0.0).tolist()
    assert levels[:2] == [0, 0]
    assert levels[2] in (top // 2, top // 2 + 1)
    assert levels[3:] == [top, top, 0, top, BLANK_LEVEL]


def test_the_scale_names_both_ends_and_the_unit():
    last = texts(draw(field(3, width=60), width=60, unit="‖dW‖", lo=-8.0, hi=-1.5, glyphs=BRAILLE))[
        -1
    ]
    assert last.split()[0] == "1e-8"
    assert last.split()[-2:] == ["3.2e-2", "‖dW‖"]


def test_the_cursor_stands_on_its_step_and_keeps_the_colors_in_sight():
    strips = draw(field(3), palette=DARK, glyphs=BRAILLE, cursor=51)
    column = 7 + (51 - 1) * 33 // 100
    assert {text[column] for text in texts(strips)[:7]} == {"│"}
    under = next(segment for segment in strips[0] if segment.text == "│" and segment.style.bgcolor)
    assert under.style


def test_events_are_marked_on_the_axis():
    rows = texts(draw(field(3), marks=[Mark(51, "learning_rate"), Mark(9999, "nonfinite")]))
    assert rows[7][7 + 50 * 33 // 100] == "R"
    assert "X" not in "".join(rows)


def test_text_stands_in_the_middle_while_there_is_nothing():
    rows = texts(draw(np.full((3, 33), NAN), empty="waiting for the first step"))
    assert "waiting for the first step" in rows[3]


def test_unchanged_rows_come_back_as_the_same_strips():
    cache = StripCache()
    values = field(5)
    first = draw(values, cache=cache, palette=DARK, glyphs=BRAILLE)
    assert changed_rows(first, draw(values, cache=cache, palette=DARK, glyphs=BRAILLE)) == []
    values[2, 30] = -1.0
    assert changed_rows(first, draw(values, cache=cache, palette=DARK, glyphs=BRAILLE)) == [3, 4]


def test_a_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"expected shape \(3, 33\), got \(3, 7\)"):
        draw(np.zeros((3, 7)))


HOSTILE = st.floats() | st.sampled_from([NAN, INF, -INF, 1e308, -1e308, 5e-324])


@given(
    st.data(),
    st.integers(0, 40),
    st.integers(0, 24),
    st.integers(0, 60),
    HOSTILE,
    HOSTILE,
    st.sampled_from(list(GLYPHS.values())),
    st.sampled_from([DARK, LIGHT, HIGH_CONTRAST, PLAIN]),
)
def test_any_values_at_any_size_give_strips_of_that_size(
    data, width, height, layers, lo, hi, glyphs, palette
):
    shape = (layers, heat_columns(width))
    values = data.draw(hnp.arrays(float, shape, elements=HOSTILE, fill=HOSTILE))
    strips = draw(
        values,
        width=width,
        height=height,
        lo=lo,
        hi=hi,
        glyphs=glyphs,
        palette=palette,
        cursor=data.draw(st.none() | st.floats()),
        marks=[Mark(data.draw(st.floats()), "learning_rate")],
        unit="unit",
        empty="nothing",
    )
    assert [len(strip.text) for strip in strips] == [width] * height
    assert all(segment.style is not None for strip in strips for segment in strip)
    if glyphs is ASCII:
        assert all(strip.text.isascii() for strip in strips)


def test_block_glyphs_do_not_use_half_cells():
    rows = texts(draw(field(30), palette=HIGH_CONTRAST, glyphs=BLOCK))
    assert "▀" not in "".join(rows)
