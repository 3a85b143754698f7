"""The dashboard through Textual's pilot, on a source that is stepped by hand."""

from __future__ import annotations

import threading
import time
from importlib.resources import files

import pytest
from textual._compositor import LayoutUpdate
from textual.widgets import Static

from backscope.core.errors import InputError
from backscope.core.record import RunState
from backscope.tui.app import BackscopeApp
from backscope.tui.arrangement import Arrangement, arrange
from backscope.tui.key_line import KeyLine
from backscope.tui.log_pane import LogPane
from backscope.tui.panels import PANELS, Panel
from backscope.tui.view import Span

SIZES = [(1, 1), (40, 10), (60, 16), (80, 24), (120, 40), (200, 60)]


async def opened(pilot):
    """Wait until the run is on the screen."""
    dashboard = pilot.app.screen
    await until(pilot, lambda: dashboard.source is not None)
    return dashboard


async def until(pilot, condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


def app_with(source, **options):
    return BackscopeApp(
        source.experiment, source_factory=lambda *args, **settings: source, **options
    )


def visible(dashboard):
    return [
        p.id for p in dashboard.query(Panel) if p.display and p.region.area and p.parent.display
    ]


def text_of(widget):
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def notes(app):
    return [note.message for note in app._notifications]


@pytest.mark.parametrize("size", SIZES)
async def test_every_history_is_drawn_at_every_size(source_of, canned_name, size):
    source = source_of(canned_name)
    app = app_with(source)
    async with app.run_test(size=size) as pilot:
        dashboard = await opened(pilot)
        for panel in visible(dashboard):
            widget = dashboard.query_one(f"#{panel}")
            assert [len(widget.render_line(y).text) for y in range(widget.size.height)]
    assert app.return_code in (0, None)


@pytest.mark.parametrize("size", SIZES[2:])
async def test_panels_fill_the_screen_without_overlap_and_loss_is_top_left(source, size):
    async with app_with(source).run_test(size=size) as pilot:
        dashboard = await opened(pilot)
        regions = {name: dashboard.query_one(f"#{name}").region for name in visible(dashboard)}
        expected = set(PANELS) - ({"dead_relus"} if arrange(*size) is Arrangement.SMALL else set())
        assert set(regions) == expected
        names = list(regions)
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                assert not regions[a].overlaps(regions[b]), (a, b)
        key_line = dashboard.query_one(KeyLine).region
        assert sum(region.area for region in regions.values()) + key_line.area == size[0] * size[1]
        others = [region for name, region in regions.items() if name not in ("status", "loss")]
        assert all((regions["loss"].y, regions["loss"].x) <= (r.y, r.x) for r in others)


async def test_too_small_a_terminal_says_so_and_everything_returns_when_enlarged(source):
    async with app_with(source).run_test(size=(40, 10)) as pilot:
        dashboard = await opened(pilot)
        notice = dashboard.query_one("#notice", Static)
        assert notice.display
        assert visible(dashboard) == []
        assert str(notice.content) == "Backscope needs 60 x 16; this terminal is 40 x 10"
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert not notice.display
        assert set(visible(dashboard)) == set(PANELS)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "dead_relus" not in visible(dashboard)


async def test_something_is_said_before_there_is_a_run(experiment):
    def never(*args, **settings):
        raise RuntimeError("no source")

    app = BackscopeApp(None, source_factory=never)
    dashboard = app._dashboard
    async with app.run_test(size=(80, 24)) as pilot:
        dashboard.prepare(experiment)
        app.push_screen(dashboard)
        await pilot.pause()
        words = text_of(dashboard.query_one("#status")).strip()
        assert words == "Preparing canned [/] [@click=app.quit]"


async def test_the_first_paint_has_the_frames_of_the_layout_and_says_what_is_prepared(experiment):
    release = threading.Event()

    def slow(*args, **settings):
        release.wait(30)
        raise InputError("no")

    painted = []

    class Watched(BackscopeApp):
        CSS_PATH = str(files("backscope.tui") / "backscope.tcss")

        def _display(self, screen, renderable):
            if isinstance(renderable, LayoutUpdate):  # all of the screen
                painted.append([strip.text for strip in screen._compositor.render_strips()])
            super()._display(screen, renderable)

    app = Watched(experiment, source_factory=slow)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        first = "\n".join(painted[0])
        assert "Preparing canned [/] [@click=app.quit]" in first
        assert set(visible(pilot.app.screen)) == set(PANELS) - {"dead_relus"}
        assert "─ loss ─" in first
        assert "─ W gradient norms, log ─" in first
        assert len(painted) == 1
        release.set()


async def test_a_run_is_shown_where_its_frames_stand_already(source):
    async with app_with(source).run_test(size=(80, 24)) as pilot:
        dashboard = await opened(pilot)
        before = [(panel.id, panel.region) for panel in dashboard.query(Panel)]
        dashboard.prepare(source.experiment)
        await pilot.pause()
        assert [(panel.id, panel.region) for panel in dashboard.query(Panel)] == before
        assert "Preparing" in text_of(dashboard.query_one("#status"))
        assert text_of(dashboard.query_one("#loss")).strip() == ""
        dashboard.attach(source)
        await pilot.pause()
        assert "Preparing" not in text_of(dashboard.query_one("#status"))
        assert text_of(dashboard.query_one("#loss")).strip() != ""


async def test_freezing_holds_the_display_while_the_run_goes_on(source):
    async with app_with(source).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await pilot.press("f")
        loss = text_of(dashboard.query_one("#loss"))
        source.record(50, 1.0)
        dashboard.draw()
        await pilot.pause()
        assert text_of(dashboard.query_one("#loss")) == loss
        assert "350" in text_of(dashboard.query_one("#status"))
        assert "f unfreeze" in text_of(dashboard.query_one(KeyLine))
        await pilot.press("f")
        await pilot.pause()
        assert text_of(dashboard.query_one("#loss")) != loss


async def test_nothing_is_repainted_when_nothing_changed(source):
    source.pause()
    async with app_with(source).run_test(size=(80, 24)) as pilot:
        dashboard = await opened(pilot)
        await pilot.pause()
        painted = []
        for panel in dashboard.query(Panel):
            panel.refresh = lambda *regions, **options: painted.append(regions)
        for _ in range(5):
            dashboard.draw()
        await pilot.pause(0.3)
        assert painted == []


async def test_the_cursor_moves_in_time_and_lets_go(source):
    async with app_with(source).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await pilot.press("left", "left")
        assert dashboard.wanted.time.cursor == 298
        await pilot.press("shift+left")
        assert dashboard.wanted.time.cursor == 268
        await pilot.press("home")
        assert dashboard.wanted.time.cursor == 1
        await pilot.press("right", "shift+right")
        assert dashboard.wanted.time.cursor == 32
        await pilot.press("end")
        assert dashboard.wanted.time.cursor is None


async def test_the_ranges_follow_each_other_and_zooming_halves_them(source):
    async with app_with(source).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        seen = []
        for _ in range(3):
            await pilot.press("v")
            seen.append(dashboard.wanted.time.span)
        assert seen == [Span.RECENT, Span.ZOOM, Span.FULL]
        await pilot.press("z")
        time = dashboard.wanted.time
        assert (time.span, time.stop - time.start) == (Span.ZOOM, 200)
        await pilot.press("right_square_bracket")
        assert dashboard.wanted.time.stop - dashboard.wanted.time.start == 100
        await pilot.press("x", "left_square_bracket")
        assert dashboard.wanted.time.span is Span.FULL


async def test_pointing_at_a_chart_puts_the_cursor_there_and_the_wheel_zooms(source):
    async with app_with(source).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await pilot.click("#loss", offset=(25, 4))
        cursor = dashboard.wanted.time.cursor
        assert cursor is not None
        assert 1 <= cursor <= 300
        loss = dashboard.query_one("#loss", Panel)
        loss.post_message(Panel.Zoomed(100, closer=True))
        await pilot.pause()
        time = dashboard.wanted.time
        assert time.start <= 100 < time.stop
        assert time.stop - time.start == 200


@pytest.mark.parametrize(("key", "switch"), [("h", "heatmap"), ("e", "signal")])
async def test_switches_turn_on_and_off(source, key, switch):
    async with app_with(source).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        before = getattr(dashboard.wanted, switch)
        await pilot.press(key)
        assert getattr(dashboard.wanted, switch) is not before
        await pilot.press(key)
        assert getattr(dashboard.wanted, switch) is before


async def test_the_loss_axis_is_switched_from_how_it_is_shown(source):
    source.record(value=1e9)
    async with app_with(source).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        assert dashboard.wanted.logarithmic is None, "left to the loss, which asks for a log axis"
        await pilot.press("l")
        assert dashboard.wanted.logarithmic is False
        await pilot.press("l")
        assert dashboard.wanted.logarithmic is True


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("number", range(1, 7))
async def test_a_digit_shows_one_panel_alone_and_escape_all(source, number, size):
    async with app_with(source).run_test(size=size) as pilot:
        dashboard = await opened(pilot)
        everything = visible(dashboard)
        await pilot.press(str(number))
        await pilot.pause()
        name = list(PANELS)[number - 1]
        assert set(visible(dashboard)) == {"status", name}
        alone = dashboard.query_one(f"#{name}")
        assert alone.region.width == size[0]
        assert alone.region.height >= size[1] - 6
        await pilot.press("escape")
        await pilot.pause()
        assert visible(dashboard) == everything


async def test_m_maximizes_the_focused_panel(source):
    async with app_with(source).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await pilot.press("m")
        assert dashboard.alone.id == "loss"
        await pilot.press("m")
        assert dashboard.alone is None
        dashboard.query_one("#findings").focus()
        await pilot.press("m")
        assert dashboard.alone.id == "findings"


async def test_escape_undoes_one_thing_at_a_time(source):
    async with app_with(source).run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await pilot.press("o", "left", "1")
        await pilot.press("escape")
        assert dashboard.alone is None
        assert dashboard.wanted.time.cursor == 299
        await pilot.press("escape")
        assert dashboard.wanted.time.cursor is None
        assert dashboard.query_one(LogPane).display
        await pilot.press("escape")
        assert not dashboard.query_one(LogPane).display


async def test_the_log_pane_shows_what_was_printed_as_text(source):
    app = app_with(source)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        app.captured.write("hello [/] [bold]\x1b[31mred\n")
        app.captured.write("RuntimeWarning: careful\n", error=True)
        dashboard.draw()
        assert dashboard.query_one(LogPane).unread
        await pilot.press("o")
        await pilot.pause()
        lines = text_of(dashboard.query_one(LogPane))
        assert "hello [/] [bold]^[[31mred" in lines
        assert "RuntimeWarning: careful" in lines
        assert not dashboard.query_one(LogPane).unread
        app.captured.write("more\n")
        dashboard.draw()
        await pilot.pause()
        assert "more" in text_of(dashboard.query_one(LogPane))


async def test_a_failed_run_stays_on_the_screen_and_its_traceback_is_in_the_log(source):
    source.state = RunState.FAILED
    source.error = "Traceback (most recent call last):\nValueError: [/] broken"
    app = app_with(source)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await opened(pilot)
        await pilot.pause()
        assert "failed" in text_of(dashboard.query_one("#status"))
        assert notes(app) == ["Training failed: ValueError: [/] broken; o shows where"]
        await pilot.press("o")
        await pilot.pause()
        assert "ValueError: [/] broken" in text_of(dashboard.query_one(LogPane))
