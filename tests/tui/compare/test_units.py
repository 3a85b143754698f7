import numpy as np
import pytest

from backscope.tui.compare.observers import Naming, Observers
from backscope.tui.compare.units import UNITS
from backscope.tui.observer import Display


@pytest.fixture
def lines_of(trained, look, text_of):
    def make(*activations):
        runs = [trained(network__activation=each) for each in activations]
        observers = Observers(runs, Naming(activations))
        view = observers.look(Display(), look)
        return view, text_of(UNITS.draw(view, 119, 6))

    return make


def test_dead_relus_are_counted_as_the_history_has_them(lines_of):
    view, lines = lines_of("relu", "relu")
    dead = np.asarray(view.runs[0].snapshot.last_measured("dead"))[:2]
    assert lines[0].startswith(f"A {dead.sum():.0f} of 8 ReLU units dead")


def test_each_run_tells_of_what_its_own_activation_can_suffer(lines_of):
    _, lines = lines_of("relu", "sigmoid")
    assert "dead" in lines[1][:58]
    assert "saturated:" in lines[0][58:]
    assert lines[1].rstrip().endswith("sat")


def test_units_that_can_neither_die_nor_saturate_are_said_to_be_so(lines_of):
    _, lines = lines_of("identity", "relu")
    assert "no unit of it can die or saturate" in lines[0][:58]
    assert lines[3].startswith("3 -"), "nor can those of the output layer"
