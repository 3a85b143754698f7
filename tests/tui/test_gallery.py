"""The gallery through Textual's pilot: choosing, filtering, the story, the picture."""

from __future__ import annotations

import time

import pytest
from textual.widgets import Input, Static

from backscope.presets import preset_names
from backscope.tui import preview
from backscope.tui.app import BackscopeApp
from backscope.tui.dashboard import Dashboard
from backscope.tui.gallery import Gallery, PresetList
from backscope.tui.key_line import KeyLine
from backscope.tui.panels import Panel

SIZES = [(1, 1), (40, 10), (60, 16), (80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


async def until(pilot, condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


async def opened(pilot):
    gallery = pilot.app.screen
    await until(pilot, lambda: gallery.query_one(PresetList).option_count)
    return gallery


def text_of(widget):
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def story_of(gallery):
    return str(gallery.query_one("#story-text", Static).content)


def listed(gallery):
    return [entry.name for entry in gallery._listed]


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_at_every_size(sources, size):
    app = BackscopeApp(None, source_factory=sources)
    async with app.run_test(size=size) as pilot:
        gallery = await opened(pilot)
        await pilot.press("down", "down", "right", "slash", "escape")
        tiny = size[0] < 60
        assert gallery.query_one("#notice").display is tiny
        assert app.return_code is None


async def test_every_preset_is_listed_and_the_first_is_told_about(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        assert tuple(listed(gallery)) == preset_names()
        first = gallery._listed[0].experiment
        await until(pilot, lambda: story_of(gallery).startswith(first.title))


async def test_arrows_move_and_enter_trains(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        await pilot.press("down", "down", "up", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Dashboard))
        await until(pilot, lambda: pilot.app.screen.source is not None)
        assert pilot.app.screen.experiment == gallery._listed[1].experiment


async def test_a_click_on_a_preset_trains_it(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        await pilot.click(PresetList, offset=(3, 4))
        await until(pilot, lambda: isinstance(pilot.app.screen, Dashboard))
        assert pilot.app.screen.experiment == gallery._listed[2].experiment


async def test_words_filter_the_list_and_escape_brings_it_back(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        await pilot.press("slash", *"dying")
        assert gallery.query_one("#filter", Input).value == "dying"
        assert set(listed(gallery)) < set(preset_names())
        assert "dying-relu" in listed(gallery)
        await pilot.press(*" zebra")
        assert listed(gallery) == []
        assert story_of(gallery) == "Nothing matches."
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Gallery)
        await pilot.press("escape")
        assert tuple(listed(gallery)) == preset_names()
        assert gallery.focused is gallery.query_one(PresetList)


async def test_arrows_and_enter_work_while_filtering(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        await pilot.press("slash", *"cured", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Dashboard))
        assert pilot.app.screen.experiment == gallery._listed[1].experiment


async def test_letters_that_are_keys_can_be_typed_into_the_filter(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        await pilot.press("slash", *"qtp")
        assert gallery.query_one("#filter", Input).value == "qtp"
        assert pilot.app.return_code is None


async def test_the_picture_is_trained_not_canned(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        await until(pilot, lambda: sources.made and sources.made[0].status().step >= preview.STEPS)
        assert sources.made[0].experiment == gallery._listed[0].experiment
        await until(pilot, lambda: not gallery.query_one("#picture").has_class("-empty"))
        profile = gallery.query_one("#gradient_profile", Panel)
        await until(pilot, lambda: "per layer" in text_of(profile))


async def test_holding_an_arrow_down_trains_only_where_it_stops(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        for _ in range(5):
            gallery.action_move(1)
        await until(pilot, lambda: sources.made)
        await pilot.pause(0.4)
        assert [source.experiment for source in sources.made] == [gallery._listed[5].experiment]


async def test_a_picture_is_made_once(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: len(sources.made) == 1)
        await pilot.press("down")
        await until(pilot, lambda: len(sources.made) == 2)
        await pilot.press("up")
        await pilot.pause(0.4)
        assert len(sources.made) == 2


async def test_a_broken_file_is_listed_with_its_problems_and_cannot_be_run(sources, tmp_path):
    (tmp_path / "mine.toml").write_text("[network]\nactivation = 'sigmod'\nwidht = 3\n")
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        await pilot.press("slash", *"mine.toml")
        assert listed(gallery) == ["mine.toml"]
        assert "cannot be read" in text_of(gallery.query_one(PresetList))
        assert "sigmoid" in story_of(gallery)
        assert "width" in story_of(gallery)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Gallery)


async def test_titles_stories_and_names_from_outside_are_text(sources, tmp_path):
    text = 'title = "[/] \\u001b[31m [@click=app.quit]t[/]"\nstory = "[/bold] s"\n[network]\n'
    (tmp_path / "[bold]evil.toml").write_text(text)
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        await pilot.press("slash", *"evil")
        shown = text_of(gallery.query_one(PresetList))
        assert "[/] ^[[31m [@click=app.quit]t[/]" in shown
        assert "[bold]evil.toml" in shown
        assert "[/bold] s" in story_of(gallery)


async def test_the_run_that_goes_on_is_named_and_highlighted(experiment, sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(120, 40)) as pilot:
        gallery = await opened(pilot)
        assert "back" not in text_of(gallery.query_one(KeyLine))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Dashboard))
        await until(pilot, lambda: pilot.app.screen.source is not None)
        await pilot.press("g")
        await pilot.pause()
        assert f"esc back to {preset_names()[1]}" in text_of(gallery.query_one(KeyLine))
        assert gallery.query_one(PresetList).highlighted == 1
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Dashboard)


async def test_in_the_smallest_terminal_half_of_the_room_is_left_for_the_story(sources):
    async with BackscopeApp(None, source_factory=sources).run_test(size=(60, 16)) as pilot:
        gallery = await opened(pilot)
        await pilot.pause()
        assert gallery.query_one("#story").size.height >= 5


@pytest.mark.parametrize("late", ["_draw", "_show_picture"])
async def test_what_comes_late_finds_the_gallery_gone_and_leaves_it(late):
    app = BackscopeApp()
    async with app.run_test() as pilot:
        gallery = await opened(pilot)
        entries = gallery._entries
        app.exit()
    assert not gallery.query(PresetList)
    getattr(gallery, late)()
    gallery._list(entries)
    gallery.running("vanishing")
    gallery.restyle(gallery.look)
