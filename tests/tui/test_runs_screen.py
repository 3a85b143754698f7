"""The list of recorded runs on the screen, through Textual's pilot."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from textual.widgets import Input, Static

from backscope.core.experiment import Experiment
from backscope.core.run import Run
from backscope.core.store import database, places
from backscope.core.store.lock import Lock
from backscope.core.store.recording import Recording
from backscope.core.trainer import Trainer
from backscope.tui.app import BackscopeApp
from backscope.tui.deletion_screen import DeletionScreen
from backscope.tui.gallery import Gallery
from backscope.tui.key_line import KeyLine
from backscope.tui.replay_screen import ReplayScreen
from backscope.tui.runs_screen import RunsOptions, RunsScreen

SIZES = [(1, 1), (40, 10), (60, 16), (80, 24), (120, 40), (200, 60)]
EXPERIMENT = Experiment.from_dict(
    {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5], "activation": "relu"},
        "training": {"steps": 20, "batch_size": 8},
    },
    name="moons",
)
HOSTILE = "\x1b[31m[bold]x[/]\n" + "y" * 10_000


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def record(name: str, steps: int = 10) -> places.Place:
    run = Run(Trainer(replace(EXPERIMENT, name=name)))
    recording = Recording.of_new(run)
    run.advance(steps)
    run.end()
    recording.finish()
    return recording.place


async def until(pilot, condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


async def opened(pilot, runs: int | None) -> RunsScreen:
    await pilot.press("R")
    await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
    screen = pilot.app.screen
    if runs is not None:
        await until(pilot, lambda: screen.query_one(RunsOptions).option_count == runs)
    return screen


def names(screen) -> list[str]:
    return [run.name for run in screen._listed]


def lines(screen) -> list[str]:
    options = screen.query_one(RunsOptions)
    return [options.get_option_at_index(at).prompt.plain for at in range(options.option_count)]


def notes(app):
    return [note.message for note in app._notifications]


@pytest.fixture
def app(sources):
    return BackscopeApp(None, source_factory=sources)


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_at_every_size_with_hostile_names(app, size):
    record(HOSTILE)
    (places.home() / "holiday").mkdir()
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot, 2)
        await until(pilot, lambda: len(lines(screen)) == 2)
        for line in lines(screen):
            assert "\x1b" not in line
            assert "\n" not in line
            assert len(line) <= max(size[0], 13)
        tiny = size[0] < 60
        assert screen.query_one("#notice").display is tiny


async def test_runs_are_listed_the_newest_first_and_sorted_by_another_column(app):
    for name, steps in (("b", 5), ("a", 9), ("c", 7)):
        record(name, steps)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, 3)
        ids = [run.place.id for run in screen._listed]
        assert ids == sorted(ids, reverse=True)
        await pilot.press("o")
        assert names(screen) == ["a", "b", "c"]
        await pilot.press("o", "o")
        assert names(screen) == ["a", "c", "b"]  # by steps
        assert "stopped" in lines(screen)[0]


async def test_a_filter_finds_runs_and_escape_drops_it(app):
    for name in ("moons", "suns"):
        record(name)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, 2)
        await pilot.press("slash", *"sun")
        assert names(screen) == ["suns"]
        await pilot.press(*"xyz")
        about = screen.query_one("#runs-about", Static)
        assert str(about.content) == "Nothing matches."
        await pilot.press("escape")
        assert len(names(screen)) == 2
        assert not screen.query_one("#runs-filter", Input).display


async def test_enter_replays_a_run_and_escape_comes_back(app):
    record("moons")
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, 1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        assert app.screen.run_shown.position.last == 10
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)


async def test_an_empty_list_says_how_to_make_a_run_and_goes_back_to_the_gallery(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, None)
        about = screen.query_one("#runs-about", Static)
        await until(pilot, lambda: "No runs are recorded yet" in str(about.content))
        await pilot.press("enter", "x", "down", "o")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Gallery))


async def test_a_run_is_deleted_only_where_the_question_is_answered_with_yes(app):
    place = record("moons")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, 1)
        for answer in ("n", "escape", "enter"):
            await pilot.press("x")
            await until(pilot, lambda: isinstance(app.screen, DeletionScreen))
            await pilot.press(answer)
            await until(pilot, lambda: app.screen is screen)
            assert place.database.is_file()
        await pilot.press("x", "y")
        await until(pilot, lambda: screen.query_one(RunsOptions).option_count == 0)
        assert not place.directory.exists()
        assert notes(app)[-1] == f"Deleted run {place.id}"


async def test_a_live_run_is_not_deleted_and_is_shown_as_live(app):
    place = record("moons")
    change_state(place, "running")
    lock = Lock(place.lock)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, 1)
        assert lines(screen)[0].startswith("running")
        await pilot.press("x")
        assert "is being trained: stop it first" in notes(app)[-1]
        assert place.database.is_file()
        lock.release()
        await until(pilot, lambda: lines(screen)[0].startswith("dead"))


def change_state(place: places.Place, state: str) -> None:
    connection = database.open_for_writing(place.database, wal=False)
    progress = database.read_meta(connection)["progress"]
    changed = progress.replace('"stopped"', f'"{state}"')
    database.write_meta(connection, {"progress": changed})
    database.close_for_good(connection)


async def test_what_is_no_run_says_why_it_cannot_be_opened(app):
    places.home().mkdir(parents=True)
    (places.home() / "holiday").mkdir()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, 1)
        await pilot.press("enter")
        assert "not a run" in notes(app)[-1]


async def test_a_new_run_appears_while_one_looks_and_the_chosen_one_stays_chosen(app):
    first = record("first")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, 1)
        assert screen.chosen.place == first
        record("second")
        await until(pilot, lambda: screen.query_one(RunsOptions).option_count == 2)
        assert screen.chosen.place == first


async def test_from_a_run_that_trains_it_opens_over_it_and_goes_back_to_it(experiment, sources):
    record("moons")
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.screen
        await until(pilot, lambda: dashboard.source is not None)
        await opened(pilot, 1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen))
        assert not sources.made[0].stopped.is_set()  # it goes on
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        assert "back to canned" in app.screen.query_one(KeyLine).render().plain
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is dashboard)


async def test_a_screen_behind_does_not_read_the_disk(app, monkeypatch):
    record("moons")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, 1)
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, Gallery))
        assert not screen._looks._active.is_set()
        await pilot.press("R")
        await until(pilot, lambda: app.screen is screen)
        assert screen._looks._active.is_set()


@pytest.mark.parametrize("value", ["/dev/null", "~nobody-of-this-name"])
async def test_where_runs_cannot_lie_it_says_so_in_place_of_the_list(app, monkeypatch, value):
    monkeypatch.setenv(places.HOME, value)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, None)
        await until(pilot, lambda: screen._problem)
        assert "cannot be listed" in screen._problem or "no such home" in screen._problem
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)
