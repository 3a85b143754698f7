import re

import pytest

from backscope.tui.compare.observers import Naming, Observers
from backscope.tui.compare.profile import PROFILE
from backscope.tui.observer import Display


@pytest.fixture
def different(trained, look):
    """Two runs of different depth."""

    def make(**display):
        runs = [trained(), trained(network__hidden=[4, 4, 4, 4])]
        return Observers(runs, Naming(("a", "b"))).look(Display(signal=True, **display), look)

    return make


def test_side_by_side_every_run_has_its_layers_and_its_factor(different, text_of):
    lines = text_of(PROFILE.draw(different(), 119, 8))
    assert re.match(r"A .*per layer", lines[0])
    assert "B " in lines[0][60:]
    assert [line[:1] for line in lines[1:6]] == list("12345")
    assert [line[61:62] for line in lines[1:6]] == list("12345")


def test_a_layer_that_a_run_does_not_have_is_said_to_be_missing(different, text_of):
    lines = text_of(PROFILE.draw(different(), 119, 8))
    assert all("no such layer" in line[:58] for line in lines[4:6])
    assert not any("no such layer" in line[58:] for line in lines)


def test_in_one_picture_the_runs_of_a_layer_stand_under_one_another(different, text_of):
    lines = text_of(PROFILE.draw(different(overlaid=True), 70, 20))
    assert lines[0].startswith("A ")
    assert lines[1].startswith("B ")
    rows = [line for line in lines[2:] if line]
    assert [row[:3] for row in rows[:4]] == ["1 A", "  B", "2 A", "  B"]


def test_the_same_norm_is_the_same_bar_in_every_run(compared, text_of):
    view = compared("constant", "constant", overlaid=True)
    lines = text_of(PROFILE.draw(view, 70, 10))
    bars = {line.count(view.glyphs.bar[-1]) for line in lines if "2.5e+00" in line}
    assert len(bars) == 1
    assert bars != {0}


def test_four_runs_in_a_few_rows_show_the_first_and_the_last_layer(compared, text_of):
    lines = text_of(PROFILE.draw(compared(*["learning"] * 4, overlaid=True), 76, 7))
    assert re.match(r"1 A .* 4 A ", lines[0])
    assert [re.findall(r"\b[A-D]\b", line) for line in lines[:4]] == [[x, x] for x in "ABCD"]


def test_the_weight_gradient_is_shown_instead_when_asked_for(compared):
    assert "error signal" in PROFILE.title(compared("learning", "learning"))
    assert "W gradient" in PROFILE.title(compared("learning", "learning", signal=False))
