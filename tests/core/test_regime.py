"""How a network is trained at present: what was changed holds, and a checkpoint brings it back."""

import pytest

from backscope.core.experiment import Experiment
from backscope.core.interventions import Intervention
from backscope.core.regime import Regime
from backscope.core.setup import set_up

EXPERIMENT = Experiment.from_dict(
    {
        "data": {"source": "moons", "rows": 40},
        "network": {"hidden": [6, 6], "bias": -50.0},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.1,
            "interventions": ["5 clip_norm 2.0", "5 revive", "9 revive"],
        },
    }
)


@pytest.fixture
def regime():
    return Regime(EXPERIMENT, set_up(EXPERIMENT))


def test_what_is_planned_is_carried_out_at_its_step_and_told(regime):
    assert list(regime.carry_out_planned(3)) == []
    events = list(regime.carry_out_planned(4))
    assert [(event.step, event.kind, event.text) for event in events] == [
        (5, "clip_norm", "off -> 2"),
        (5, "revive", "12 units in layers 1, 2"),
    ]
    assert regime.settings.clip_norm == 2.0
    assert list(regime.carry_out_planned(4)) == []


def test_what_is_done_by_hand_is_planned_for_whoever_trains_it_again(regime):
    outcome = regime.intervene(Intervention("clip_norm", 0.5), 2)
    assert (outcome.done, outcome.what, outcome.said) == (
        True,
        "clip_norm",
        "clip norm: off -> 0.5",
    )
    assert regime.agenda.texts[0] == "3 clip_norm 0.5"
    regime.intervene(Intervention("rate", 0.01), 2)
    assert regime.settings.rate_changes == ((3, 0.01),)
    assert (regime.base_rate(1), regime.base_rate(2)) == (0.1, 0.01)
    assert regime.learning_rate(2) == 0.01
    assert len(regime.agenda.texts) == 4


def test_another_clipping_leaves_what_the_optimizer_remembers(regime):
    for array in regime.descent.memory.values():
        array[...] = 7.0
    before = regime.descent
    regime.intervene(Intervention("clip_norm", 0.5), 2)
    assert regime.descent is not before
    assert all((array == 7.0).all() for array in regime.descent.memory.values())


def test_rescaling_makes_the_optimizer_forget(regime):
    for array in regime.descent.memory.values():
        array[...] = 7.0
    regime.intervene(Intervention("revive"), 2)
    regime.intervene(Intervention("rescale"), 2)
    assert not any(array.any() for array in regime.descent.memory.values())
