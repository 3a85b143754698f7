"""The comparison through Textual's pilot, on sources that are stepped by hand."""

from __future__ import annotations

import pytest

from backscope.core.errors import InputError
from backscope.core.record import RunState
from backscope.tui.app import BackscopeApp
from backscope.tui.compare.comparison import Comparison
from backscope.tui.compare.observers import Naming
from backscope.tui.compare.screen import CompareScreen
from backscope.tui.dashboard import Dashboard
from backscope.tui.key_line import KeyLine
from backscope.tui.panels import Panel

SIZES = [(1, 1), (40, 10), (60, 16), (80, 24), (120, 40), (200, 60)]


@pytest.fixture
def app(experiment, runs):
    """An app that compares so many runs."""

    def make(count=2, **options):
        naming = Naming(tuple(f"run {number}" for number in range(count)))
        return BackscopeApp(beside=([experiment] * count, naming), runs_factory=runs, **options)

    return make


@pytest.fixture
def opened(until):
    async def wait(pilot):
        screen = pilot.app.screen
        assert isinstance(screen, CompareScreen)
        await until(pilot, lambda: screen.source is not None)
        await until(pilot, lambda: screen.query_one("#standings", Panel).view is not None)
        await pilot.pause()
        return screen

    return wait


def shown(screen) -> Comparison:
    return screen.query_one("#standings", Panel).view


def visible(screen):
    return [p.id for p in screen.query(Panel) if p.display and p.region.area and p.parent.display]


def notes(app):
    return [note.message for note in app._notifications]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("histories", [("diverged", "learning"), ("empty",) * 4, ("all NaN",) * 3])
async def test_every_history_is_drawn_at_every_size(app, runs, opened, size, histories, pilot_of):
    runs.histories = dict(enumerate(histories))
    async with pilot_of(app(len(histories)), size) as pilot:
        screen = pilot.app.screen
        if size[0] >= 60:
            await opened(pilot)
        for panel in screen.query(Panel):
            assert all(panel.render_line(y).cell_length for y in range(panel.size.height))


@pytest.mark.parametrize("count", [2, 3, 4])
async def test_small_screens_overlay_and_large_ones_have_columns_of_all_bands(
    app, opened, count, pilot_of
):
    async with pilot_of(app(count), (80, 24)) as pilot:
        screen = await opened(pilot)
        assert shown(screen).overlaid
        assert visible(screen) == ["standings", "loss", "profile"]
        assert screen.query_one("#standings").size.height == 1 + count
    async with pilot_of(app(count), (160, 48)) as pilot:
        screen = await opened(pilot)
        assert not shown(screen).overlaid
        assert visible(screen) == ["standings", "loss", "profile", "units", "findings"]
        regions = [screen.query_one(f"#{name}").region for name in visible(screen)]
        line = screen.query_one(KeyLine).region
        assert sum(region.area for region in regions) + line.area == 160 * 48


@pytest.mark.parametrize("count", [2, 3, 4])
async def test_a_small_screen_has_whole_layers_and_losses_get_the_rest(
    app, opened, count, pilot_of
):
    async with pilot_of(app(count), (80, 24)) as pilot:
        screen = await opened(pilot)
        profile = screen.query_one("#profile").size.height
        assert profile % count == 0
        assert screen.query_one("#loss").size.height >= profile
        await pilot.press("2")
        await pilot.pause()
        assert screen.query_one("#profile").region.height == 24 - 1 - (1 + count)
        await pilot.press("2")
        await pilot.resize_terminal(160, 48)
        await pilot.pause()
        assert screen.query_one("#profile").region.height > profile + 2


async def test_four_columns_of_a_middling_screen_would_be_too_narrow(app, opened, pilot_of):
    async with pilot_of(app(4), (120, 40)) as pilot:
        assert shown(await opened(pilot)).overlaid
    async with pilot_of(app(3), (120, 40)) as pilot:
        assert not shown(await opened(pilot)).overlaid


async def test_b_turns_columns_into_one_picture_and_back_at_any_size(app, opened, pilot_of):
    for size in ((80, 24), (120, 40)):
        async with pilot_of(app(), size) as pilot:
            screen = await opened(pilot)
            before = shown(screen).overlaid
            await pilot.press("b")
            assert shown(screen).overlaid is not before
            await pilot.press("b")
            assert shown(screen).overlaid is before


