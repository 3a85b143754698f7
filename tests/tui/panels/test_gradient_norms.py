"""Gradient norms over time: which metric, as lines and as a heatmap."""

import pytest

from backscope.tui.glyphs import BLOCK
from backscope.tui.palette import PLAIN
from backscope.tui.panels import PANELS
from backscope.tui.panels.held import Held

draw = PANELS["gradient_norms"].draw
title = PANELS["gradient_norms"].title


def test_the_title_says_which_metric_is_shown(view_of):
    assert title(view_of("healthy")) == "W gradient norms, log"
    assert title(view_of("healthy", signal=True)) == "error signal per layer, log"


def test_the_two_metrics_are_different_pictures(view_of):
    assert draw(view_of("dying"), 60, 15) != draw(view_of("dying", signal=True), 60, 15)


def test_first_and_last_layer_are_labelled_at_the_end_of_their_lines(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing"), 60, 15))
    assert "L1\n" in text
    assert "L11\n" in text


def test_the_lines_of_a_vanishing_network_lie_in_the_order_of_its_layers(view_of, screen_text):
    lines = screen_text(draw(view_of("vanishing", signal=True), 78, 30)).splitlines()
    labelled = [int(line.rsplit("L", 1)[1]) for line in lines if "L" in line]
    assert labelled == sorted(labelled, reverse=True)
    assert len(labelled) >= 8


def test_the_heatmap_has_a_row_for_each_layer_and_a_scale(view_of, screen_text):
    lines = screen_text(draw(view_of("vanishing", heatmap=True), 60, 15)).splitlines()
    assert [line.split("┤")[0].strip() for line in lines if "┤" in line] == [
        f"L{layer}" for layer in range(1, 12)
    ]
    assert "W gradient norm" in lines[-1]
    assert "1e" in lines[-1]


@pytest.mark.parametrize("heatmap", [False, True])
def test_a_step_that_is_not_finite_is_marked(view_of, screen_text, heatmap):
    view = view_of("exploding", heatmap=heatmap)
    assert view.glyphs.bad in screen_text(draw(view, 60, 15))


def test_rows_that_did_not_change_come_back_as_the_same_strips(view_of):
    held = Held()
    first = draw(view_of("healthy"), 60, 15, held)
    again = draw(view_of("healthy", cursor=None), 60, 15, held)
    assert all(a is b for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize("plain", [{"palette": PLAIN}, {"glyphs": BLOCK}])
def test_without_color_or_with_coarse_dots_no_bands_hide_which_line_is_which(
    view_of, screen_text, plain
):
    view = view_of("vanishing", **plain)
    assert view.glyphs.fill not in screen_text(draw(view, 60, 15))
