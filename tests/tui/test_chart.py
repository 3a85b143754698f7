"""Charts as strips: small pictures as text, and hostile data at every size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rich.cells import cell_len

from backscope.tui.chart import (
    Mark,
    Series,
    StripCache,
    YRange,
    changed_rows,
    draw_chart,
    layer_series,
    middle,
    plot_columns,
)
from backscope.tui.glyphs import ASCII, BLOCK, BRAILLE, GLYPHS, QUADRANT
from backscope.tui.palette import DARK, HIGH_CONTRAST, LIGHT, OKABE_ITO, PLAIN

NAN = np.nan


def draw(series, *, width=40, height=9, y=(-6.0, 0.0), glyphs=BRAILLE, palette=DARK, **options):
    return draw_chart(
        series,
        width=width,
        height=height,
        x_range=(1, 101),
        y_range=y,
        glyphs=glyphs,
        palette=palette,
        **options,
    )


def curve(label, values, **options):
    return Series(label, values, values, DARK.train, **options)


def falling(decades, glyphs=BRAILLE, width=40):
    return 10.0 ** -np.linspace(0, decades, plot_columns(width, glyphs))


def texts(strips):
    return [strip.text for strip in strips]


def style_at(strip, column):
    for segment in strip:
        column -= len(segment.text)
        if column < 0:
            return segment.style
    raise AssertionError("beyond the strip")


def test_curves_on_a_log_axis_with_names_a_cursor_and_an_event():
    curves = [curve("L1", falling(5)), curve("L2", falling(2))]
    marks = [Mark(30, "learning_rate"), Mark(5000, "nonfinite")]
    assert texts(draw(curves, log=True, legend="end", cursor=60, marks=marks)) == [
        "     1┤⠉⠛⠲⠶⣒⡢⠤⠤⠤⢄⣀⣀⣀      │             ",
        "      │     ⠈⠑⠒⠤⢄⣀  ⠉⠉⠉⠑⠒⠒⠒⠤⠤⠤⢄⣀⣀⣀⡀     ",
        "      │         ┊ ⠉⠑⠒⠤⢄⣀  │       ⠈⠉⠉⠉L2",
        "  1e-3┤         ┊       ⠉⠑⠢⠤⣀⡀          ",
        "      │         ┊         │  ⠈⠉⠒⠢⠤⣀⡀    ",
        "      │         ┊         │        ⠈⠉⠒L1",
        "  1e-6┤         ┊         │             ",
        "      └─────────◆──────┬───────────────┬",
        "                      50            100 ",
    ]


def test_patterns_and_a_legend_tell_curves_apart_without_color():
    curves = [
        curve("training", falling(2, ASCII)),
        curve("validation", falling(5, ASCII), pattern="dashed"),
    ]
    options = {"log": True, "legend": "top", "y_label": "loss"}
    assert texts(draw(curves, glyphs=ASCII, palette=PLAIN, **options)) == [
        "loss        --- training  --  validation",
        "     1+'''-,----......                  ",
        "      |      '' -- .  '''''------...... ",
        "      |             ' -- ..            '",
        "  1e-3+                     '- ..       ",
        "      |                           '' -. ",
        "  1e-6+                                 ",
        "      +----------------+---------------+",
        "                      50            100 ",
    ]


def test_what_leaves_the_scale_gets_an_arrow_and_what_is_not_finite_a_mark():
    one, other = falling(2), falling(5)
    one[40:] = other[40:] = NAN
    other[20:30] *= 1e20
    bad = np.arange(66) == 41
    curves = [curve("L1", one, bad=bad), curve("L2", other)]
    strips = draw(curves, log=True, legend="end", y=(-3.0, 0.0))
    assert texts(strips) == [
        "     1┤⠙⠲⣒⠤⠤⣀⡀   ▲   ⢸     ✗            ",
        "      │   ⠑⠤⡀⠈⠉⠑⢒⠧⠤⣀⣀⢸                  ",
        "      │     ⠈⠑⠤⡀⢸    ⠹⡑⠒⠢⠤⣀ L1          ",
        "      │        ⠈⠙     ⡇                 ",
        "  0.01┤               ⡇                 ",
        "      │               ⠓⢄                ",
        "      │                 ⠉⠢⢄ L2          ",
        "      └────────────────┬───────────────┬",
        "                      50            100 ",
    ]
    assert style_at(strips[0], 27) == DARK.error


def test_exact_zeros_on_a_log_axis_are_arrows_below_it():
    rows = texts(draw([curve("L1", np.zeros(66))], log=True, empty="all is zero"))
    assert rows[6][7] == "▼"
    assert "all is zero" in rows[3]


def test_a_band_lies_behind_the_curve():
    line = np.linspace(0, 1, 33)
    banded = Series("loss", line, line, PLAIN.text, band=(line - 0.3, line + 0.3))
    assert texts(draw([banded], y=(-0.5, 1.5), glyphs=ASCII, palette=PLAIN))[:7] == [
        "      |                               ::",
        "     1+                     ::::::::::..",
        "      |            :::::::::....---'''::",
        "      |  ::::::::::...---'''::::::::::  ",
        "      |::...----''':::::::::            ",
        "     0+''::::::::::                     ",
        "      |::                               ",
    ]


def test_a_band_is_drawn_in_its_own_color():
    line = np.full(66, 0.5)
    banded = Series("loss", line, line, DARK.train, band=(line - 0.4, line + 0.4))
    strips = draw([banded], y=(0.0, 1.0))
    assert style_at(strips[1], 20) == DARK.band
    assert style_at(strips[3], 20) == DARK.train


def test_a_single_measurement_is_a_point_that_can_be_seen():
    values = np.full(66, NAN)
    values[20] = 1e-3
    assert (
        texts(draw([curve("L1", values)], log=True))[3]
        == "  1e-3┤          •                      "
    )


def test_sparse_measurements_are_joined_by_lines():
    values = np.full(66, NAN)
    values[::13] = 0.5
    row = texts(draw([curve("validation", values)], y=(0.0, 1.0)))[3]
    assert row[7:] == "⠤" * 33


def test_later_curves_lie_over_earlier_ones_and_highlighted_ones_over_all():
    line = np.full(66, 0.5)
    first = Series("a", line, line, DARK.train)
    second = Series("b", line, line, DARK.validation)
    marked = Series("a", line, line, DARK.train, highlighted=True)
    assert style_at(draw([first, second], y=(0.0, 1.0))[3], 20) == DARK.validation
    assert style_at(draw([marked, second], y=(0.0, 1.0))[3], 20).color == DARK.train.color
    assert style_at(draw([marked, second], y=(0.0, 1.0))[3], 20).bold


def test_a_curve_stays_in_sight_under_the_cursor():
    line = np.full(66, 0.5)
    strips = draw([curve("a", line)], y=(0.0, 1.0), cursor=51)
    column = 7 + 16
    assert [strip.text[column] for strip in strips[:7]] == ["│"] * 3 + ["⠤"] + ["│"] * 3
    assert style_at(strips[3], column).color == DARK.train.color
    assert style_at(strips[3], column).bgcolor != DARK.train.bgcolor


def test_text_stands_in_the_middle_while_there_is_nothing_to_draw():
    for nothing in ([], [curve("a", np.full(66, NAN))]):
        rows = texts(draw(nothing, empty="waiting for the first step"))
        assert rows[3] == "      │   waiting for the first step    "


def test_a_small_chart_has_its_legend_in_the_corner_and_a_tiny_one_no_axes():
    line = np.full(66, 0.5)
    rows = texts(draw([curve("loss", line)], height=5, y=(0.0, 1.0), legend="top", y_label="x"))
    assert rows[0].endswith("⠤⠤⠤ loss")
    assert "x" not in rows[0]
    tiny = np.full(plot_columns(8, BRAILLE), 0.5)
    assert texts(draw([curve("a", tiny)], width=8, height=1, y=(0.0, 1.0))) == ["⠤" * 8]


def test_hostile_labels_are_shown_as_text_and_keep_the_width():
    line = np.full(66, 0.5)
    hostile = "[/]\x1b[2J日本"
    for legend in ("end", "top"):
        strips = draw([curve(hostile, line)], y=(0.0, 1.0), legend=legend, y_label=hostile)
        assert "\x1b" not in "".join(texts(strips))
        assert "[/]^[" in "".join(texts(strips))
        assert [cell_len(strip.text) for strip in strips] == [40] * 9


def test_columns_that_do_not_fit_the_chart_are_refused():
    with pytest.raises(ValueError, match=r"'L1': expected shapes \(66,\), got \(65,\)"):
        draw([curve("L1", np.zeros(65))])


def test_columns_are_two_a_cell_in_braille_and_one_in_ascii():
    assert [plot_columns(60, glyphs) for glyphs in (BRAILLE, QUADRANT, BLOCK, ASCII)] == [
        106,
        106,
        53,
        53,
    ]
    assert plot_columns(10, BRAILLE) == 20
    assert plot_columns(0, BRAILLE) == plot_columns(-5, BRAILLE) == 0


def test_unchanged_rows_come_back_as_the_same_strips():
    cache = StripCache()
    values = np.full(66, NAN)
    values[:30] = 0.5
    before = draw([curve("a", values)], y=(0.0, 1.0), cache=cache)
    values[:32] = 0.5
    after = draw([curve("a", values)], y=(0.0, 1.0), cache=cache)
    assert changed_rows(before, after) == [3]
    assert texts(after) == texts(draw([curve("a", values)], y=(0.0, 1.0)))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"marks": [Mark(50, "learning_rate")]},
        {"cursor": 40.0},
        {"legend": "end"},
        {"y_label": "loss"},
        {"palette": LIGHT},
        {"glyphs": QUADRANT},
        {"y": (0.0, 2.0)},
        {"height": 8},
        {"name": "b"},
        {"values": np.full(66, NAN)},
    ],
    ids=str,
)
def test_what_would_look_as_before_is_not_drawn_again_and_all_else_is(change):
    def drawn(cache, *, name="a", values=np.full(66, 0.5), **options):  # noqa: B008
        options = {"y": (0.0, 1.0), "legend": "top", **options}
        return draw([curve(name, values.copy())], empty="nothing", cache=cache, **options)

    cache = StripCache()
    before = drawn(cache)
    after = drawn(cache, **change)
    assert after == drawn(None, **change)
    assert (after == before) == (change == {})
    if not change:
        assert all(now is then for now, then in zip(after, before, strict=True))


def test_the_layers_of_a_network_are_named_and_colored_in_order():
    low = np.tile([1e-6, 1e-3, 1.0], (66, 1))
    made = layer_series(low, low, np.zeros((66, 3), bool), DARK, highlighted=2)
    assert [one.label for one in made] == ["L1", "L2", "L3"]
    assert tuple(one.style for one in made) == DARK.layer_colors(3)
    assert [one.highlighted for one in made] == [False, True, False]
    rows = texts(draw(made, log=True, legend="end"))
    assert [rows[i][-2:] for i in (0, 3, 6)] == ["L3", "L2", "L1"]


def test_the_middle_of_an_envelope():
    low, high = np.array([1.0, 1e-4, NAN, 0.0]), np.array([3.0, 1e-2, NAN, 2.0])
    assert middle(low, high)[:2].tolist() == [2.0, 0.00505]
    assert middle(low, high, log=True)[[0, 1, 3]] == pytest.approx([3**0.5, 1e-3, 2.0])
    assert np.isnan(middle(low, high)[2])
    assert middle(np.array([1.7e308]), np.array([1.7e308])) == [1.7e308]
    assert middle(np.array([1.7e308]), np.array([1.7e308]), log=True) == pytest.approx(1.7e308)


HISTORIES = {
    "empty": [],
    "one point": [NAN, 0.5, NAN],
    "all NaN": [NAN] * 3,
    "infinities": [np.inf, -np.inf, np.inf],
    "wide": [-1.7e308, 0.0, 1.7e308],
    "subnormal": [0.0, 5e-324, 1e-320],
    "constant": [2.5, 2.5, 2.5],
    "largest": [1e308, 1e308, 1e308],
    "negative": [-1.0, -2.0, -3.0],
}


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
@pytest.mark.parametrize("glyphs", [BRAILLE, ASCII], ids=lambda glyphs: glyphs.name)
def test_hostile_histories_at_every_size(history, log, glyphs):
    held = YRange()
    for width in (0, 1, 2, 7, 19, 20, 21, 40):
        columns = plot_columns(width, glyphs)
        values = np.resize(np.array(history or [NAN]), columns)
        y_range = held.update(values, values, log=log)
        for height in (0, 1, 2, 5, 6, 7, 8, 9, 20):
            strips = draw(
                [curve("a", values)], width=width, height=height, y=y_range, log=log, glyphs=glyphs
            )
            assert [cell_len(strip.text) for strip in strips] == [width] * height


HOSTILE = st.floats() | st.sampled_from([NAN, np.inf, -np.inf, 1e308, -1.7e308, 5e-324, 0.0])


@settings(max_examples=200)
@given(
    st.data(),
    st.integers(0, 40),
    st.integers(0, 40),
    st.integers(0, 5),
    st.tuples(HOSTILE, HOSTILE),
    st.tuples(HOSTILE, HOSTILE),
    st.sampled_from(list(GLYPHS.values())),
    st.sampled_from([DARK, LIGHT, OKABE_ITO, HIGH_CONTRAST, PLAIN]),
    st.sampled_from(["none", "end", "top"]),
    st.booleans(),
)
def test_anything_at_any_size_gives_strips_of_that_size(
    data, width, height, count, x_range, y_range, glyphs, palette, legend, log
):
    columns = plot_columns(width, glyphs)
    shape = (count, 2, columns)
    values = data.draw(hnp.arrays(float, shape, elements=HOSTILE, fill=HOSTILE))
    curves = [
        Series(
            data.draw(st.text(max_size=4)),
            *pair,
            palette.train,
            bad=data.draw(st.none() | st.just(np.arange(columns) % 5 == 2)),
            band=data.draw(st.none() | st.just((pair[1], pair[0]))),
            pattern=data.draw(st.sampled_from(["solid", "dashed", "dotted"])),
            highlighted=data.draw(st.booleans()),
        )
        for pair in values
    ]
    strips = draw_chart(
        curves,
        width=width,
        height=height,
        x_range=x_range,
        y_range=y_range,
        palette=palette,
        glyphs=glyphs,
        log=log,
        marks=[Mark(data.draw(HOSTILE), "learning_rate")],
        cursor=data.draw(st.none() | HOSTILE),
        legend=legend,
        y_label=data.draw(st.text(max_size=4)),
        empty="nothing",
    )
    assert [len(strip.text) for strip in strips] == [width] * height
    assert [cell_len(strip.text) for strip in strips] == [width] * height
    assert all(segment.style is not None for strip in strips for segment in strip)
    if glyphs is ASCII:
        assert all(strip.text.isascii() for strip in strips)
