"""Pictures of a run for print."""

import pytest

from backscope.core.experiment import load_experiment
from backscope.core.history import History
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui.run_plots import run_plots


def ran(name, steps):
    run = Run(Trainer(load_experiment(name, {"training.steps": steps})))
    run.drive()
    return run.history.snapshot()


def test_the_loss_and_the_error_signal_of_three_layers_are_drawn():
    text = run_plots(ran("vanishing", 60), width=72, box=True)
    loss, signal = text.split("\nerror signal\n")
    assert loss.startswith("loss\n")
    assert "training" in loss
    assert "validation" in loss
    assert all(f"layer {layer}" in signal for layer in (1, 6, 11))


def test_without_validation_there_is_one_curve_of_the_loss():
    assert "validation" not in run_plots(ran("worked-example", 20), width=72, box=True)


def test_where_the_terminal_lacks_characters_the_picture_is_ascii():
    assert run_plots(ran("vanishing", 30), width=72, box=False).isascii()


@pytest.mark.parametrize("name", ["exploding", "divergence"])
def test_a_run_that_diverged_is_drawn_up_to_there(name):
    text = run_plots(ran(name, 200), width=60, box=True)
    assert "error signal" in text
    assert max(map(len, text.splitlines())) <= 60


def test_a_run_without_steps_has_no_picture():
    layout = ran("worked-example", 1).layout
    assert run_plots(History(layout).snapshot(), width=72, box=True) == ""


def test_a_single_step_has_a_picture():
    assert "loss" in run_plots(ran("vanishing", 1), width=72, box=True)
