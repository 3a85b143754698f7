"""The dashboard's commands: to the run, and to files; through Textual's pilot."""

from __future__ import annotations

import csv
import time

import pytest

from backscope.core.record import RunState
from backscope.tui.app import BackscopeApp
from backscope.tui.key_line import KeyLine


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


def text_of(widget):
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def notes(app):
    return [note.message for note in app._notifications]


async def test_space_pauses_and_resumes_and_says_which(source):
    async with app_with(source).run_test(size=(80, 24)) as pilot:
        dashboard = await opened(pilot)
        assert "space pause" in text_of(dashboard.query_one(KeyLine))
        await pilot.press("space")
        assert source.commands == ["pause"]
        assert "space resume" in text_of(dashboard.query_one(KeyLine))
        await pilot.press("space")
        assert source.commands == ["pause", "resume"]


async def test_s_does_one_step(source):
    async with app_with(source).run_test(size=(80, 24)) as pilot:
        dashboard = await opened(pilot)
        await pilot.press("s", "s")
        await pilot.pause(0.1)
        assert source.commands == ["step", "step"]
        assert "step 302" in text_of(dashboard.query_one("#status"))


async def test_plus_and_minus_change_the_rate_and_comma_and_full_stop_the_pace(source):
    async with app_with(source).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press(
            "plus", "equals_sign", "minus", "comma", "comma", "full_stop", "full_stop"
        )
        assert source.commands == [
            2.0,
            2.0,
            0.5,
            ("pace", 100.0),
            ("pace", 30.0),
            ("pace", 100.0),
            ("pace", None),
        ]


async def test_the_rate_stays_where_a_command_line_can_reproduce_it(source):
    source.rate = 0.9e9
    app = app_with(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("plus", "minus")
        assert source.commands == [0.5]
        assert notes(app) == ["The learning rate cannot go above 1e+09."]


@pytest.mark.parametrize("key", ["space", "s", "plus", "comma"])
async def test_a_run_that_is_over_takes_no_commands_and_says_how_to_go_on(source, key):
    source.state = RunState.FINISHED
    app = app_with(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press(key)
        assert source.commands == []
        (note,) = notes(app)
        assert note.startswith("This run has finished; r starts it again")


async def test_the_history_is_saved_as_csv_under_a_new_name(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = app_with(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        for count in (1, 2):
            await pilot.press("c")
            await until(pilot, lambda count=count: len(notes(app)) == count)
        assert notes(app) == [
            "History saved as canned-step-300.csv",
            "History saved as canned-step-300-2.csv",
        ]
    with (tmp_path / "canned-step-300.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 300


async def test_a_folder_that_cannot_be_written_is_one_clear_line(source, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    app = app_with(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        monkeypatch.setattr("pathlib.Path.open", refuse)
        await pilot.press("c", "p")
        await until(pilot, lambda: len(notes(app)) == 2)
        assert sorted(notes(app)) == [
            "canned-step-300.csv: cannot be written: Permission denied",
            "canned-step-300.svg: cannot be written: Permission denied",
        ]


async def test_the_key_line_can_be_clicked(source):
    async with app_with(source).run_test(size=(80, 24)) as pilot:
        dashboard = await opened(pilot)
        line = text_of(dashboard.query_one(KeyLine))
        await pilot.click(KeyLine, offset=(1 + line.index("s step"), 0))
        assert source.commands == ["step"]


async def test_the_key_line_of_a_run_that_is_over_has_what_can_still_be_done(source):
    source.state = RunState.FINISHED
    async with app_with(source).run_test(size=(160, 24)) as pilot:
        dashboard = await opened(pilot)
        line = text_of(dashboard.query_one(KeyLine))
        assert "r restart" in line
        for hint in ("pause", "step", "+ -", "pace", "detach"):
            assert hint not in line


async def test_the_same_words_said_again_and_again_do_not_pile_up(source):
    source.state = RunState.FINISHED
    app = app_with(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press(*["plus"] * 5)
        assert len(notes(app)) == 1
