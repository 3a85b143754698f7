from dataclasses import replace

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, command_line, load_experiment
from backscope.core.experiment.going_back import going_on_with, rate_changed, with_changes

GIVEN = load_experiment("healthy", {"training.learning_rate": 0.2})


def training(**changes):
    return replace(GIVEN, training=replace(GIVEN.training, **changes))


def test_changes_become_overrides_that_the_command_line_says():
    changed = with_changes(GIVEN, rate_changes=((6, 0.05),))
    assert changed.training.rate_changes == ((6, 0.05),)
    assert changed.overrides == (
        ("training.learning_rate", 0.2),
        ("training.rate_changes", ((6, 0.05),)),
    )
    assert "'training.rate_changes=[[6, 0.05]]'" in command_line(changed)
    assert with_changes(changed, rate_changes=()).overrides[-1] == ("training.rate_changes", ())


def test_without_changes_it_is_the_experiment_itself():
    assert with_changes(GIVEN, rate_changes=()) is GIVEN


def test_a_change_overrules_another_at_its_step_and_keeps_the_order():
    assert rate_changed(((3, 0.1), (9, 0.3)), 5, 0.2) == ((3, 0.1), (5, 0.2), (9, 0.3))
    assert rate_changed(((3, 0.1), (9, 0.3)), 9, 0.2) == ((3, 0.1), (9, 0.2))


def test_another_rate_becomes_a_change_at_the_next_step():
    going_on = going_on_with(GIVEN, training(learning_rate=0.01), 40)
    assert going_on.training.learning_rate == 0.2
    assert going_on.training.rate_changes == ((41, 0.01),)
    assert going_on.name == "healthy"


def test_what_no_command_line_can_reproduce_has_none():
    going_on = going_on_with(GIVEN, training(optimizer="adam", learning_rate=0.01), 40)
    assert going_on.training.optimizer == "adam"
    assert going_on.training.rate_changes == ((41, 0.01),)
    assert command_line(going_on) == ""


def test_at_the_beginning_everything_is_just_another_experiment():
    wanted = training(optimizer="adam", learning_rate=0.01)
    assert going_on_with(GIVEN, wanted, 0) is wanted


def test_what_is_only_said_of_an_experiment_may_differ():
    wanted = replace(GIVEN, title="another", expect=None)
    assert going_on_with(GIVEN, wanted, 40).name == "healthy"


@pytest.mark.parametrize(
    "wanted",
    [replace(GIVEN, seed=8), replace(GIVEN, data=replace(GIVEN.data, noise=0.5))],
    ids=["seed", "data"],
)
@pytest.mark.parametrize("step", [0, 40])
def test_the_rows_cannot_change(wanted, step):
    with pytest.raises(InputError, match=r"the seed and \[data\] cannot change"):
        going_on_with(GIVEN, wanted, step)


def test_other_initial_weights_at_the_beginning_are_not_what_the_checkpoint_holds():
    wanted = Experiment.from_dict(GIVEN.to_dict() | {"network": {"gain": 3.0}}, name="healthy")
    assert command_line(going_on_with(GIVEN, wanted, 0)) == ""
