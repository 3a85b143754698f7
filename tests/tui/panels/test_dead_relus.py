"""Dead and silent units: bars, counts, shares over time."""

import pytest

from backscope.core.findings import Finding, Severity
from backscope.tui.panels import PANELS

draw = PANELS["dead_relus"].draw
axis = PANELS["dead_relus"].axis


def counts(view):
    """Dead and silent units of the ReLU layers, the slow way: from the raw rows."""
    dead = silent = None
    for _, rows in view.snapshot.rows():
        for row in rows:
            columns = view.snapshot.layout.columns("dead")
            if (row[columns][:-1] >= 0).all():
                dead = row[columns][:-1]
            silent = row[view.snapshot.layout.columns("silent")][:-1]
    return dead, silent


def test_the_summary_adds_up_the_layers(view_of, screen_text):
    view = view_of("dying")
    dead, silent = counts(view)
    first = screen_text(draw(view, 78, 12)).splitlines()[0]
    assert first.startswith(f"{dead.sum():.0f} of 320 ReLU units dead (")
    assert first.endswith(f"{silent.sum():.0f} silent")


def test_every_relu_layer_has_its_counts_against_its_width(view_of, screen_text):
    view = view_of("dying")
    dead, silent = counts(view)
    lines = screen_text(draw(view, 78, 12)).splitlines()[2:7]
    for layer, line in enumerate(lines):
        assert line.startswith(str(layer + 1))
        assert f"dead {dead[layer]:2.0f}  silent {silent[layer]:2.0f} of 64" in line


def test_dead_and_silent_differ_in_glyph_and_the_words_say_which_is_which(view_of, screen_text):
    text = screen_text(draw(view_of("dying"), 78, 12))
    assert "█ dead: at zero on 256 fixed rows, counted as the budget allows" in text
    assert "░ silent: at zero on this batch" in text.replace("\n", " ")
    assert "█░" in text


@pytest.mark.parametrize("width", [60, 78, 100])
def test_the_bar_of_the_dead_is_as_long_as_their_share(view_of, width):
    view = view_of("dying")
    dead, _ = counts(view)
    bars = []
    for strip in draw(view, width, 20)[1:6]:
        texts = [segment.text for segment in strip if segment.style == view.palette.error]
        bars.append(len(texts[0]))
    longest = max(bars) / (dead.max() / 64)
    for bar, units in zip(bars, dead, strict=True):
        assert abs(bar - longest * units / 64) <= 1.01


def test_the_dead_of_the_past_are_shown_as_heat_that_grows(view_of, screen_text):
    line = screen_text(draw(view_of("dying"), 78, 9)).splitlines()[6]
    shades = line.split("of 64 ")[1]
    levels = [".░▒▓█".index(char) for char in shades.rstrip()]
    assert levels == sorted(levels)
    assert levels[0] == 0
    assert levels[-1] == 4


def test_a_tall_panel_has_a_chart_of_the_shares_instead(view_of, screen_text):
    view = view_of("dying")
    text = screen_text(draw(view, 78, 24))
    assert "% dead, layer by layer" in text
    assert "L5" in text
    assert axis(view, 78, 24).first < axis(view, 78, 9).first


def test_the_heat_row_has_the_time_axis_of_the_view(view_of):
    view = view_of("dying")
    where = axis(view, 78, 9)
    assert where.first + where.columns == 78
    assert (where.start, where.stop) == (1, 401)
    assert axis(view, 30, 9) is None


def test_the_cursor_shows_the_counts_of_its_step(view_of, screen_text):
    view = view_of("dying", cursor=1)
    assert "0 of 320 ReLU units dead" in screen_text(draw(view, 78, 12)).splitlines()[0]
    assert PANELS["dead_relus"].title(view) == "dead ReLUs at step 1"


def test_counts_that_no_layer_can_have_are_not_shown(view_of, screen_text):
    for history in ("1e308", "negative", "infinities", "all NaN"):
        assert "dead units not counted yet" in screen_text(draw(view_of(history), 78, 12))


def test_more_layers_than_rows_are_added_up(view_of, screen_text):
    text = screen_text(draw(view_of("hundred layers"), 78, 9))
    widths = [int(line.split(" of ")[1].split()[0]) for line in text.splitlines()[2:]]
    assert sum(widths) == 99 * 8


def test_the_summary_wears_the_color_of_the_finding(view_of):
    finding = Finding("dying_relu", Severity.ERROR, 1, (1,), {}, "")
    view = view_of("dying", findings=(finding,))
    assert next(iter(draw(view, 78, 12)[0])).style == view.palette.error