async def test_another_size_is_another_layout_unless_a_person_has_chosen(app, opened, pilot_of):
    async with pilot_of(app(), (120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert shown(screen).overlaid
        await pilot.press("b")
        await pilot.resize_terminal(120, 40)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert not shown(screen).overlaid


async def test_tab_chooses_and_the_chosen_one_has_its_rate_changed(app, runs, opened, pilot_of):
    async with pilot_of(app(3), (120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("tab", "plus")
        await pilot.press("tab", "tab", "minus", "shift+tab", "minus")
        sources = runs.made[0].runs
        assert [source.commands for source in sources] == [[0.5], [2.0], [0.5]]
        assert screen.wanted.chosen == 2
        assert shown(screen).chosen == 2


async def test_what_holds_or_paces_one_is_asked_once_for_all(app, runs, opened, pilot_of):
    async with pilot_of(app(), (120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("space", "s", "comma")
        one, other = runs.made[0].runs
        assert one.commands == ["pause", "step", ("pace", 100.0)]
        assert other.commands == []


async def test_while_any_goes_on_keys_reach_it(app, runs, opened, pilot_of):
    async with pilot_of(app(), (120, 40)) as pilot:
        await opened(pilot)
        one, other = runs.made[0].runs
        one.state = RunState.DIVERGED
        await pilot.press("space")
        assert other.commands == ["pause"]
        await pilot.press("plus")
        assert notes(pilot.app) == ["A has ended; tab chooses another run."]
        other.state = RunState.FINISHED
        await pilot.press("space")
        assert notes(pilot.app)[-1].startswith("All of these have ended")
        assert other.commands == ["pause"]


async def test_the_key_line_names_the_run_that_a_key_is_meant_for(app, opened, pilot_of):
    async with pilot_of(app(), (120, 40)) as pilot:
        screen = await opened(pilot)
        line = screen.query_one(KeyLine)
        assert "rate of A" in line.render_line(0).text
        await pilot.press("tab")
        await pilot.pause()
        assert "keep B" in line.render_line(0).text


async def test_the_cursor_is_common_to_all(app, opened, pilot_of):
    async with pilot_of(app(), (120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("left", "left")
        assert {view.cursor for view in shown(screen).runs} == {298}
        await pilot.click("#loss", offset=(60 + 25, 4))
        assert len({view.cursor for view in shown(screen).runs}) == 1
        assert shown(screen).cursor not in (None, 298)
        await pilot.press("escape")
        assert shown(screen).cursor is None


async def test_a_digit_shows_one_band_alone_and_escape_all(app, opened, pilot_of):
    async with pilot_of(app(), (80, 24)) as pilot:
        screen = await opened(pilot)
        for number, name in enumerate(("loss", "profile", "units", "findings"), start=1):
            await pilot.press(str(number))
            await pilot.pause()
            assert visible(screen) == ["standings", name]
            await pilot.press("escape")
            await pilot.pause()
        assert visible(screen) == ["standings", "loss", "profile"]


async def test_a_frame_without_news_repaints_nothing(app, opened, pilot_of):
    async with pilot_of(app(), (120, 40), paused=True) as pilot:
        screen = await opened(pilot)
        await pilot.pause()
        painted = []
        for panel in screen.query(Panel):
            panel.refresh = lambda *regions, **options: painted.append(regions)
        for _ in range(5):
            screen.draw()
        assert painted == []


async def test_restart_is_of_all_and_n_gives_each_its_next_seed(app, runs, opened, until, pilot_of):
    async with pilot_of(app(), (120, 40)) as pilot:
        screen = await opened(pilot)
        screen.source.set_pace(10.0)
        await pilot.press("r")
        await until(pilot, lambda: len(runs.made) == 2 and screen.source is runs.made[1].runs[0])
        assert runs.made[0].stops
        assert runs.made[1].pace == 10.0
        await pilot.press("n")
        await until(pilot, lambda: len(runs.made) == 3)
        seeds = [[run.experiment.seed for run in made.runs] for made in runs.made]
        assert seeds == [[7, 7], [7, 7], [8, 8]]


async def test_enter_goes_on_with_the_chosen_run_in_the_dashboard(
    app, runs, opened, until, pilot_of
):
    async with pilot_of(app(), (120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: type(pilot.app.screen) is Dashboard)
        (made,) = runs.made
        assert made.kept == [made.runs[1]]
        assert pilot.app.screen.source is made.runs[1]
        assert pilot.app.screen.source.history.snapshot().count == 300
        assert not made.stops


async def test_escape_without_a_run_before_stays(app, opened, pilot_of):
    async with pilot_of(app(), (120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("escape")
        assert pilot.app.screen is screen


async def test_quitting_ends_all(app, runs, opened, pilot_of):
    compared = app()
    async with pilot_of(compared, (120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("q")
    assert compared.return_code == 0
    assert runs.made[0].stops


async def test_what_cannot_be_compared_ends_the_app_with_bad_input(experiment, until):
    def refuse(experiments, **settings):
        raise InputError("these cannot share a window")

    app = BackscopeApp(beside=([experiment] * 2, Naming(("a", "b"))), runs_factory=refuse)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.problems)
    assert app.problems == ("these cannot share a window",)
    assert app.return_code == 2


async def test_while_they_are_prepared_it_says_so(experiment):
    import threading

    release = threading.Event()

    def slow(experiments, **settings):
        release.wait(20)
        raise InputError("no")

    app = BackscopeApp(beside=([experiment] * 2, Naming(("a", "b"))), runs_factory=slow)
    async with app.run_test() as pilot:
        standings = pilot.app.screen.query_one("#standings", Panel)
        assert standings.strips[0].text.rstrip() == "Preparing a and b"
        release.set()


async def test_the_gallery_goes_back_to_the_comparison(app, opened, until, pilot_of):
    async with pilot_of(app(), (120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("g")
        await until(pilot, lambda: pilot.app.screen is not screen)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


async def test_the_history_of_the_chosen_run_is_saved(app, opened, until, pilot_of, tmp_path):
    async with pilot_of(app(), (120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("c")
        await until(pilot, lambda: notes(pilot.app))
        (saved,) = tmp_path.glob("*.csv")
        assert len(saved.read_text().splitlines()) == 301
