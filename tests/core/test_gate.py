import threading

import pytest

from backscope.core.gate import Gate

PATIENCE = 30.0


def nothing():
    pass


def test_an_open_gate_asks_for_no_attention():
    gate = Gate()
    assert not gate.attention
    assert gate.passes(nothing)


def test_a_pace_needs_attention_and_taking_it_away_ends_that():
    gate = Gate(pace=1e6)
    assert gate.attention
    assert gate.passes(nothing)
    gate.set_pace(None)
    assert gate.attention
    assert gate.passes(nothing)
    assert not gate.attention


def test_a_held_gate_lets_one_step_through_for_each_that_was_asked_for():
    gate = Gate(paused=True)
    gate.step_once()
    gate.step_once()
    assert gate.permits == 2
    assert gate.passes(nothing)
    assert gate.passes(nothing)
    assert gate.permits == 0
    gate.close()
    assert not gate.passes(nothing)


def test_going_on_forgets_the_single_steps_that_were_asked_for():
    gate = Gate(paused=True)
    gate.step_once()
    gate.resume()
    assert (gate.permits, gate.paused) == (0, False)


def test_a_call_is_looked_at_while_steps_are_held():
    gate, looked = Gate(paused=True), threading.Semaphore(0)
    waiting = threading.Thread(target=lambda: gate.passes(looked.release), daemon=True)
    waiting.start()
    assert looked.acquire(timeout=PATIENCE)
    gate.call()
    assert looked.acquire(timeout=PATIENCE)
    gate.close()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


@pytest.mark.parametrize("pace", [0.0, -1.0, float("nan")])
def test_a_pace_at_which_nothing_would_ever_happen_is_refused(pace):
    with pytest.raises(ValueError, match="steps per second"):
        Gate(pace=pace)
    with pytest.raises(ValueError, match="steps per second"):
        Gate().set_pace(pace)
