"""The gradient profile in words and bars, read off the screen."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from backscope.core.findings import Finding, Severity
from backscope.tui.panels import PANELS

draw = PANELS["gradient_profile"].draw
title = PANELS["gradient_profile"].title


def slow_factor_per_layer(norms):
    """The geometric mean of the factors from each layer to the one before, the slow way."""
    factors = [norms[i] / norms[i + 1] for i in range(len(norms) - 1)]
    return math.exp(sum(math.log(factor) for factor in factors) / len(factors))


@pytest.mark.parametrize("canned", ["vanishing", "dying", "hundred layers"])
def test_the_factor_per_layer_is_the_mean_of_the_factors(view_of, screen_text, canned):
    view = view_of(canned)
    norms = view.snapshot.last_measured("error_signal")
    first = screen_text(draw(view, 78, 20)).splitlines()[0]
    said = re.match(r"error signal x (\S+) per layer: layer 1 is (\S+) of layer (\d+)$", first)
    factor, ratio, last = said.groups()
    assert float(factor) == pytest.approx(slow_factor_per_layer(norms), rel=0.05)
    assert float(ratio) == pytest.approx(norms[0] / norms[-1], rel=0.05)
    assert int(last) == len(norms)


def test_the_vanishing_history_says_so_in_words(view_of, screen_text):
    text = screen_text(draw(view_of("vanishing"), 78, 20))
    first = text.splitlines()[0]
    assert first == "error signal x 0.24 per layer: layer 1 is 6.3e-07 of layer 11"
    assert "W gradient x 0.27 per layer" in text
    assert "The loss sends its error signal back from layer 11 to layer 1" in text


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (61, "error signal x 0.24 per layer: layer 1 is 6.3e-07 of layer 11"),
        (51, "error signal x 0.24 per layer: L1 is 6.3e-07 of L11"),
        (50, "x 0.24 per layer: layer 1 is 6.3e-07 of layer 11"),
        (40, "x 0.24 per layer: L1 is 6.3e-07 of L11"),
    ],
)
def test_the_comparison_is_as_long_as_the_panel_is_wide(view_of, screen_text, width, said):
    assert screen_text(draw(view_of("vanishing"), width, 20)).splitlines()[0] == said


def test_every_layer_has_a_row_with_both_numbers(view_of, screen_text):
    view = view_of("vanishing")
    lines = screen_text(draw(view, 78, 20)).splitlines()
    signal = view.snapshot.last_measured("error_signal")
    weights = view.snapshot.last_measured("weight_gradient_norm")
    for layer in range(11):
        line = lines[2 + layer]
        assert line.split()[:2] == [str(layer + 1), "identity" if layer == 10 else "sigmoid"]
        assert f"{signal[layer]:.1e}" in line
        assert f"{weights[layer]:.1e}" in line


def test_a_bar_is_as_long_as_the_logarithm_of_its_norm(view_of):
    """The bars of equal factors end at equal distances."""
    view = view_of("vanishing")
    strips = draw(view, 100, 20)
    style = view.palette.train
    cells = [
        sum(_filled(segment.text) for segment in strip if segment.style == style)
        for strip in strips[2:13]
    ]
    differences = np.diff(cells)
    assert np.all(differences > 0)
    assert differences.max() - differences.min() <= 0.25


def _filled(text):
    """Cells of a bar, to an eighth."""
    eighths = " ▏▎▍▌▋▊▉█"
    return sum(eighths.index(char) / 8 for char in text)


def test_more_layers_than_rows_are_told_as_ranges_that_cover_all(view_of, screen_text):
    view = view_of("hundred layers")
    signal = view.snapshot.last_measured("error_signal")
    text = screen_text(draw(view, 78, 12))
    covered = []
    for line in text.splitlines()[2:]:
        first, _, last = line.split()[0].partition("-")
        layers = range(int(first), int(last or first) + 1)
        covered += layers
        inside = signal[layers.start - 1 : layers.stop - 1]
        assert f"{inside.min():.1e}" in line
        assert f"{inside.max():.1e}" in line
    assert covered == list(range(1, 101))


def test_a_growing_signal_is_told_as_times(view_of, screen_text):
    text = screen_text(draw(view_of("exploding", cursor=1), 78, 20))
    assert "error signal x 10 per layer: layer 1 is 1.0e+11 times layer 12" in text


def test_a_broken_run_is_shown_at_its_last_finite_step(view_of, screen_text):
    view = view_of("exploding")
    assert title(view) == "gradient profile at step 2, the last finite one"
    assert "NaN" not in screen_text(draw(view, 78, 20))


def test_the_cursor_shows_the_broken_step_in_words(view_of, screen_text):
    view = view_of("exploding", cursor=3)
    text = screen_text(draw(view, 78, 20))
    assert title(view) == "gradient profile at step 3"
    assert text.splitlines()[0] == "error signal: NaN in layers 1-12"
    assert text.count("✗ not finite") == 24


def test_an_exact_zero_is_told_in_words(view_of, screen_text):
    text = screen_text(draw(view_of("zeros"), 78, 20))
    assert "exactly 0 in layer 6, so nothing goes back" in text
    assert text.count("no signal") == 6
    assert text.count("no gradient") == 6
    assert "exactly 0" in screen_text(draw(view_of("zeros"), 40, 10))


def test_infinite_norms_are_called_infinite(view_of, screen_text):
    text = screen_text(draw(view_of("infinities"), 78, 20))
    assert text.startswith("error signal: infinite in layers 1-6")


def test_one_layer_has_nothing_to_compare(view_of, screen_text):
    text = screen_text(draw(view_of("one layer"), 78, 20))
    assert text.startswith("error signal: one layer, nothing to compare")


def test_the_comparison_wears_the_color_of_the_finding_it_is_evidence_of(view_of):
    view = view_of("vanishing")
    finding = Finding("vanishing_gradient", Severity.WARNING, 1, (1,), {}, "")
    for found, style in [
        ((), view.palette.title),
        ((finding,), view.palette.warning),
        ((replace(finding, severity=Severity.ERROR),), view.palette.error),
    ]:
        strip = draw(replace(view, findings=found), 78, 20)[0]
        assert next(iter(strip)).style == style


def test_bars_are_two_rows_tall_where_there_is_room(view_of, screen_text):
    view = view_of("vanishing")
    tall, flat = draw(view, 78, 30), draw(view, 78, 20)
    assert [strip.text for strip in tall[2:24:2]] == [strip.text for strip in flat[2:13]]
    style = view.palette.train
    for first, second in zip(tall[2:24:2], tall[3:24:2], strict=True):
        bars = [[s.text for s in strip if s.style == style] for strip in (first, second)]
        assert bars[0] == bars[1]
        assert not any(char.isalnum() for char in second.text)
    assert "W gradient x 0.27 per layer" in screen_text(tall)


@pytest.mark.parametrize("width", [40, 50, 78])
def test_the_footnote_always_says_that_it_is_of_the_weight_gradient(view_of, screen_text, width):
    lines = screen_text(draw(view_of("vanishing"), width, 22)).splitlines()
    assert any(line.startswith("W gradient x 0.27 per layer") for line in lines[13:])


@pytest.mark.parametrize("height", range(3, 30))
def test_footnotes_are_whole_sentences(view_of, screen_text, height):
    text = screen_text(draw(view_of("vanishing"), 40, height))
    assert ("The loss sends" in text) == ("what reaches it." in text)


def test_no_heading_is_cut_in_the_middle_of_a_word(view_of, screen_text):
    for width in range(24, 130):
        head = screen_text(draw(view_of("vanishing"), width, 16))
        assert "W gradien " not in head
        assert "W gradien\n" not in head
