"""The switch interval."""

import sys

import pytest

from backscope.tui.interpreter import switch_interval


def broken():
    with switch_interval(0.25):
        assert sys.getswitchinterval() == pytest.approx(0.25)
        raise ZeroDivisionError


def test_the_switch_interval_is_put_back_whatever_happens():
    before = sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError):
        broken()
    assert sys.getswitchinterval() == before
