"""What every panel promises, over all of them, all canned histories and all sizes."""

import numpy as np
import pytest
from rich.cells import cell_len

from backscope.core.findings import Finding, Severity
from backscope.core.record import Event, RunState
from backscope.tui.glyphs import GLYPHS
from backscope.tui.palette import palette_for
from backscope.tui.panels import PANELS
from backscope.tui.view import Span

SIZES = [
    (0, 0), (0, 5), (5, 0), (1, 1), (2, 2), (3, 12), (7, 3), (12, 1), (19, 5), (20, 6), (21, 7),
    (40, 10), (60, 15), (78, 1), (78, 2), (78, 20), (100, 30), (200, 60),
]  # fmt: skip
HOSTILE_TEXT = "[/] [@click=app.quit]x[/] \x1b[31mred\x1b]0;t\x07 \u202e\u200b \x9b5n 日本語 é\n2"
PALETTES = [
    palette_for("backscope-dark", "truecolor"),
    palette_for("backscope-light", "standard"),
    palette_for("backscope-dark", "standard"),
    palette_for("backscope-dark", None),
]


def check(strips, width, height):
    """Exactly ``height`` strips of ``width`` cells, each segment styled and harmless."""
    assert len(strips) == height
    for strip in strips:
        assert strip.cell_length == width
        assert sum(cell_len(segment.text) for segment in strip) == width
        assert all(segment.style is not None for segment in strip)
        assert all(char.isprintable() for segment in strip for char in segment.text)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_fills_every_size_exactly_whatever_the_history(name, history, view_of):
    view = view_of(history)
    for width, height in SIZES:
        check(PANELS[name].draw(view, width, height), width, height)


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_a_panel_can_be_drawn_however_a_person_wants_to_see_it(name, palette, history, view_of):
    ways = [
        {"logarithmic": True, "signal": True, "cursor": 1},
        {"heatmap": True, "cursor": 10_000_000},
        {"heatmap": True, "signal": True, "span": Span.ZOOM, "start": 3, "stop": 11},
        {"logarithmic": True, "span": Span.RECENT, "start": 50, "stop": 50, "frozen": True},
        {"cursor": -5, "start": -10, "stop": 5, "facts": None},
    ]
    for number, way in enumerate(ways):
        for glyphs in GLYPHS.values():
            view = view_of(history, palette=palette, glyphs=glyphs, **way)
            width, height = [(78, 20), (33, 9)][number % 2]
            check(PANELS[name].draw(view, width, height), width, height)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_draws_the_same_twice(name, history, view_of):
    view = view_of(history)
    assert PANELS[name].draw(view, 60, 15) == PANELS[name].draw(view, 60, 15)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_that_holds_its_ranges_still_fills_every_size(name, view_of):
    from backscope.tui.panels.held import Held

    held = Held()
    for history in ("empty", "one point", "healthy", "1e308", "all NaN", "hundred layers"):
        for width, height in SIZES:
            check(PANELS[name].draw(view_of(history), width, height, held), width, height)


@pytest.mark.parametrize("name", PANELS)
def test_only_ascii_is_written_where_only_ascii_may_be(name, history, view_of, screen_text):
    view = view_of(history, glyphs=GLYPHS["ascii"], command_line="backscope run d\u00e9j\u00e0-vu…")
    assert screen_text(PANELS[name].draw(view, 78, 20)).isascii()


@pytest.mark.parametrize("name", PANELS)
def test_text_from_outside_is_shown_as_text(name, view_of):
    view = view_of(
        "broken at once",
        state=RunState.FAILED,
        status={"error": f"Traceback\nValueError: {HOSTILE_TEXT}"},
        command_line=f"backscope run '{HOSTILE_TEXT}'",
        findings=(
            Finding(HOSTILE_TEXT, Severity.ERROR, 1, (1, 2), {HOSTILE_TEXT: 1.0}, "[/]" * 40),
        ),
    )
    snapshot = view.snapshot
    events = (Event(1, HOSTILE_TEXT, HOSTILE_TEXT),)
    layers = snapshot.layout.layers
    object.__setattr__(snapshot, "events", events)
    for layer in layers:
        object.__setattr__(layer, "activation", HOSTILE_TEXT)
    try:
        for width, height in SIZES:
            check(PANELS[name].draw(view, width, height), width, height)
    finally:
        for layer in layers:
            object.__setattr__(layer, "activation", "relu")


@pytest.mark.parametrize("name", PANELS)
def test_before_the_first_step_every_panel_of_measurements_says_so(name, view_of, screen_text):
    text = screen_text(PANELS[name].draw(view_of("empty"), 60, 15))
    assert ("waiting for the first step" in text) == (name != "status")


@pytest.mark.parametrize("name", PANELS)
def test_a_time_axis_lies_inside_the_drawing_and_knows_its_steps(name, view_of):
    view = view_of("healthy")
    for width, height in SIZES:
        axis = PANELS[name].axis(view, width, height)
        if axis is None:
            continue
        assert 0 <= axis.first < axis.first + axis.columns <= width
        steps = [axis.step_at(column) for column in range(axis.first, axis.first + axis.columns)]
        assert steps == sorted(steps)
        assert view.start <= steps[0]
        assert steps[-1] < view.stop
        assert axis.step_at(axis.first - 1) is None
        assert axis.step_at(axis.first + axis.columns) is None


@pytest.mark.parametrize("name", ["loss", "gradient_norms"])
def test_the_cursor_stands_in_the_column_that_was_pointed_at(name, view_of):
    view = view_of("empty")
    axis = PANELS[name].axis(view, 60, 15)
    for column in range(axis.first, axis.first + axis.columns):
        step = axis.step_at(column)
        strips = PANELS[name].draw(view_of("empty", cursor=step), 60, 15)
        cursor = view.glyphs.cursor
        assert any(strip.text[column] == cursor for strip in strips), (column, step)


def test_no_panel_relies_on_color_alone(view_of, screen_text):
    """Without colour the broken run is still told in words and by a glyph."""
    plain = palette_for("backscope-dark", None)
    view = view_of("exploding", palette=plain)
    for name in ("loss", "findings"):
        text = screen_text(PANELS[name].draw(view, 60, 15))
        assert view.glyphs.bad in text
        assert "NaN or inf from step 3: layer 4 z" in text
    for panel in PANELS.values():
        for strip in panel.draw(view, 60, 15):
            for segment in strip:
                assert segment.style.color is None
                assert segment.style.bgcolor is None


def test_the_table_is_keyed_by_the_names_of_the_instruments():
    assert [instrument.name for instrument in PANELS.values()] == list(PANELS)
    assert len(set(map(id, PANELS.values()))) == len(PANELS)


def test_the_canned_histories_hold_what_they_are_called(view_of):
    assert view_of("empty").snapshot.count == 0
    assert np.isnan(view_of("all NaN").snapshot.latest("loss"))
    assert view_of("1e-320").snapshot.latest("loss") == 1e-320
    assert view_of("exploding").moment == 2
