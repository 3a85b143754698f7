"""Leaving a live run to a process of its own, through Textual's pilot."""

from __future__ import annotations

import threading
import time

import pytest
from textual.widgets import Static

from backscope.core.errors import DataError
from backscope.core.experiment import changed, load_experiment
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.recording import Recording
from backscope.core.store.run_list import RunList
from backscope.core.store.stored_run import Life, StoredRun
from backscope.core.trainer import Trainer
from backscope.tui import detaching
from backscope.tui.app import BackscopeApp
from backscope.tui.compare.screen import CompareScreen
from backscope.tui.cures_screen import CuresScreen
from backscope.tui.panels import Panel
from backscope.tui.training import record_new
from backscope.tui.watch_screen import WatchScreen

EXPERIMENT = changed(load_experiment("vanishing"), {"training.steps": 10_000_000})


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv(places.HOME, str(tmp_path / "home"))


async def until(pilot, condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


def notes(app):
    return [note.message for note in app._notifications]


def live():
    (run,) = RunList().read()
    return run


def lives():
    return [run.life for run in RunList().read()]


async def training(pilot):
    app = pilot.app
    await until(pilot, lambda: app._training is not None and app._training.source is not None)
    await until(pilot, lambda: app._training.source.step > 5)
    return app._training


async def test_d_hands_the_run_over_and_says_how_to_go_on(monkeypatch):
    app = BackscopeApp(EXPERIMENT, pace=500.0, record=record_new)
    taken = []

    def start(place, *, lock, paused, pace):
        taken.append((place, paused, pace, live().life))
        lock.release()
        return 4711

    monkeypatch.setattr(detaching, "start_trainer", start)
    async with app.run_test(size=(120, 40)) as pilot:
        place = (await training(pilot)).recording.place
        await pilot.press("d")
        await until(pilot, lambda: not app.is_running)
    assert taken == [(place, False, 500.0, Life.RUNNING)], "it is live all the while"
    assert app.return_code == 0
    assert f"backscope watch {place.id}" in app.last_words


async def test_a_run_that_is_not_recorded_cannot_be_detached(experiment, sources):
    app = BackscopeApp(experiment, source_factory=sources)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.source is not None)
        await pilot.press("d")
        await until(pilot, lambda: "Only a recorded run can be detached" in notes(app))
        assert not app.screen.source.status().state.final


async def test_where_no_process_can_be_had_the_run_goes_on_here_and_is_recorded(monkeypatch):
    app = BackscopeApp(EXPERIMENT, pace=500.0, record=record_new)

    def start(place, *, lock, paused, pace):
        lock.release()
        raise DataError("no process can be had")

    monkeypatch.setattr(detaching, "start_trainer", start)
    async with app.run_test(size=(120, 40)) as pilot:
        before = await training(pilot)
        await pilot.press("d")
        await until(pilot, lambda: app._training is not before)
        after = await training(pilot)
        assert "goes on here: no process can be had" in notes(app)[-1]
        step = before.source.step
        await until(pilot, lambda: after.source.step > step)
        await until(pilot, lambda: after.recording is not None)
        assert after.recording.place == before.recording.place
        assert after.source.status().state is RunState.RUNNING


async def test_a_run_that_has_ended_is_not_detached():
    app = BackscopeApp(changed(EXPERIMENT, {"training.steps": 3}), record=record_new)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app._training is not None and app._training.finished.is_set())
        await until(pilot, lambda: app.screen.source is not None)
        await pilot.press("d")
        assert "This run has finished" in notes(app)[-1]


async def test_a_treated_run_that_is_kept_is_recorded_and_the_sick_one_has_ended(monkeypatch):
    app = BackscopeApp(EXPERIMENT, pace=500.0, record=record_new)
    async with app.run_test(size=(120, 40)) as pilot:
        patient = await training(pilot)
        dashboard = app.screen
        await until(pilot, lambda: dashboard.query_one("#findings", Panel).view.findings)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CuresScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: app._training is not patient and app._training.source)
        treated = app._training.source.runs[1]
        await until(pilot, lambda: treated.step > 3)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is dashboard)
        await until(pilot, lambda: app._training.recording is not None)
        kept, sick = RunList().read()
        assert app._training.recording.run is treated
        await until(
            pilot, lambda: [run.life for run in RunList().read()] == [Life.RUNNING, Life.STOPPED]
        )
        stored = StoredRun(app._training.recording.place)
        assert stored.description.experiment == treated.experiment
        assert stored.history.snapshot().first_step == 1
        monkeypatch.setattr(detaching, "start_trainer", lambda place, **how: 4711)
        await pilot.press("d")
        await until(pilot, lambda: not app.is_running)
    assert "4711" in app.last_words
    assert stored.history.snapshot().last_step == treated.step
    assert stored.life is Life.RUNNING
    app._training.recording.lock.release()
    assert (kept.place, sick.place) == (stored.place, patient.recording.place)


@pytest.mark.parametrize("keys", ["d", "r", "n", "q", "ddrq"])
async def test_keys_pressed_while_a_run_is_handed_over_change_nothing_of_that(monkeypatch, keys):
    app = BackscopeApp(EXPERIMENT, pace=500.0, record=record_new)
    started, may_go_on = [], threading.Event()

    def start(place, *, lock, paused, pace):
        started.append(place)
        may_go_on.wait(60.0)
        return 4711

    monkeypatch.setattr(detaching, "start_trainer", start)
    async with app.run_test(size=(120, 40)) as pilot:
        recording = (await training(pilot)).recording
        await pilot.press("d")
        await until(pilot, lambda: started)
        await pilot.press(*keys)
        await pilot.pause(0.1)
        may_go_on.set()
        await until(pilot, lambda: not app.is_running)
    assert started == [recording.place]
    assert "4711" in app.last_words
    assert app.return_code == 0
    assert lives() == [Life.RUNNING]
    recording.lock.release()


async def test_the_banner_says_all_the_while_that_a_run_is_handed_over(monkeypatch):
    app = BackscopeApp(EXPERIMENT, pace=500.0, record=record_new)
    may_go_on, started = threading.Event(), threading.Event()

    def start(place, *, lock, paused, pace):
        started.set()
        may_go_on.wait(60.0)
        return 4711

    monkeypatch.setattr(detaching, "start_trainer", start)
    async with app.run_test(size=(120, 40)) as pilot:
        recording = (await training(pilot)).recording
        await pilot.press("d")
        await until(pilot, started.is_set)
        app._look_at_recording()
        assert "Handing this run over" in str(app.screen.query_one("#banner", Static).render())
        may_go_on.set()
        await until(pilot, lambda: not app.is_running)
    recording.lock.release()


async def test_to_leave_a_run_that_is_watched_does_not_end_the_one_that_is_trained_here(
    monkeypatch,
):
    app = BackscopeApp(EXPERIMENT, pace=500.0, record=record_new)
    other = Recording.of_new(Run(Trainer(EXPERIMENT)))
    other.start()
    monkeypatch.setattr(detaching, "start_trainer", lambda place, **how: 4711)
    async with app.run_test(size=(120, 40)) as pilot:
        recording = (await training(pilot)).recording
        app.open_place(other.place)
        await until(pilot, lambda: isinstance(app.screen, WatchScreen))
        await pilot.press("d")
        await until(pilot, lambda: not app.is_running)
    assert "4711" in app.last_words
    assert StoredRun(recording.place).life is Life.RUNNING
    recording.lock.release()
    other.finish()
