"""The panel widget: what it repaints, what it makes of the mouse, what its border says."""

from dataclasses import replace

import pytest
from textual.app import App
from textual.geometry import Region

from backscope.tui.panels import PANELS, Instrument, Panel, TimeAxis
from backscope.tui.panels.rows import row


class Stage(App):
    """One panel and what it posted."""

    def __init__(self, *instruments):
        super().__init__()
        self.instruments = instruments
        self.posted = []

    def compose(self):
        for instrument in self.instruments:
            yield Panel(instrument)

    def on_panel_cursor_moved(self, message):
        self.posted.append(("cursor", message.step))

    def on_panel_zoomed(self, message):
        self.posted.append(("closer" if message.closer else "further", message.step))


def listing(lines):
    """An instrument that shows these lines; the list may be changed between two views."""

    def draw(view, width, height, held=None):
        return [row(view, [(text, view.palette.text)], width) for text in lines[:height]] + [
            row(view, [], width) for _ in range(height - len(lines))
        ]

    return Instrument("listing", lambda view: "listing", draw)


def regions_of(panel, monkeypatch):
    """What the panel asks to repaint from now on; an empty tuple is all of it."""
    asked = []
    refresh = panel.refresh

    def recording(*regions, **options):
        asked.append(regions)
        return refresh(*regions, **options)

    monkeypatch.setattr(panel, "refresh", recording)
    return asked


async def test_a_panel_shows_what_its_instrument_draws(view_of):
    app = Stage(PANELS["gradient_profile"])
    async with app.run_test(size=(70, 20)) as pilot:
        panel = app.query_one(Panel)
        panel.show(view_of("vanishing"))
        await pilot.pause()
        width, height = panel.size
        expected = PANELS["gradient_profile"].draw(view_of("vanishing"), width, height)
        assert [panel.render_line(y).text for y in range(height)] == [s.text for s in expected]


async def test_only_the_rows_that_changed_are_repainted(view_of, monkeypatch):
    lines = ["zero", "one", "two", "three"]
    app = Stage(listing(lines))
    async with app.run_test(size=(30, 8)) as pilot:
        panel = app.query_one(Panel)
        panel.show(view_of("empty"))
        await pilot.pause()
        asked = regions_of(panel, monkeypatch)
        lines[1], lines[3] = "ONE", "THREE"
        panel.show(view_of("empty"))
        assert [region.y for region in asked[0]] == [1, 3]
        assert all(Region(0, 0, *panel.size).contains_region(region) for region in asked[0])
        await pilot.pause()
        assert panel.render_line(3).text.startswith("THREE")
        panel.show(view_of("empty"))
        assert len(asked) == 1


async def test_a_step_of_training_repaints_one_row_of_the_status(view_of, monkeypatch):
    app = Stage(PANELS["status"])
    async with app.run_test(size=(80, 8)) as pilot:
        panel = app.query_one(Panel)
        view = view_of("vanishing")
        panel.show(view)
        await pilot.pause()
        asked = regions_of(panel, monkeypatch)
        panel.show(replace(view, status=replace(view.status, step=201)))
        assert [region.y for regions in asked for region in regions] == [0]


