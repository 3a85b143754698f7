"""A run that another thread trains and records, on the dashboard, through Textual's pilot."""

from __future__ import annotations

import shutil
import threading
import time

import pytest
from textual.widgets import Static

from backscope.core.experiment import changed, load_experiment
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.followed import FollowedRun
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import StoredRun
from backscope.core.trainer import Trainer
from backscope.tui.app import BackscopeApp
from backscope.tui.compare.screen import CompareScreen
from backscope.tui.cures_screen import CuresScreen
from backscope.tui.dashboard import Dashboard
from backscope.tui.governor import BUDGET, Governor
from backscope.tui.interventions_screen import InterventionsScreen
from backscope.tui.key_line import KeyLine
from backscope.tui.panels import Panel
from backscope.tui.runs_screen import RunsScreen
from backscope.tui.watch_screen import WatchScreen

SIZES = [(1, 1), (40, 10), (80, 24), (120, 40), (200, 60)]
STEPS = 40
EXPERIMENT = changed(load_experiment("vanishing"), {"training.steps": 10_000_000})


class Elsewhere:
    """A run that is trained and recorded as another process would; held after some steps."""

    def __init__(self) -> None:
        self.run = Run(Trainer(EXPERIMENT), paused=True)
        self.recording = Recording.of_new(self.run)
        self.run.advance(STEPS)
        self.recording.start()
        self._thread = threading.Thread(target=self.run.drive)
        self._thread.start()

    def die(self) -> None:
        """As a killed process: it says nothing, and its lock is free."""
        self.recording._control.close()
        self.recording._recorder.stop()
        self.recording.lock.release()

    def end(self) -> None:
        self.run.stop()
        self._thread.join()
        self.recording.finish()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))
    run = Elsewhere()
    yield run
    run.end()


@pytest.fixture
def app(elsewhere, sources):
    return BackscopeApp(
        recorded=FollowedRun(StoredRun(elsewhere.recording.place)), source_factory=sources
    )


