"""Calls from the event loop."""

import asyncio

import pytest
from textual.app import App
from textual.message_pump import active_message_pump

from backscope.tui.alarm import Alarm


async def test_an_alarm_calls_once_in_the_name_of_its_owner():
    async with App().run_test() as pilot:
        called = []
        alarm = Alarm(pilot.app.screen, lambda: called.append(active_message_pump.get()))
        alarm.set(0.0)
        await asyncio.sleep(0.01)
        assert called == [pilot.app.screen]


async def test_an_alarm_that_is_set_again_or_stopped_does_not_call_for_what_was_before():
    async with App().run_test() as pilot:
        called = []
        alarm = Alarm(pilot.app, lambda: called.append(alarm.seconds))
        alarm.set(0.0)
        alarm.set(0.001)
        await asyncio.sleep(0.02)
        assert called == [0.001]
        alarm.set(0.0)
        alarm.stop()
        await asyncio.sleep(0.01)
        assert called == [0.001]


async def test_nothing_is_called_in_an_app_that_is_ending():
    called = []
    async with App().run_test() as pilot:
        Alarm(pilot.app, lambda: called.append(True)).set(0.0)
    await asyncio.sleep(0.01)
    assert not called


async def failing(app):
    async with app.run_test():
        Alarm(app, lambda: 1 / 0).set(0.0)
        await asyncio.sleep(0.05)


async def test_an_exception_in_what_is_called_ends_the_app():
    with pytest.raises(ZeroDivisionError):
        await failing(App())
