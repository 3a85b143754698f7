"""When the screen draws: at its own pace, at once for a key, and not before the link is free."""

from __future__ import annotations

import time

import pytest

from backscope.core.record import RunState
from backscope.tui.app import BackscopeApp
from backscope.tui.governor import Governor
from backscope.tui.link import Link

PATIENCE = 20.0
NEVER = 1e9


class Held(Link):
    """A link that is full until the test says otherwise."""

    full = False

    def wait(self, most=1):
        return NEVER if self.full else 0.0


@pytest.fixture
def app(source):
    return BackscopeApp(
        source.experiment,
        source_factory=lambda *args, **settings: source,
        governor=Governor(fps=60.0),
    )


async def until(pilot, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


async def opened(pilot):
    await until(pilot, lambda: pilot.app.screen.source is not None)
    dashboard = pilot.app.screen
    dashboard.shown = lambda: dashboard.query_one("#loss")._view.snapshot.last_step
    await until(pilot, lambda: dashboard.query_one("#loss")._view is not None)
    return dashboard


async def test_looking_costs_something_and_still_a_frame_comes(source):
    # With this budget looking at the clock alone is a debt of some tenths of a second.
    app = BackscopeApp(
        source.experiment,
        source_factory=lambda *args, **settings: source,
        governor=Governor(budget=0.001),
    )
    async with app.run_test() as pilot:
        dashboard = await opened(pilot)
        for _ in range(3):
            source.record()
            await until(pilot, lambda: dashboard.shown() == source.status().step)


async def test_the_first_steps_of_a_run_are_shown_soon_whatever_opening_it_has_cost(source):
    class Noted(Governor):
        owed = left = None

        def opened(self):
            now = time.monotonic()
            self.spent(60.0, 0, now)
            self.owed = self.wait(now)
            super().opened()
            self.left = self._time.wait(now)

    governor = Noted()
    app = BackscopeApp(
        source.experiment, source_factory=lambda *args, **settings: source, governor=governor
    )
    async with app.run_test() as pilot:
        await opened(pilot)
        assert governor.owed > 0.9
        assert governor.left == 0.0


async def test_while_a_frame_is_under_way_none_follows_and_then_the_present_does(app, source):
    async with app.run_test() as pilot:
        dashboard = await opened(pilot)
        dashboard.link = Held()
        dashboard.link.full = True
        before = dashboard.shown()
        source.record(5)
        await pilot.pause(0.2)
        assert dashboard.shown() == before
        dashboard.link.full = False
        app.arrived()
        await until(pilot, lambda: dashboard.shown() == source.status().step)


async def test_a_key_on_a_full_link_is_answered_as_soon_as_something_has_arrived(app, source):
    async with app.run_test() as pilot:
        dashboard = await opened(pilot)
        dashboard.link = Held()
        dashboard.link.full = True
        drawn = []
        dashboard._show = lambda *, quickly=False: bool(drawn.append(quickly))
        await pilot.press("f")
        assert not drawn
        dashboard.link.full = False
        app.arrived()
        await until(pilot, lambda: True in drawn)


async def test_what_a_key_changes_is_drawn_at_once_though_no_frame_is_due(source):
    app = BackscopeApp(
        source.experiment,
        source_factory=lambda *args, **settings: source,
        governor=Governor(fps=0.1),
    )
    async with app.run_test() as pilot:
        dashboard = await opened(pilot)
        source.record(5)
        started = time.monotonic()
        await pilot.press("f")
        assert dashboard.query_one("#status")._view.frozen
        assert time.monotonic() - started < PATIENCE / 2


async def test_a_run_that_stands_still_is_looked_at_once_a_second_and_a_key_wakes_it(app, source):
    source.pause()
    async with app.run_test() as pilot:
        dashboard = await opened(pilot)
        await until(pilot, lambda: dashboard._next_look.seconds == 1.0)
        await pilot.press("space")
        assert source.status().state is RunState.RUNNING
        assert dashboard._next_look.seconds < 0.1


async def test_the_status_tells_what_the_screen_takes_while_it_takes_something(app, source):
    async with app.run_test() as pilot:
        dashboard = await opened(pilot)

        def readout():
            source.record()
            return dashboard.query_one("#status")._view.readout

        await until(pilot, readout)
        await pilot.press("space")
        assert readout() is None


async def test_a_key_is_answered_before_what_is_new_is_judged(app, source, monkeypatch):
    async with app.run_test() as pilot:
        dashboard = await opened(pilot)
        happened = []
        judge, paint = dashboard._observer._diagnosis.update, dashboard.paint

        def judging(snapshot):
            happened.append("judged")
            return judge(snapshot)

        def painting():
            shown = dashboard.query_one("#status")._view
            happened.append("answered" if shown.frozen else "painted")
            paint()

        monkeypatch.setattr(dashboard._observer._diagnosis, "update", judging)
        monkeypatch.setattr(dashboard, "paint", painting)
        source.record(5)
        dashboard.draw()
        assert happened == ["painted", "judged", "painted"]
        happened.clear()
        await pilot.press("f")
        assert happened[0] == "answered"


async def test_a_run_that_arrives_while_the_app_goes_is_not_drawn(app, source):
    async with app.run_test() as pilot:
        dashboard = await opened(pilot)
        await dashboard.query("*").remove()
        dashboard.attach(source)
        assert dashboard.source is source
