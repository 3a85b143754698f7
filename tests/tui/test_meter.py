"""The meter: what the screen takes, in figures that stand still for a second."""

from __future__ import annotations

import pytest

from backscope.tui.meter import Meter


def running(meter, frames=10, since=0.0):
    """Frames of 5 ms and 800 bytes, ten a second."""
    for at in range(frames + 1):
        meter.spent(0.005, 800, since + at / 10, 0.05)
        meter.drawn()


def test_after_a_second_it_tells_frames_bytes_share_and_round_trip():
    meter = Meter()
    running(meter)
    readout = meter.readout
    assert readout.frames == pytest.approx(10)
    assert readout.written == pytest.approx(8_000)
    assert readout.share == pytest.approx(0.05)
    assert readout.round_trip == 0.05


def test_until_then_it_tells_nothing():
    meter = Meter()
    running(meter, frames=9)
    assert meter.readout is None


def test_the_figures_stand_still_for_a_second():
    meter = Meter()
    running(meter)
    before = meter.readout
    running(meter, frames=8, since=1.1)
    assert meter.readout is before


def test_what_was_before_a_pause_says_nothing_of_what_comes_after():
    meter = Meter()
    running(meter)
    meter.forget()
    assert meter.readout is None
    running(meter, since=100.0)
    assert meter.readout.share == pytest.approx(0.05)
