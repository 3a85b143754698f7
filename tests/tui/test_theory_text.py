"""The printed comparison of theory and measurement."""

import json
from dataclasses import replace

import numpy as np
import pytest

from backscope.core.experiment import load_experiment
from backscope.core.theory import compare_with_theory
from backscope.presets import preset_names
from backscope.tui.theory_text import theory_json, theory_text


def compared(name="vanishing", **changes):
    experiment = load_experiment(name, {f"network.{key}": value for key, value in changes.items()})
    return experiment, compare_with_theory(experiment, seeds=3)


@pytest.fixture(scope="module")
def vanishing():
    return compared()


def text_of(pair):
    return " ".join(theory_text(*pair).split())


def test_every_layer_has_a_line_with_what_is_predicted_and_what_was_measured(vanishing):
    lines = theory_text(*vanishing).splitlines()
    assert lines[0] == "vanishing: the error signal at initialization"
    _, comparison = vanishing
    for number, line in enumerate(lines[3:14]):
        cells = line.split()
        assert cells[:3] == [
            str(number + 1),
            *(("64", "sigmoid") if number < 10 else ("10", "identity")),
        ]
        assert float(cells[-3]) == pytest.approx(comparison.prediction.decades[number], abs=0.006)
        assert float(cells[-2]) == pytest.approx(comparison.measured[number], abs=0.006)
        assert float(cells[-1]) == pytest.approx(float(cells[-2]) - float(cells[-3]), abs=0.011)


def test_it_says_in_words_what_the_factor_comes_to(vanishing):
    said = text_of(vanishing)
    assert "x 0.22 per layer on average, which over 10 layers comes to 10^-6.60" in said
    assert "it vanishes, and the first layers hardly learn" in said
    assert "the median of 3 seeds, 7 to 9" in said
    assert "differ by 0.0" in said


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("exploding", {}, "it explodes, and no one learning rate suits all layers"),
        ("healthy", {}, "it reaches every layer"),
        ("batch-norm", {}, "Batch normalization: chi = E[f'^2] / Var[f]"),
        ("residual", {}, "Residual connections add 1 to the chi of their block"),
        ("healthy", {"normalization": "layer"}, "Layer normalization: z has variance 1"),
        ("healthy", {"dropout": 0.25}, "1 / (1 - 0.25)"),
        ("worked-example", {}, "Theory says nothing here: the initial weights are given"),
        ("healthy", {"initializer": "constant"}, "constant draws no random weights"),
        ("healthy", {"hidden": []}, "One layer: nothing to compare."),
        ("healthy", {"bias": -30.0}, "no error signal at all reaches layer 1"),
        ("vanishing", {"depth": 700, "width": 4}, "is exactly 0, too small to be a number."),
        ("vanishing", {"width": 2}, "Theory is of wide layers; the narrowest here has 2 units."),
    ],
)
def test_what_holds_is_said(name, changes, words):
    assert words in text_of(compared(name, **changes))


def test_a_measurement_that_overflows_before_theory_does_is_said():
    changes = {"dtype": "float32", "network.depth": 100, "network.gain": 4.0}
    experiment = load_experiment("exploding", changes)
    said = text_of((experiment, compare_with_theory(experiment, seeds=1)))
    assert "it explodes" in said
    assert "is not finite." in said


@pytest.mark.parametrize("name", preset_names())
def test_no_line_is_wider_than_80_cells(name):
    experiment = load_experiment(name, {"data.rows": 60} if name != "worked-example" else {})
    text = theory_text(experiment, compare_with_theory(experiment, seeds=1))
    assert max(map(len, text.splitlines())) <= 79


def test_a_name_from_outside_cannot_reach_the_terminal(vanishing):
    experiment, comparison = vanishing
    text = theory_text(replace(experiment, name="\x1b]0;owned\x07[/]\n"), comparison)
    assert not any(ord(c) < 32 and c != "\n" for c in text)


def test_json_has_the_same_numbers_and_null_where_there_are_none(vanishing):
    said = json.loads(theory_json(*vanishing), parse_constant=pytest.fail)
    _, comparison = vanishing
    assert said["applies"]
    assert said["seeds"] == [7, 8, 9]
    assert [layer["predicted"] for layer in said["layers"]] == list(comparison.prediction.decades)
    assert said["layers"][-1]["sqrt_chi"] is None
    nothing = json.loads(theory_json(*compared("healthy", initializer="zeros")))
    assert not nothing["applies"]
    assert "zeros" in nothing["why_not"]
    assert nothing["layers"][0]["predicted"] is None
    assert nothing["layers"][0]["measured"] == "-Infinity"


def test_a_signal_that_is_nothing_in_both_differs_by_nothing():
    experiment, comparison = compared("healthy", bias=-30.0)
    assert np.isneginf(comparison.measured[0])
    said = json.loads(theory_json(experiment, comparison))
    assert said["layers"][0]["difference"] == 0.0
