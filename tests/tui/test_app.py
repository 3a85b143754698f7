"""The app: one run after another, themes, pictures, help, and how it ends."""

from __future__ import annotations

import threading
import time
from xml.etree import ElementTree

import pytest
from textual.command import CommandList
from textual.widgets import Input

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment
from backscope.tui.app import BackscopeApp
from backscope.tui.command_search import CommandSearch
from backscope.tui.dashboard import Dashboard
from backscope.tui.gallery import Gallery
from backscope.tui.help import HelpScreen
from backscope.tui.palette import THEMES
from backscope.tui.training import record_new

PATIENCE = 10


async def until(pilot, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


async def shown(pilot):
    await until(pilot, lambda: pilot.app.screen.source is not None)
    return pilot.app.screen


def notes(app):
    return [note.message for note in app._notifications]


async def test_an_experiment_opens_the_dashboard_and_none_the_gallery(experiment, sources):
    async with BackscopeApp(experiment, source_factory=sources).run_test() as pilot:
        assert isinstance(pilot.app.screen, Dashboard)
    async with BackscopeApp(None, source_factory=sources).run_test() as pilot:
        assert isinstance(pilot.app.screen, Gallery)


async def test_paused_and_pace_reach_the_run(experiment, sources):
    app = BackscopeApp(experiment, paused=True, pace=3.0, source_factory=sources)
    async with app.run_test() as pilot:
        await shown(pilot)
        (source,) = sources.made
        assert source.status().state.value == "paused"
        assert source.pace == 3.0


async def test_restart_replaces_the_run_after_the_old_one_has_ended(experiment, sources):
    async with BackscopeApp(experiment, source_factory=sources).run_test() as pilot:
        dashboard = await shown(pilot)
        dashboard.source.set_pace(10.0)
        await pilot.press("r")
        await until(pilot, lambda: len(sources.made) == 2 and dashboard.source is sources.made[1])
        old, new = sources.made
        assert "stop" in old.commands
        assert new.experiment == experiment
        assert new.pace == 10.0


async def test_a_new_seed_is_the_next_one_and_is_in_the_command_line(experiment, sources):
    async with BackscopeApp(experiment, source_factory=sources).run_test(size=(120, 40)) as pilot:
        dashboard = await shown(pilot)
        for expected in (8, 9):
            await pilot.press("n")
            await until(pilot, lambda seed=expected: dashboard.experiment.seed == seed)
            await until(pilot, lambda: dashboard.source is not None)
        assert [source.experiment.seed for source in sources.made] == [7, 8, 9]
        assert sources.made[-1].experiment.overrides == (("seed", 9),)


async def test_pressing_restart_many_times_leaves_one_run(experiment, sources):
    async with BackscopeApp(experiment, source_factory=sources).run_test() as pilot:
        dashboard = await shown(pilot)
        await pilot.press(*"rrrrrr")
        await until(pilot, lambda: dashboard.source is sources.made[-1])
        await until(pilot, lambda: all("stop" in old.commands for old in sources.made[:-1]))
        assert "stop" not in sources.made[-1].commands


async def test_a_run_that_takes_long_to_stop_does_not_block_the_screen(experiment, sources):
    async with BackscopeApp(experiment, source_factory=sources).run_test() as pilot:
        dashboard = await shown(pilot)
        slow = dashboard.source
        release = threading.Event()
        slow.stop = lambda: slow.commands.append("stop")
        slow.stopped.wait = release.wait
        await pilot.press("r")
        await until(pilot, lambda: "stop" in slow.commands)
        await pilot.press("t")
        assert pilot.app.theme == THEMES[1].name
        assert len(sources.made) == 1
        slow.stopped.set()
        release.set()
        await until(pilot, lambda: len(sources.made) == 2)


async def test_quitting_stops_the_run_and_is_success(experiment, sources):
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test() as pilot:
        await shown(pilot)
        await pilot.press("q")
    assert app.return_code == 0
    assert "stop" in sources.made[0].commands
    assert app._training.finished.wait(PATIENCE)


async def test_control_c_ends_as_an_interrupt_does(experiment, sources):
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test() as pilot:
        await shown(pilot)
        await pilot.press("ctrl+c")
    assert app.return_code == 130
    assert "stop" in sources.made[0].commands


async def test_bad_input_ends_the_app_with_its_problems(experiment):
    def refuse(*args, **settings):
        raise InputError("data.csv: no such file", "data.csv: and another")

    app = BackscopeApp(experiment, source_factory=refuse)
    async with app.run_test() as pilot:
        await pilot.pause(0.2)
    assert app.return_code == 2
    assert app.problems == ("data.csv: no such file", "data.csv: and another")


async def test_bad_input_from_the_gallery_is_told_and_another_can_be_chosen(experiment, sources):
    def refuse(experiment, **settings):
        if experiment.seed == 0:
            raise InputError("data.csv: [/] no such file")
        return sources(experiment, **settings)

    app = BackscopeApp(None, source_factory=refuse)
    async with app.run_test() as pilot:
        app.open_experiment(Experiment.from_dict({}, name="bad"))
        await until(pilot, lambda: notes(app))
        assert notes(app) == ["data.csv: [/] no such file"]
        assert isinstance(app.screen, Gallery)
        app.open_experiment(experiment)
        await until(pilot, lambda: isinstance(app.screen, Dashboard))
        await shown(pilot)


async def test_an_unforeseen_error_while_building_is_told_and_logged(sources):
    def broken(*args, **settings):
        raise ZeroDivisionError("[/] zero")

    app = BackscopeApp(Experiment.from_dict({}, name="x"), source_factory=broken)
    async with app.run_test() as pilot:
        await until(pilot, lambda: notes(app))
        assert notes(app) == ["This cannot be trained: ZeroDivisionError: [/] zero"]
        lines = [line.text for line in app.captured.lines()]
        assert lines[-1] == "ZeroDivisionError: [/] zero"
        assert isinstance(app.screen, Gallery)


async def test_the_gallery_opens_over_the_run_which_goes_on(experiment, sources):
    async with BackscopeApp(experiment, source_factory=sources).run_test() as pilot:
        await shown(pilot)
        await pilot.press("g")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Gallery)
        assert sources.made[0].commands == []
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Dashboard)
        assert pilot.app.screen.source is sources.made[0]


