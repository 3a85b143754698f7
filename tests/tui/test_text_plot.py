"""Pictures for print."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backscope.tui.text_plot import draw_text_plot

STEPS = np.arange(1.0, 101.0)


def test_a_falling_curve_in_ascii():
    drawn = draw_text_plot(
        {"training": (STEPS, 4.0 - STEPS / 25)}, width=40, height=9, title="loss", box=False
    )
    assert drawn.splitlines() == [
        "loss",
        "     4+***",
        "      |  ******",
        "      |        ******",
        "     2+             ******",
        "      |                   ******",
        "      |                        ******",
        "     0+                              ***",
        "      +----------------+---------------+",
        "                      50            100",
        "* training",
    ]


def test_two_curves_have_two_markers_and_names():
    drawn = draw_text_plot({"training": (STEPS, STEPS), "validation": (STEPS, STEPS / 2)})
    assert "⠒⠒ training   o validation" in drawn
    assert drawn.count("o") > 10


def test_a_spike_among_many_points_is_shown():
    steps = np.arange(100_000.0)
    values = np.zeros(100_000)
    values[51_234] = 1e9
    rows = draw_text_plot({"loss": (steps, values)}, box=False).splitlines()
    assert "*" in rows[0]
    assert rows[0].startswith("   1e9+")


def test_what_cannot_be_drawn_is_counted():
    values = np.array([1.0, np.nan, np.inf, 0.0, -1.0, 10.0])
    curve = {"norm": (np.arange(6.0), values)}
    assert "(not drawn: 2 not finite)" in draw_text_plot(curve)
    assert "(not drawn: 4 not finite or not positive)" in draw_text_plot(curve, log=True)


def test_names_and_titles_are_made_safe():
    drawn = draw_text_plot({"\x1b[31mred": (STEPS, STEPS)}, title="a\x07b")
    assert "\x1b" not in drawn
    assert "^[[31mred" in drawn
    assert drawn.startswith("a^Gb\n")


def test_nothing_to_draw_is_an_empty_plot():
    assert "│" in draw_text_plot({})
    assert "│" in draw_text_plot({"loss": (np.empty(0), np.empty(0))})


HOSTILE = st.floats() | st.sampled_from([1e308, -1.7e308, 1e-320, 0.0])


@settings(deadline=None)
@given(
    hnp.arrays(float, 7, elements=HOSTILE),
    hnp.arrays(float, 7, elements=HOSTILE),
    st.booleans(),
    st.booleans(),
)
def test_hostile_values_are_drawn_or_left_out_without_complaint(one, other, log, box):
    steps = np.arange(1.0, 8.0)
    curves = {"a": (steps, one), "b": (steps, other)}
    drawn = draw_text_plot(curves, width=40, height=10, log=log, box=box)
    assert all(len(line) <= 90 for line in drawn.splitlines())
    assert len(drawn.splitlines()) == 11
