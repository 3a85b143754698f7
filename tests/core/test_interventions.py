"""What can be changed on a running network: said, bounded, and had again from the experiment."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, command_line, to_toml
from backscope.core.interventions import (
    INTERVENTIONS,
    PLANNED,
    Agenda,
    Intervention,
    Plan,
    require_sound,
)
from backscope.core.optimizers import OPTIMIZERS
from backscope.core.run import Run
from backscope.core.trainer import Trainer

REVIVE, RESCALE = Intervention("revive"), Intervention("rescale")


def experiment(network=None, training=None, **top):
    return Experiment.from_dict(
        {
            "data": {"source": "moons", "rows": 60},
            "network": {"hidden": [8, 8], "bias": -1.0, **(network or {})},
            "training": {"steps": 40, "batch_size": 8, **(training or {})},
            "probes": {"activations_every": 1, "trust_every": 1, "dead_every": 1},
            **top,
        },
        name="moons.toml",
    )


def records(run):
    return [(steps.tobytes(), rows.tobytes()) for steps, rows in run.history.snapshot().rows()]


def events(run):
    return [(each.step, each.kind, each.text) for each in run.history.snapshot().events]


def intervened(what, *changes):
    """A run to its end with changes by hand, each ``(steps before it, intervention)``."""
    run, answers = Run(Trainer(what)), []
    for steps, intervention in changes:
        run.advance(steps)
        run.intervene(intervention, answers.append)
    run.drive()
    return run, answers


# Reproduction


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_experiment_reproduces_every_change_made_by_hand(optimizer, dtype):
    what = experiment(training={"optimizer": optimizer, "learning_rate": 0.02}, dtype=dtype)
    changes = [
        (5, Intervention("clip_norm", 0.5)),
        (5, REVIVE),
        (0, Intervention("rate", 0.01)),
        (5, RESCALE),
        (5, Intervention("clip_norm", 0.0)),
    ]
    run, answers = intervened(what, *changes)
    assert [answer.done for answer in answers] == [True] * 5
    now = run.experiment
    assert now.training.interventions == (
        "6 clip_norm 0.5",
        "11 revive",
        "16 rescale",
        "21 clip_norm 0.0",
    )
    again = Run(Trainer(now))
    again.drive()
    assert records(run) == records(again)
    assert sorted(events(run)) == sorted(events(again))
    assert "training.interventions=" in command_line(now)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6),
            st.sampled_from(
                [
                    REVIVE,
                    RESCALE,
                    Intervention("clip_norm", 0.1),
                    Intervention("clip_norm", 0.0),
                    Intervention("rate", 0.05),
                ]
            ),
        ),
        max_size=6,
    ),
    st.lists(st.sampled_from(["7 revive", "12 clip_norm 0.3", "12 rescale"]), unique=True).map(
        lambda texts: sorted(texts, key=lambda text: int(text.split()[0]))
    ),
)
@settings(deadline=None, max_examples=30)
def test_changes_by_hand_among_planned_ones_are_reproduced_too(changes, planned):
    what = experiment(training={"interventions": planned, "optimizer": "adam"})
    run, _ = intervened(what, *changes)
    again = Run(Trainer(Experiment.from_dict(run.experiment.to_dict())))
    again.drive()
    assert records(run) == records(again)


@given(st.integers(0, 30), st.sampled_from(["momentum", "adam"]))
@settings(deadline=None, max_examples=20)
def test_a_trainer_goes_on_from_a_checkpoint_between_changes(steps, optimizer):
    plans = ["6 clip_norm 0.5", "11 revive", "16 rescale", "21 clip_norm 0.0"]
    what = experiment(training={"interventions": plans, "optimizer": optimizer})
    whole = [record.row.tobytes() for record in Trainer(what).steps()]
    first = Trainer(what)
    for _ in range(steps):
        next(first.steps())
    again = Trainer(what, checkpoint=first.checkpoint())
    assert [record.row.tobytes() for record in again.steps()] == whole[steps:]


def test_training_without_measuring_changes_the_same():
    plans = ["6 clip_norm 0.5", "11 revive", "16 rescale"]
    measured, bare = (Trainer(experiment(training={"interventions": plans})) for _ in range(2))
    *_, last = measured.steps()
    assert bare.advance_bare(40) == last.loss
    np.testing.assert_array_equal(bare.network.theta, measured.network.theta)


def test_two_changes_before_one_step_draw_different_numbers():
    trainer = Trainer(experiment(network={"bias": -50.0}))
    drawn = []
    for _ in range(2):
        trainer.network.parameters[0].b[...] = -50.0
        trainer.intervene(REVIVE)
        drawn.append(trainer.network.parameters[0].W.copy())
    assert (drawn[0] != drawn[1]).all()


def test_an_experiment_with_interventions_survives_its_file():
    what = experiment(training={"interventions": ["6 clip_norm 0.5", "11 revive"]})
    assert Experiment.from_dict(what.to_dict(), name=what.name) == what
    assert 'interventions = ["6 clip_norm 0.5", "11 revive"]' in to_toml(what)


# What each says


def test_clipping_holds_from_the_next_step_on():
    run, answers = intervened(experiment(), (5, Intervention("clip_norm", 0.01)))
    _, norms = next(run.history.snapshot().rows())
    clipped = norms[:, run.history.layout.columns("clipped_gradient_norm")]
    assert (clipped[:5] > 0.01).all()
    assert (clipped[5:] <= 0.01).all()
    assert answers[0].text == "off -> 0.01"
    assert run.status().clip_norm == 0.01
    assert events(run) == [(6, "clip_norm", "off -> 0.01")]


def test_what_changes_nothing_says_so_and_leaves_no_trace():
    what = experiment(network={"bias": 0.5, "hidden": [40]})
    run = Run(Trainer(what))
    answers = []
    for intervention in (Intervention("clip_norm", 0.0), Intervention("rate", 0.1), REVIVE):
        run.intervene(intervention, answers.append)
    run.advance(0)
    run.apply_changes()
    assert [(each.done, each.text) for each in answers] == [
        (False, "clipping by norm is off already"),
        (False, "the learning rate is 0.1 already"),
        (False, "no ReLU unit is dead on the probe set"),
    ]
    assert run.experiment is what
    assert run.checkpoints.before_changes == ()
    assert events(run) == []


def test_what_does_not_apply_says_why():
    smooth = Trainer(experiment(network={"activation": "tanh"})).intervene(REVIVE)
    assert not smooth.done
    assert smooth.text == "no layer is ReLU, and no tanh unit can be dead"
    normalized = Trainer(experiment(network={"normalization": "batch"})).intervene(RESCALE)
    assert not normalized.done
    assert normalized.text == "batch normalization gives z unit variance already"
    constant = Trainer(experiment(network={"initializer": "zeros"})).intervene(RESCALE)
    assert constant.text == "z is constant in every layer: there is no signal to scale"


def test_rescaling_twice_finds_nothing_left_to_do():
    trainer = Trainer(experiment())
    assert trainer.intervene(RESCALE).text.startswith("W x ")
    before = trainer.network.theta.copy()
    again = trainer.intervene(RESCALE)
    assert (again.done, again.text) == (False, "z has unit variance in every layer already")
    np.testing.assert_array_equal(trainer.network.theta, before)


def test_reviving_says_how_many_units_of_which_layers():
    trainer = Trainer(experiment(network={"bias": -50.0}))
    assert trainer.intervene(REVIVE).text == "16 units in layers 1, 2"
    deep = Trainer(experiment(network={"hidden": [4] * 9, "bias": -50.0}))
    assert deep.intervene(REVIVE).text == "36 units in 9 layers"
    one = Trainer(experiment(network={"hidden": [1], "bias": -50.0}))
    assert one.intervene(REVIVE).text == "1 unit in layer 1"


def test_after_rescaling_the_optimizer_starts_anew():
    trainer = Trainer(experiment(training={"optimizer": "adam"}))
    for _ in range(5):
        next(trainer.steps())
    trainer.intervene(RESCALE)
    before = trainer.network.theta.copy()
    next(trainer.steps())
    moved = np.abs(trainer.network.theta - before)[np.abs(trainer.network.gradient) > 1e-4]
    # Adam's first step is the rate, whatever the gradient.
    assert moved == pytest.approx(0.1, rel=1e-3)


def test_a_planned_change_that_finds_nothing_to_do_is_marked_with_the_reason():
    what = experiment(
        network={"bias": 0.5, "hidden": [40]}, training={"interventions": ["3 revive"]}
    )
    run = Run(Trainer(what))
    run.drive()
    assert events(run) == [(3, "revive", "no ReLU unit is dead on the probe set")]


# Bad input


@pytest.mark.parametrize(
    ("intervention", "said"),
    [
        (Intervention("revve"), "no intervention 'revve', did you mean revive?"),
        (Intervention("revive", 3.0), "revive takes no value, got 3"),
        (Intervention("clip_norm"), "clip_norm takes a value from 0 to 1e+12, got none"),
        (Intervention("clip_norm", -1.0), "clip_norm takes a value from 0 to 1e+12, got -1"),
        (Intervention("rate", inf), "rate takes a value from 0 to 1e+09, got inf"),
    ],
)
def test_an_intervention_that_makes_no_sense_is_refused(intervention, said):
    with pytest.raises(ValueError, match=r"[a-z]") as error:
        require_sound(intervention)
    assert str(error.value).startswith(said)
    with pytest.raises(ValueError, match=r"[a-z]"):
        Run(Trainer(experiment())).intervene(intervention)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            ["revive"],
            "entry 1: 'revive': expected a step and what is changed, as in \"300 revive\"",
        ),
        ([""], "entry 1: '': expected a step and what is changed"),
        (["3 revive", "x revive"], "entry 2: 'x revive': 'x' is no step (allowed: whole numbers"),
        (["0 revive"], "'0' is no step"),
        (["-4 revive"], "'-4' is no step"),
        (["9999999999 revive"], "is no step"),
        (["9" * 500 + " revive"], "is no step"),
        (["3 rezcale"], "no intervention 'rezcale', did you mean rescale? Allowed: clip_norm"),
        (["3 rate 0.1"], "the learning rate has a key of its own, training.rate_changes"),
        (["3 clip_norm"], "clip_norm takes a value from 0 to 1e+12, got none"),
        (["3 clip_norm much"], "'much' is no number"),
        (["3 clip_norm nan"], "'nan' is no finite number"),
        (["3 clip_norm -1"], "clip_norm takes a value from 0 to 1e+12, got -1"),
        (["3 clip_norm 1 2"], "'2' is one word too many"),
        (["3 revive 1"], "revive takes no value, got 1"),
        (["9 revive", "3 revive"], "entry 2: '3 revive': step 3 does not come after step 9"),
    ],
)
def test_a_plan_that_makes_no_sense_is_one_clear_line(texts, said):
    with pytest.raises(InputError) as error:
        experiment(training={"interventions": texts})
    (line,) = error.value.problems
    assert line.startswith("moons.toml: training.interventions, entry ")
    assert said in line
    assert len(line) < 300


@pytest.mark.parametrize(
    ("network", "text", "said"),
    [
        ({"activation": "tanh"}, "3 revive", "no layer is ReLU"),
        ({"hidden": []}, "3 revive", "no layer is ReLU, and no identity unit can be dead"),
        ({"normalization": "layer"}, "3 rescale", "layer normalization gives z unit variance"),
    ],
)
def test_a_plan_that_cannot_apply_is_one_clear_line(network, text, said):
    with pytest.raises(InputError, match=said) as error:
        experiment(network=network, training={"interventions": [text]})
    assert len(error.value.problems) == 1


@given(st.text() | st.from_regex(r"\A[0-9]{1,3} (clip_norm|revive) ?[0-9.e-]{0,5}\Z"))
@settings(deadline=None)
def test_any_text_is_a_plan_that_reads_back_or_a_value_error(text):
    try:
        plan = Plan.of(text)
    except ValueError:
        return
    assert str(Plan.of(str(plan))) == str(plan)


# The agenda


def test_an_agenda_gives_each_plan_once_at_its_step():
    agenda = Agenda(["3 revive", "3 rescale", "9 clip_norm 1.0"])
    assert agenda.next_step == 3
    assert agenda.due(2) is None
    taken = []
    while (due := agenda.due(5)) is not None:
        taken.append(str(due))
        agenda.carried_out()
    assert taken == ["revive", "rescale"]
    assert agenda.next_step == 9
    assert agenda.clip_norm(0.7) == 0.7
    agenda.carried_out()
    assert agenda.next_step == inf
    assert agenda.clip_norm(0.7) == 1.0


def test_what_is_done_by_hand_comes_before_what_is_still_planned():
    agenda = Agenda(["3 revive", "9 rescale"], done=1)
    agenda.insert(Plan(9, Intervention("clip_norm", 2.0)))
    assert agenda.texts == ("3 revive", "9 clip_norm 2.0", "9 rescale")
    assert str(agenda.due(9)) == "rescale"


def test_every_planned_kind_is_in_the_table_and_every_kind_has_a_mark():
    assert set(PLANNED) == INTERVENTIONS.keys() - {"rate"}
    assert all(kind.event and kind.about for kind in INTERVENTIONS.values())
    assert str(Intervention("revive", nan)) == "revive"