async def test_themes_go_round(experiment, sources):
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await shown(pilot)
        seen = []
        for _ in THEMES:
            seen.append(app.theme)
            assert dashboard.look.palette.name == app.look.palette.name
            await pilot.press("t")
        assert seen == [theme.name for theme in THEMES]
        assert app.theme == THEMES[0].name


async def test_without_color_everything_is_drawn(experiment, sources, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        assert not app.look.palette.colored
        await pilot.press("question_mark", "escape", "h", "o", "g")
        await pilot.pause(0.2)


@pytest.mark.parametrize("open_gallery", [False, True])
async def test_help_tells_the_keys_of_the_screen_and_closes(experiment, sources, open_gallery):
    app = BackscopeApp(None if open_gallery else experiment, source_factory=sources)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        below = app.screen
        for key in ("escape", "question_mark", "q"):
            await pilot.press("question_mark")
            await pilot.pause()
            assert isinstance(app.screen, HelpScreen)
            await pilot.press(key)
            await pilot.pause()
            assert app.screen is below
        assert app.return_code is None


async def test_the_command_palette_has_every_key_that_help_has(experiment, sources):
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test(size=(80, 24)) as pilot:
        dashboard = await shown(pilot)
        commands = {command.title: command for command in app.get_system_commands(dashboard)}
        told = [key for key in dashboard.KEYS if key.about]
        assert len(commands) == len(told)
        await commands["Pause or resume training"].callback()
        assert sources.made[0].commands == ["pause"]
        await commands["Next theme"].callback()
        assert app.theme == THEMES[1].name


async def test_the_command_palette_opens_and_runs_a_command(experiment, sources):
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"halve the")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await until(pilot, lambda: sources.made[0].commands == [0.5])


