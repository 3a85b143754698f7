"""The gradient profile in words and bars, read off the screen."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from backscope.core import mean_field
from backscope.core.findings import Facts, Finding, InputFacts, Severity
from backscope.core.history import History
from backscope.core.mean_field import predicted_signal
from backscope.core.record import StepRecord
from backscope.core.settings import NetworkSettings
from backscope.tui.glyphs import GLYPHS
from backscope.tui.panels import PANELS
from backscope.tui.panels.held import Held

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
    assert title(view) == "gradient profile at step 2, last finite"
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


# What theory predicts

DEEP = NetworkSettings(depth=10, width=64, activation="sigmoid", initializer="lecun_normal")
KNOWN = Facts(400, 2.3026, InputFacts(offset=0.0, spread=1.0, rms=1.0))
ROWS = range(2, 13)
"""Where the layers are in a panel of 100 x 20."""


@pytest.fixture
def predicted_view(view_of):
    """A view of ten sigmoid layers whose error signal, step by step, is as given."""

    def make(*signals, network=DEEP, **changes):
        view = view_of("vanishing", facts=KNOWN, **changes)
        history = History(view.snapshot.layout)
        for step, signal in enumerate(signals, start=1):
            row = history.layout.empty_row()
            row[history.layout.columns("loss")] = 2.3
            row[history.layout.columns("error_signal")] = signal
            row[history.layout.columns("weight_gradient_norm")] = 1.0
            history.append(StepRecord(step, row, history.layout), step * 0.001)
        experiment = replace(view.experiment, network=network)
        return replace(view, snapshot=history.snapshot(), experiment=experiment)

    return make


@pytest.fixture
def as_predicted(view_of):
    """The error signal as theory has it, 0.3 in the last layer."""
    layers = view_of("vanishing").snapshot.layout.layers
    return 0.3 * 10.0 ** predicted_signal(DEEP, layers, KNOWN.inputs).decades


def mark_cells(view, strips):
    """In which cell each layer's row has the sign of the prediction; -1: nowhere."""
    return [strips[row].text.find(view.glyphs.upright) for row in ROWS]


@pytest.mark.parametrize("glyphs", GLYPHS.values(), ids=lambda glyphs: glyphs.name)
def test_a_signal_that_is_as_predicted_ends_at_its_mark(predicted_view, as_predicted, glyphs):
    view = predicted_view(as_predicted, glyphs=glyphs)
    strips = draw(view, 100, 20)
    start = strips[1].text.index("error signal")
    places = mark_cells(view, strips)
    assert len(set(places)) == 11
    for row, place in zip(ROWS, places, strict=True):
        bar = strips[row].text[start:]
        assert bar[: place - start] == glyphs.bar[-1] * (place - start)
        assert bar[place - start + 1] == " "


def test_marks_stand_apart_from_bars_that_are_elsewhere(predicted_view, as_predicted):
    even = np.full(11, 0.3)
    view = predicted_view(even)
    strips = draw(view, 100, 20)
    reference = predicted_view(as_predicted)
    assert mark_cells(view, strips) == mark_cells(reference, draw(reference, 100, 20))
    first = strips[2].text
    assert "█" in first[first.index(view.glyphs.upright) :]  # it lies inside the bar


def test_marks_stay_where_the_first_step_put_them(predicted_view, as_predicted):
    places = []
    for last in (1.0, 0.5, 0.2):
        view = predicted_view(as_predicted, as_predicted * last)
        places.append(mark_cells(view, draw(view, 100, 20)))
    view = predicted_view(as_predicted, as_predicted * 0.2, cursor=1)
    places.append(mark_cells(view, draw(view, 100, 20)))
    assert places[1:] == places[:-1]


def test_the_prediction_is_made_once_for_a_run(predicted_view, as_predicted, monkeypatch):
    made = []

    def counted(*given):
        made.append(given)
        return predicted_signal(*given)

    monkeypatch.setattr(mean_field, "predicted_signal", counted)
    held = Held()
    view = predicted_view(as_predicted, as_predicted * 0.9)
    for width in (100, 60, 100):
        draw(view, width, 20, held)
    assert len(made) == 1
    other = replace(view.experiment, network=replace(DEEP, gain=2.0))
    draw(replace(view, experiment=other), 100, 20, held)
    assert len(made) == 2


@pytest.mark.parametrize("size", [(40, 10), (58, 19), (100, 20), (100, 40)])
def test_the_sign_is_explained_where_there_is_room_and_only_where_it_stands(
    predicted_view, as_predicted, screen_text, size
):
    legend = "┊ predicted at initialization"
    assert (legend in screen_text(draw(predicted_view(as_predicted), *size))) == (size[1] >= 19)
    unknown = replace(DEEP, initializer="zeros")
    text = screen_text(draw(predicted_view(as_predicted, network=unknown), *size))
    assert "┊" not in text


def test_a_row_of_several_layers_has_the_mark_of_the_middle_one(predicted_view, as_predicted):
    view = predicted_view(as_predicted)
    tall, flat = draw(view, 60, 20), draw(view, 60, 9)
    assert all(view.glyphs.upright in strip.text for strip in flat[2:8])
    assert len([strip for strip in tall if view.glyphs.upright in strip.text]) == 12


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e-320, 1e308, -1.0])
def test_a_first_step_with_nothing_to_anchor_on_has_no_mark(predicted_view, value, screen_text):
    view = predicted_view(np.full(11, value), np.full(11, 0.3))
    for size in [(100, 20), (40, 10), (12, 5)]:
        strips = draw(view, *size)
        assert all(strip.cell_length == size[0] for strip in strips)
    if not 0 < value < math.inf:
        assert "┊" not in screen_text(draw(view, 100, 20))


def test_a_signal_that_nothing_lets_through_has_no_mark_but_in_the_last_layer(predicted_view):
    view = predicted_view(np.full(11, 0.3), network=replace(DEEP, gain=0.0))
    places = mark_cells(view, draw(view, 100, 20))
    assert places[:-1] == [-1] * 10
    assert places[-1] > 0
