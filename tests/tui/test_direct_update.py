"""Painting past the compositor: the same cells, and only where nothing covers them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import Monochrome
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.widgets import Static

from backscope.tui.canvas import Cells
from backscope.tui.direct_update import Brush, Painter, PatchUpdate, cells, cut, uncovered
from backscope.tui.glyphs import BRAILLE
from backscope.tui.observer import Display, Look, Observer
from backscope.tui.palette import palette_for
from backscope.tui.panels import PANELS, Panel
from backscope.tui.panels.changed_cells import changed_cells
from backscope.tui.panels.panel import Span

pyte = pytest.importorskip("pyte")
CONSOLE = Console(color_system="truecolor", force_terminal=True)
WIDTH = 24
STYLES = [
    Style(color="#102030", bgcolor="#405060"),
    Style(color="#ffeedd", bgcolor="#000000", bold=True),
    Style(color="#ffeedd"),
    Style(reverse=True, underline=True),
]
BRUSH = Brush(Style(bgcolor="#010203"), (), Color(1, 2, 3), ColorSystem.TRUECOLOR)
ROWS = st.lists(st.tuples(st.text("ab─⣿", min_size=1, max_size=9), st.sampled_from(STYLES)))


def strip(parts):
    return Strip([Segment(*part) for part in parts]).adjust_cell_length(WIDTH, STYLES[0])


def shown(*sent):
    """Every cell of a terminal of one row after these sequences."""
    screen = pyte.Screen(WIDTH, 1)
    stream = pyte.Stream(screen)
    for text in sent:
        stream.feed(text)
    return [screen.buffer[0][x] for x in range(WIDTH)]


def whole(row):
    return f"\x1b[1;1H{row.apply_style(Style(bgcolor='#010203')).render(CONSOLE)}"


@given(ROWS, ROWS)
def test_patches_turn_one_row_into_the_next(before, now):
    old, new = strip(before), strip(now)
    spans = [Span(0, *span) for span in changed_cells(old, new)]
    update = PatchUpdate(cut([new], spans, Offset(0, 0), BRUSH))
    assert shown(whole(old), update.render_segments(CONSOLE)) == shown(whole(new))


@given(st.text("ab日", max_size=9), st.integers(0, 20), st.integers(0, 20))
def test_the_cells_of_a_stretch_are_those_of_a_crop(text, one, other):
    row = Strip([Segment(text, STYLES[0]), Segment("xyz", STYLES[1])])
    left, right = sorted((min(one, row.cell_length), min(other, row.cell_length)))
    found = "".join(segment.text for segment in cells(row, left, right))
    assert found == row.crop(left, right).text
    kind = Cells if "日" not in text else Strip
    found = "".join(segment.text for segment in cells(kind(row, row.cell_length), left, right))
    assert found == row.crop(left, right).text


def test_what_the_app_does_to_every_style_is_done_here_too():
    plain = Brush(Style(), [Monochrome()], Color(0, 0, 0), ColorSystem.TRUECOLOR)
    color = plain.finished(Style(color="#ff0000"))[0].color
    assert color.triplet.red == color.triplet.green == color.triplet.blue


@pytest.fixture
def views(source):
    look = Look(palette_for("backscope-dark", "truecolor"), BRAILLE)
    observer = Observer(source)
    made = []
    for value in (1.0, 0.5):
        source.record(5, value)
        made.append(observer.look(Display(), look))
    return made


class Stage(App):
    """A panel, and something that may lie on it."""

    CSS = "#cover { layer: top; width: 3; height: 3; } Screen { layers: default top; }"

    def compose(self):
        yield Panel(PANELS["gradient_profile"])
        if self.covered:
            yield Static("!", id="cover")

    covered = False


async def test_a_panel_that_nothing_covers_is_painted_past_the_compositor(views, monkeypatch):
    app = Stage()
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        panel = app.query_one(Panel)
        painter = Painter(app.screen)
        painter.paint([panel], views[0])
        await pilot.pause()
        visible = app.screen._compositor.visible_widgets
        assert uncovered(visible, panel) == panel.content_region.offset
        monkeypatch.setattr(type(app), "is_headless", False)
        sent, asked = [], []
        monkeypatch.setattr(app, "_display", lambda screen, update: sent.append(update))
        monkeypatch.setattr(panel, "refresh", lambda *regions, **_: asked.append(regions))
        before = panel.strips
        painter.paint([panel], views[1])
        assert not asked
        assert "5.0e-01" in sent[0].render_segments(CONSOLE)
        monkeypatch.undo()
        rows = panel.render_lines(Region(0, 0, *panel.outer_size))
        assert [row.text[1:-1] for row in rows[1:-1]] == [row.text for row in panel.strips]
        assert before != panel.strips, "the compositor has the new rows"


@pytest.mark.parametrize("reason", ["covered", "batch", "headless"])
async def test_otherwise_the_compositor_is_asked(views, monkeypatch, reason):
    app = Stage()
    app.covered = reason == "covered"
    async with app.run_test(size=(70, 20)) as pilot:
        await pilot.pause()
        panel = app.query_one(Panel)
        asked = []
        with monkeypatch.context() as patched:
            patched.setattr(type(app), "is_headless", reason == "headless")
            patched.setattr(panel, "refresh", lambda *regions, **_: asked.append(regions))
            app._batch_count += reason == "batch"
            Painter(app.screen).paint([panel], views[0])
            app._batch_count -= reason == "batch"
        assert asked
