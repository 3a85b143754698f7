"""What every panel of a comparison promises, over all of them, all histories and all sizes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rich.cells import cell_len

from backscope.tui.compare.panels import COMPARISON_PANELS
from backscope.tui.glyphs import GLYPHS
from backscope.tui.observer import Look
from backscope.tui.palette import palette_for
from backscope.tui.panels.held import Held

SIZES = [
    (0, 0), (0, 5), (5, 0), (1, 1), (3, 12), (7, 3), (12, 1), (20, 6), (40, 10), (78, 1),
    (78, 3), (78, 7), (118, 12), (200, 60),
]  # fmt: skip
HISTORIES = ("empty", "one point", "all NaN", "infinities", "1e308", "1e-320", "diverged")
PALETTES = [
    palette_for("backscope-dark", "truecolor"),
    palette_for("backscope-light", "standard"),
    palette_for("backscope-dark", None),
]


def check(strips, width, height):
    assert len(strips) == height
    for strip in strips:
        assert strip.cell_length == width
        assert sum(cell_len(segment.text) for segment in strip) == width
        assert all(segment.style is not None for segment in strip)
        assert all(char.isprintable() for segment in strip for char in segment.text)


@pytest.mark.parametrize("name", COMPARISON_PANELS)
@pytest.mark.parametrize("overlaid", [False, True])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_panel_fills_every_size_exactly_whatever_the_histories(name, overlaid, count, compared):
    for first in HISTORIES:
        others = ("learning", "diverged", "empty")[: count - 1]
        view = compared(first, *others, overlaid=overlaid, cure="ReLU" * (count == 2))
        for width, height in SIZES:
            check(COMPARISON_PANELS[name].draw(view, width, height), width, height)


@pytest.mark.parametrize("name", COMPARISON_PANELS)
@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_a_panel_can_be_drawn_however_a_person_wants_to_see_it(name, palette, compared):
    for glyphs in GLYPHS.values():
        for display in (
            {"logarithmic": True, "overlaid": True, "chosen": 1},
            {"signal": False, "overlaid": False},
        ):
            view = compared("learning", "diverged", look=Look(palette, glyphs), **display)
            check(COMPARISON_PANELS[name].draw(view, 78, 9), 78, 9)


@pytest.mark.parametrize("name", COMPARISON_PANELS)
@pytest.mark.parametrize("overlaid", [False, True])
def test_only_ascii_is_written_where_only_ascii_may_be(name, overlaid, compared, text_of):
    look = Look(PALETTES[0], GLYPHS["ascii"])
    view = compared("learning", "diverged", "all NaN", look=look, overlaid=overlaid)
    assert all(line.isascii() for line in text_of(COMPARISON_PANELS[name].draw(view, 100, 12)))


@pytest.mark.parametrize("name", COMPARISON_PANELS)
@pytest.mark.parametrize("overlaid", [False, True])
def test_without_color_every_run_is_still_told_apart_by_its_letter(
    name, overlaid, compared, text_of
):
    look = Look(palette_for("backscope-dark", None), GLYPHS["braille"])
    view = compared(*["learning"] * 4, look=look, overlaid=overlaid)
    strips = COMPARISON_PANELS[name].draw(view, 160, 14)
    assert all(letter in "\n".join(text_of(strips)) for letter in "ABCD")
    assert all(segment.style.color is None for strip in strips for segment in strip)


@pytest.mark.parametrize("name", COMPARISON_PANELS)
@pytest.mark.parametrize("overlaid", [False, True])
def test_rows_that_look_as_before_are_the_same_strips(name, overlaid, compared):
    view, held = compared("learning", "diverged", overlaid=overlaid), Held()
    frames = [COMPARISON_PANELS[name].draw(view, 118, 12, held) for _ in range(3)]
    for before, after in pairwise(frames):
        assert all(a is b for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", COMPARISON_PANELS)
def test_a_lone_view_is_a_comparison_of_one(name, compared):
    view = compared("learning", "diverged").runs[0]
    check(COMPARISON_PANELS[name].draw(view, 60, 10), 60, 10)
    assert COMPARISON_PANELS[name].title(view)


def test_before_the_first_step_the_panels_of_measurements_say_so(compared, text_of):
    for overlaid in (False, True):
        view = compared("empty", "empty", overlaid=overlaid)
        for panel in COMPARISON_PANELS.values():
            assert "waiting for the first step" in "\n".join(text_of(panel.draw(view, 118, 12)))


def test_the_table_is_keyed_by_the_names_of_the_instruments():
    assert [panel.name for panel in COMPARISON_PANELS.values()] == list(COMPARISON_PANELS)
