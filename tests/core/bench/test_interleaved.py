"""Taking turns, by a clock that the contenders move."""

import pytest

from backscope.core.bench.interleaved import Timing, interleave, ratio


class Clock:
    """Time that passes only where a contender works."""

    def __init__(self):
        self.now = 0.0
        self.log = []

    def __call__(self):
        return self.now

    def contender(self, name, seconds, at_least=1):
        def advance(steps):
            done = max(steps, at_least)
            self.log.append((name, done))
            self.now += seconds * done
            return done

        return advance


def test_time_per_step_and_ratios_are_those_of_the_contenders():
    clock = Clock()
    contenders = {"a": clock.contender("a", 1e-3), "b": clock.contender("b", 4e-3)}
    a, b = interleave(contenders, rounds=3, slice_seconds=0.1, clock=clock)
    assert (a.name, b.name) == ("a", "b")
    assert a.microseconds == pytest.approx(1000)
    assert b.microseconds == pytest.approx(4000)
    assert (a.ratio, b.ratio) == (pytest.approx(1), pytest.approx(4))
    assert len(a.seconds) == len(b.seconds) == 3


def test_contenders_take_turns_with_slices_of_about_one_length():
    clock = Clock()
    contenders = {"a": clock.contender("a", 1e-3), "b": clock.contender("b", 4e-3)}
    interleave(contenders, rounds=3, slice_seconds=0.1, clock=clock)
    assert clock.log[-6:] == [("a", 100), ("b", 25)] * 3


def test_a_contender_that_does_more_steps_than_asked_is_timed_by_those_it_did():
    clock = Clock()
    contenders = {
        "a": clock.contender("a", 1e-3),
        "epochs": clock.contender("epochs", 2e-3, at_least=64),
    }
    _, epochs = interleave(contenders, rounds=1, slice_seconds=0.01, clock=clock)
    assert epochs.microseconds == pytest.approx(2000)


def test_a_step_longer_than_a_slice_is_one_step_a_slice():
    clock = Clock()
    interleave({"slow": clock.contender("slow", 5.0)}, 2, 0.1, clock=clock)
    assert [steps for _, steps in clock.log] == [1, 1, 1, 1]


def test_a_slow_moment_in_one_round_moves_neither_median():
    timing = Timing("a", (1e-6, 9e-6, 2e-6), ratio([1.0, 9.0, 2.0], [1.0, 3.0, 1.0]))
    assert timing.microseconds == pytest.approx(2)
    assert timing.ratio == 2.0