async def test_a_resized_panel_is_drawn_for_its_new_size(view_of):
    app = Stage(PANELS["loss"])
    async with app.run_test(size=(70, 20)) as pilot:
        panel = app.query_one(Panel)
        panel.show(view_of("healthy"))
        for size in ((40, 12), (1, 1), (120, 40), (3, 2)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            width, height = panel.size
            texts = [panel.render_line(y).text for y in range(height)]
            expected = PANELS["loss"].draw(view_of("healthy"), width, height)
            assert texts == [strip.text for strip in expected]


async def test_a_panel_without_a_view_is_blank(view_of):
    app = Stage(PANELS["loss"])
    async with app.run_test(size=(30, 8)):
        panel = app.query_one(Panel)
        assert panel.render_line(0).text.strip() == ""


async def test_a_panel_that_waits_says_so_under_its_title_until_there_is_a_view(view_of):
    app = Stage(PANELS["dead_relus"])
    async with app.run_test(size=(30, 8)) as pilot:
        panel = app.query_one(Panel)
        assert str(panel.border_title) == "dead ReLUs"
        panel.wait("soon \x1b[31m")
        await pilot.pause()
        assert panel.render_line(0).text.strip() == "soon ^[[31m"
        assert panel.view is None
        panel.show(replace(view_of("dying"), cursor=5))
        assert "soon" not in panel.render_line(0).text
        assert str(panel.border_title) == "dead ReLUs at step 5"
        panel.wait()
        assert [panel.render_line(y).text.strip() for y in range(6)] == [""] * 6
        assert str(panel.border_title) == "dead ReLUs"


async def test_titles_are_text_and_never_markup(view_of):
    hostile = "[/] [@click=app.quit]x[/] \x1b[31m"
    app = Stage(replace(listing([]), title=lambda view: hostile))
    async with app.run_test(size=(60, 8)) as pilot:
        panel = app.query_one(Panel)
        panel.show(view_of("empty"))
        await pilot.pause()
        assert panel._border_title.plain == "[/] [@click=app.quit]x[/] ^[[31m"
        assert not panel._border_title.spans


async def test_an_unchanged_title_does_not_repaint_the_border(view_of, monkeypatch):
    app = Stage(PANELS["loss"])
    async with app.run_test(size=(60, 12)) as pilot:
        panel = app.query_one(Panel)
        panel.show(view_of("healthy"))
        await pilot.pause()
        asked = regions_of(panel, monkeypatch)
        panel.show(view_of("healthy", cursor=None))
        assert () not in asked
        panel.show(view_of("healthy", cursor=3))
        assert () in asked


async def test_a_hidden_panel_is_not_drawn_and_catches_up_when_it_is_shown(view_of):
    calls = []
    loss = PANELS["loss"]

    def draw(view, width, height, held=None):
        calls.append(view)
        return loss.draw(view, width, height, held)

    app = Stage(replace(loss, draw=draw))
    async with app.run_test(size=(60, 12)) as pilot:
        panel = app.query_one(Panel)
        panel.show(view_of("healthy"))
        panel.display = False
        await pilot.pause()
        calls.clear()
        panel.show(view_of("healthy", cursor=9))
        assert calls == []
        panel.display = True
        await pilot.pause()
        assert calls[-1].cursor == 9


async def test_the_mouse_moves_the_cursor_and_zooms_where_it_points(view_of):
    app = Stage(PANELS["loss"])
    async with app.run_test(size=(62, 17)) as pilot:
        panel = app.query_one(Panel)
        view = view_of("healthy")
        panel.show(view)
        await pilot.pause()
        axis = PANELS["loss"].axis(view, *panel.size)
        column = axis.first + 10
        border = 1
        await pilot.mouse_down(panel, offset=(column + border, 5))
        await pilot.hover(panel, offset=(column + 4 + border, 5))
        await pilot.mouse_up(panel, offset=(column + 4 + border, 5))
        assert app.posted == [
            ("cursor", axis.step_at(column)),
            ("cursor", axis.step_at(column + 4)),
        ]
        await pilot.hover(panel, offset=(column + 8, 5))
        assert len(app.posted) == 2


async def test_the_mouse_means_nothing_beside_the_time_axis(view_of):
    app = Stage(PANELS["loss"], PANELS["findings"])
    async with app.run_test(size=(62, 40)) as pilot:
        for panel in app.query(Panel):
            panel.show(view_of("healthy"))
        await pilot.pause()
        await pilot.click("#loss", offset=(2, 5))
        await pilot.click("#findings", offset=(20, 5))
        assert app.posted == []


@pytest.mark.parametrize("closer", [True, False])
async def test_the_wheel_zooms(view_of, closer):
    from textual import events

    app = Stage(PANELS["loss"])
    async with app.run_test(size=(62, 17)) as pilot:
        panel = app.query_one(Panel)
        view = view_of("healthy")
        panel.show(view)
        await pilot.pause()
        kind = events.MouseScrollUp if closer else events.MouseScrollDown
        x, y = panel.region.x + 31, panel.region.y + 5
        panel.post_message(
            kind(
                widget=panel,
                x=31,
                y=5,
                delta_x=0,
                delta_y=0,
                button=0,
                shift=False,
                meta=False,
                ctrl=False,
                screen_x=x,
                screen_y=y,
            )
        )
        await pilot.pause()
        step = PANELS["loss"].axis(view, *panel.size).step_at(30)
        assert app.posted == [("closer" if closer else "further", step)]


async def test_a_panel_can_be_focused_and_maximized(view_of):
    app = Stage(PANELS["loss"], PANELS["status"])
    async with app.run_test(size=(62, 30)) as pilot:
        for panel in app.query(Panel):
            panel.show(view_of("healthy"))
        panel = app.query_one("#loss", Panel)
        panel.focus()
        small = panel.size
        app.screen.maximize(panel)
        await pilot.pause()
        assert panel.has_focus
        assert panel.size.height >= small.height
        texts = [panel.render_line(y).text for y in range(panel.size.height)]
        expected = PANELS["loss"].draw(view_of("healthy"), *panel.size)
        assert texts == [strip.text for strip in expected]


async def test_regions_that_were_painted_are_forgotten(view_of):
    app = Stage(PANELS["gradient_profile"])
    async with app.run_test(size=(70, 20)) as pilot:
        panel = app.query_one(Panel)
        panel.show(view_of("healthy"))
        for x in range(40):
            panel.refresh(Region(x, 1, 1, 1))
            await pilot.pause()
        assert len(panel._dirty_regions) <= 1


def test_a_time_axis_gives_the_step_in_the_middle_of_a_column():
    axis = TimeAxis(first=7, columns=10, start=1, stop=101)
    assert axis.step_at(7) == 6
    assert axis.step_at(16) == 96
    assert axis.step_at(6) is None
    assert axis.step_at(17) is None


def test_a_time_axis_with_more_columns_than_steps_reaches_every_step():
    axis = TimeAxis(first=0, columns=40, start=5, stop=9)
    assert [axis.step_at(column) for column in range(0, 40, 10)] == [5, 6, 7, 8]
    assert {axis.step_at(column) for column in range(40)} == {5, 6, 7, 8}


async def test_a_panel_is_drawn_once_for_a_view_and_a_size(view_of):
    sizes = []

    def draw(view, width, height, held=None):
        sizes.append((width, height))
        return [row(view, [(f"{width}", view.palette.text)], width)] * height

    app = Stage(Instrument("counted", lambda view: "counted", draw))
    async with app.run_test(size=(40, 10)) as pilot:
        panel = app.query_one(Panel)
        view = view_of("vanishing")
        panel.show(view)
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert sizes == [(38, 8), (48, 10)]
        assert panel.strips[0].text.startswith("48")
        panel.show(replace(view))
        assert len(sizes) == 3


async def test_a_panel_painted_in_a_new_size_shows_what_belongs_there(view_of):
    app = Stage(PANELS["loss"])
    async with app.run_test(size=(70, 20)):
        panel = app.query_one(Panel)
        panel.show(view_of("vanishing"))
        panel._size = panel._size.__class__(50, 15)  # as a layout sets it, before it tells
        strips = panel.render_lines(Region(0, 0, *panel.size))
        assert [strip.cell_length for strip in panel.strips] == [panel.size.width] * len(strips)