async def until(pilot, condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


async def opened(pilot) -> WatchScreen:
    screen = pilot.app.screen
    assert isinstance(screen, WatchScreen)
    await until(pilot, lambda: screen.query_one("#status", Panel).view is not None)
    return screen


def text_of(widget):
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


def status_of(screen):
    return text_of(screen.query_one("#status"))


def notes(app):
    return [note.message for note in app._notifications]


@pytest.mark.parametrize("size", SIZES)
async def test_it_opens_at_every_size_with_all_that_was_found(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        await pilot.press("v", "h", "e", "1", "1", "left", "end")
        for panel in screen.query(Panel):
            for y in range(panel.size.height):
                panel.render_line(y)
        findings = screen.query_one("#findings", Panel).view.findings
        assert "vanishing_gradient" in [finding.kind for finding in findings]


async def test_steps_and_pauses_reach_the_trainer_and_are_seen(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        assert "watch: paused" in status_of(screen)
        await pilot.press("s")
        await until(pilot, lambda: elsewhere.run.step == STEPS + 1)
        await until(pilot, lambda: f"{STEPS + 1:,}/" in status_of(screen))
        await pilot.press("space")
        await until(pilot, lambda: "watch: training" in status_of(screen))
        await pilot.press("space")
        await until(pilot, lambda: elsewhere.run.status().state is RunState.PAUSED)
        await until(pilot, lambda: "watch: paused" in status_of(screen))


async def test_a_rate_is_changed_there_and_its_command_line_is_shown_here(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        before = elsewhere.run.status().learning_rate
        await pilot.press("plus")
        await until(pilot, lambda: elsewhere.run.status().learning_rate == 2 * before)
        await until(pilot, lambda: "training.rate_changes" in status_of(screen))


async def test_what_came_of_a_change_is_told(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, InterventionsScreen))
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: elsewhere.run.status().clip_norm == 1.0)
        await until(pilot, lambda: "clip norm: off -> 1" in notes(app))


async def test_nothing_is_undone_from_here(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("u")
        assert "not from here" in notes(app)[-1]


async def test_a_run_is_ended_by_the_second_press(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("S")
        assert "S again ends this run" in notes(app)[-1]
        assert not elsewhere.run.state.final
        await pilot.press("S")
        await until(pilot, lambda: elsewhere.run.state is RunState.STOPPED)
        await until(pilot, lambda: "watch: stopped" in status_of(screen))
        assert "d leave" in text_of(screen.query_one(KeyLine))


async def test_a_second_press_that_comes_late_asks_again(app, elsewhere, monkeypatch):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press("S")
        screen._stop_asked -= 3600.0
        await pilot.press("S")
        assert len([note for note in notes(app) if "S again" in note]) >= 1
        assert not elsewhere.run.state.final


async def test_leaving_leaves_the_trainer_alone(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("q")
    assert elsewhere.run.status().state is RunState.PAUSED
    assert app.last_words == ""


async def test_d_leaves_as_well(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("d")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0
    assert elsewhere.run.status().state is RunState.PAUSED


async def test_a_trainer_that_died_is_named_with_what_to_do(app, elsewhere):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        elsewhere.die()
        banner = screen.query_one("#banner", Static)
        await until(pilot, lambda: banner.display)
        word = elsewhere.recording.place.id
        said = f"Its trainer died after step {STEPS}: backscope resume {word}"
        assert str(banner.content) == said
        assert len(said) < 80
        assert "watch: trainer died" in status_of(screen)
        await pilot.press("space")
        assert f"backscope resume {word} goes on with it" in notes(app)[-1]


async def test_a_cure_is_tried_from_the_start_and_the_trainer_left_alone(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        elsewhere.run.resume()
        await opened(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CuresScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: app.screen.source is not None)
        assert elsewhere.run.status().state is RunState.RUNNING
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WatchScreen))
        assert elsewhere.run.status().state is RunState.RUNNING


async def test_its_experiment_can_be_trained_anew_here_while_it_goes_on(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("r")
        await until(pilot, lambda: type(app.screen) is Dashboard and app.screen.source is not None)
        assert not elsewhere.run.state.final


async def test_the_list_of_runs_leads_here_and_back(app, elsewhere):
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until(pilot, lambda: app.screen.query_one("RunsOptions").option_count == 1)
        await pilot.press("enter")
        await opened(pilot)


async def test_a_run_whose_files_are_deleted_stays_as_it_was_read_and_the_banner_says_so(
    app, elsewhere
):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        shutil.rmtree(elsewhere.recording.place.directory)
        await until(pilot, lambda: "watch: files are gone" in status_of(screen))
        banner = str(screen.query_one("#banner", Static).render())
        assert banner == "Its files were deleted or moved: this is what was read before"
        assert f"{STEPS}/" in status_of(screen)
        await pilot.press("space")
        assert notes(app) == [
            "The files of this run were deleted or moved: it cannot be commanded."
        ]


async def test_a_run_that_cannot_be_read_any_more_does_not_end_the_dashboard(app, elsewhere):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        recorder = elsewhere.recording._recorder
        recorder.stop()
        elsewhere.recording._thread.join()  # it would say it anew
        recorder._connection.execute("DELETE FROM meta WHERE key='progress'")
        banner = screen.query_one("#banner", Static)
        await until(pilot, lambda: "It cannot be read any more" in str(banner.render()))
        assert "paused" in status_of(screen)


async def test_while_nothing_is_new_it_looks_more_often_than_it_may_draw(app, elsewhere):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        elsewhere.run.set_pace(0.01)
        elsewhere.run.resume()
        await until(pilot, lambda: "training" in status_of(screen))
        screen._next_look.stop()
        screen._governor = Governor(fps=2.0)
        waits = []
        screen._next_look.set = waits.append
        screen._look_again(drawn=False)
        screen._governor.drawn(time.monotonic())
        screen._look_again(drawn=True)
        soon, later = waits
        assert soon <= screen.NEWS < later


async def test_who_begins_to_train_while_watching_gives_the_screen_less_time(app, sources):
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        budgets = []
        app._governor.aim = budgets.append
        app.open_experiment(EXPERIMENT)
        await until(pilot, lambda: sources.made)
        assert budgets == [BUDGET]


async def test_a_trainer_that_hangs_is_told_of_until_it_goes_on(app, elsewhere, monkeypatch):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        banner = screen.query_one("#banner", Static)
        monkeypatch.setattr(screen.run_shown, "why_silent", lambda: "it hangs")
        silent = [10.0]
        monkeypatch.setattr(screen._heartbeat, "silent", lambda status, now: silent[0])
        await until(pilot, lambda: "No step for 10 s: it hangs" in str(banner.render()))
        silent[0] = 0.0
        await until(pilot, lambda: not banner.display)