async def test_a_page_in_the_command_palette_needs_room_for_one(experiment, sources):
    async with BackscopeApp(experiment, source_factory=sources).run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: CommandSearch.is_open(pilot.app))
        commands = pilot.app.screen.query_one(CommandList)
        await until(pilot, lambda: commands.option_count)
        await pilot.resize_terminal(80, 2)
        await pilot.press("down", "pagedown", "pageup", "pagedown")
        assert CommandSearch.is_open(pilot.app)


async def test_a_picture_is_an_svg_of_the_screen_and_never_overwrites(
    experiment, sources, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        await pilot.pause(0.1)
        await pilot.press("p", "p")
        await pilot.pause()
    assert notes(app) == [
        "Picture saved as canned-step-300.svg",
        "Picture saved as canned-step-300-2.svg",
    ]
    root = ElementTree.parse(tmp_path / "canned-step-300.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = "".join(root.itertext()).replace("\xa0", " ")
    assert "gradient profile" in text
    assert "backscope run canned" in text


async def test_titles_from_outside_are_text(sources):
    hostile = Experiment.from_dict(
        {"title": "[/] [@click=app.quit]x[/] \x1b[31m", "story": "[/bold]", "seed": 1},
        name="[/]",
    )
    app = BackscopeApp(hostile, source_factory=sources)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot)
        await pilot.press("g")
        await pilot.pause()
        assert app.return_code is None


async def test_a_live_run_trains_while_the_screen_answers_and_ends_with_it():
    experiment = Experiment.from_dict(
        {"data": {"source": "xor"}, "training": {"steps": 1_000_000}}, name="live"
    )
    app = BackscopeApp(experiment)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.source is not None)
        source = app.screen.source
        await until(pilot, lambda: source.status().step > 50)
        app.screen.action_pause()
        await pilot.pause(0.1)
        held = source.status()
        assert held.state.value == "paused"
        app.screen.action_step()
        await until(pilot, lambda: source.status().step == held.step + 1)
        app.screen.action_pause()
        await until(pilot, lambda: source.status().step > held.step + 50)
        app.leave(0)
    assert app._training.finished.wait(PATIENCE)
    assert source.status().state.value == "stopped"


async def test_a_recorded_run_is_diagnosed_once_for_its_screen_and_its_file(experiment):
    app = BackscopeApp(experiment, pace=50.0, record=record_new)
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = await shown(pilot)
        await until(pilot, lambda: app._training.recording is not None)
        first = app._training.recording
        await until(pilot, lambda: dashboard._observer._diagnosis is first.diagnosis)
        await pilot.press("r")
        await until(pilot, lambda: app._training.recording not in (None, first))
        diagnosis = app._training.recording.diagnosis
        await until(pilot, lambda: dashboard._observer._diagnosis is diagnosis)


async def test_no_color_means_none_at_all_not_even_gray(experiment, sources, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    for first in (experiment, None):
        app = BackscopeApp(first, source_factory=sources)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause(0.1)
            strips = app.screen._compositor.render_strips()
            drawn = [segment for strip in strips for segment in strip.apply_filter(*no_color(app))]
            colors = {color for _, style, _ in drawn for color in (style.color, style.bgcolor)}
            assert {color.name for color in colors if color} <= {"default"}


def no_color(app):
    """The filter that the app's output goes through."""
    return app.get_line_filters()[-1], app.screen.background_colors[1]


async def test_without_color_the_key_for_themes_says_why_there_are_none(
    experiment, sources, monkeypatch
):
    monkeypatch.setenv("NO_COLOR", "1")
    async with BackscopeApp(experiment, source_factory=sources).run_test() as pilot:
        await shown(pilot)
        theme = pilot.app.theme
        await pilot.press("t")
        assert pilot.app.theme == theme
        assert "NO_COLOR" in notes(pilot.app)[0]


async def test_the_cursor_of_the_command_palette_does_not_blink(experiment, sources):
    async with BackscopeApp(experiment, source_factory=sources).run_test() as pilot:
        await shown(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: CommandSearch.is_open(pilot.app))
        assert not pilot.app.screen.query_one(Input).cursor_blink
        await pilot.press("ctrl+p")
        assert sum(isinstance(screen, CommandSearch) for screen in pilot.app.screen_stack) == 1
