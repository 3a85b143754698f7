"""A recorded run on the dashboard, through Textual's pilot."""

from __future__ import annotations

import sqlite3
import time

import pytest
from textual.widgets import Static

from backscope.core.experiment import load_experiment
from backscope.core.run import Run
from backscope.core.store import database, places
from backscope.core.store.recording import Recording
from backscope.core.store.replayed import SPEEDS, ReplayedRun
from backscope.core.store.stored_run import StoredRun
from backscope.core.trainer import Trainer
from backscope.tui.app import BackscopeApp
from backscope.tui.compare.screen import CompareScreen
from backscope.tui.cures_screen import CuresScreen
from backscope.tui.dashboard import Dashboard
from backscope.tui.panels import Panel
from backscope.tui.replay_screen import ReplayScreen, next_speed
from backscope.tui.runs_screen import RunsScreen

SIZES = [(1, 1), (40, 10), (60, 16), (80, 24), (120, 40), (200, 60)]
STEPS = 90


class Clock:
    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def place(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(places.HOME, str(home))
        run = Run(Trainer(load_experiment("vanishing")))
        recording = Recording.of_new(run)
        run.advance(STEPS)
        run.end()
        recording.finish()
    return recording.place


@pytest.fixture(autouse=True)
def _home(home, monkeypatch):
    monkeypatch.setenv(places.HOME, str(home))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def app(place, clock, sources):
    return BackscopeApp(recorded=ReplayedRun(StoredRun(place), clock), source_factory=sources)


async def until(pilot, condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


async def opened(pilot) -> ReplayScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ReplayScreen)
    await until(pilot, lambda: screen.query_one("#status", Panel).view is not None)
    return screen


def text_of(widget):
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def status_of(screen):
    return text_of(screen.query_one("#status"))


def notes(app):
    return [note.message for note in app._notifications]


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_at_every_size_and_can_be_moved(app, size):
    async with app.run_test(size=size) as pilot:
        assert isinstance(app.screen, ReplayScreen)
        await pilot.press("home", "right", "pagedown", "shift+left", "j", "k", "v", "z", "x", "end")
        for panel in app.screen.query(Panel):
            assert panel.render_lines is not None
            for y in range(panel.size.height):
                panel.render_line(y)
    assert app.return_code in (0, None)


async def test_it_opens_at_the_end_with_all_that_was_found(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        assert f"replay: stopped  step {STEPS}/{STEPS}" in status_of(screen)
        assert "vanishing gradient" in text_of(screen.query_one("#findings"))
        assert not screen.query_one("#banner", Static).display


async def test_keys_move_the_present_and_status_says_where_it_is(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        run = screen.run_shown
        await pilot.press("home")
        assert run.position.step == 1
        assert "step  1/90" in status_of(screen)
        assert "held" in status_of(screen)
        await pilot.press("s")
        assert run.position.step == 2
        await pilot.press("right")
        column = run.position.step - 2
        assert column == max(STEPS // screen.query_one("#loss").size.width, 1)
        await pilot.press("shift+right")
        assert run.position.step == 2 + column + STEPS // 10
        await pilot.press("pagedown", "pageup", "shift+left", "left")
        assert run.position.step == 2
        await pilot.press("end")
        assert run.position.at_end


async def test_the_time_axis_holds_still_while_the_present_moves(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        loss = screen.query_one("#loss", Panel)
        ranges = set()
        for key in ("end", "home", "pagedown", "shift+right"):
            await pilot.press(key)
            ranges.add(loss.view.shown)
        assert ranges == {(1, STEPS + 1)}


async def test_a_zoomed_axis_goes_along(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("z", "z", "home")
        start, stop = screen.query_one("#loss", Panel).view.shown
        assert start <= 1 < stop
        assert stop - start < STEPS


async def test_findings_are_those_of_the_present(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("home")
        assert "vanishing gradient  since" not in text_of(screen.query_one("#findings"))
        await pilot.press("j")
        assert "vanishing gradient" in text_of(screen.query_one("#findings"))
        found = screen.run_shown.position.step
        await pilot.press("left")
        assert screen.run_shown.position.step < found
        await pilot.press("home", "k")
        assert "Nothing happened and nothing was found earlier" in notes(app)[-1]


async def test_space_plays_and_holds_and_speeds_are_shown(app, clock):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        run = screen.run_shown
        await pilot.press("home", "comma")
        assert run.speed == 0.1
        assert "replay 0.1x, held" in status_of(screen)
        await pilot.press("space")
        assert run.playing
        assert "replay 0.1x" in status_of(screen)
        assert "held" not in status_of(screen)
        clock.now += 1e6
        await until(pilot, lambda: "replay: stopped" in status_of(screen))
        assert not run.playing
        await pilot.press("space", "space")
        assert not run.playing


async def test_pointing_at_a_step_shows_it(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        screen.query_one("#loss", Panel).post_message(Panel.CursorMoved(33))
        await until(pilot, lambda: screen.run_shown.position.step == 33)
        assert screen.wanted.time.cursor is None


@pytest.mark.parametrize("key", ["plus", "minus", "i", "u"])
async def test_keys_that_would_change_training_say_why_they_cannot(app, key):
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press(key)
        assert len(notes(app)) == 1
        assert "this is a recording" in notes(app)[0]


async def test_its_experiment_can_be_trained_anew(app, sources):
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("r")
        await until(pilot, lambda: len(sources.made) == 1)
        assert type(app.screen) is Dashboard
        assert sources.made[0].experiment.name == "vanishing"


async def test_a_cure_can_be_tried_from_a_recording_and_left_again(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CuresScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.source)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.run_shown.position.at_end


async def test_escape_goes_to_the_list_of_runs_and_back(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)


async def test_the_gallery_opens_over_it_and_goes_back_to_it(app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("g")
        await until(pilot, lambda: app.screen is not screen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)


async def test_what_is_wrong_with_a_recording_stays_on_the_screen(place, tmp_path, sources):
    copy = tmp_path / "copy.db"
    copy.write_bytes(place.database.read_bytes())
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE piece SET crc32=crc32+1 WHERE level=0")
        progress = database.read_meta(connection)["progress"]
        running = progress.replace('"stopped"', '"running"')
        database.write_meta(connection, {"progress": running})
    connection.close()
    run = ReplayedRun(StoredRun(places.Place(tmp_path, "copy.db")))
    app = BackscopeApp(recorded=run, source_factory=sources)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        banner = screen.query_one("#banner", Static)
        await until(pilot, lambda: banner.display)
        assert f"Its trainer died after step {STEPS}" in str(banner.content)
        assert "damaged" in str(banner.content)


async def test_without_color_it_is_drawn(app, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("home", "j")
        assert "replay 1x, held" in status_of(screen)


def test_speeds_go_up_and_down_and_stay_at_their_ends():
    assert [next_speed(speed, faster=True) for speed in (1.0, 1000.0)] == [3.0, 1000.0]
    assert [next_speed(speed, faster=False) for speed in (1.0, SPEEDS[0])] == [0.1, SPEEDS[0]]
