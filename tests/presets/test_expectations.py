"""Every preset keeps the promise of its ``[expect]`` table, with any seed."""

import dataclasses

import numpy as np
import pytest

from backscope.core.diagnosis import Diagnosis
from backscope.core.experiment import load_experiment
from backscope.core.findings import FINDING_KINDS
from backscope.core.history import History
from backscope.core.trainer import Trainer
from backscope.presets import preset_names

SEEDS = (7, 20, 301)
"""The seed the presets are shipped with, and two that nothing was chosen on."""
CHECK_EVERY = 50


class Watched:
    """A preset, trained and diagnosed as far as its promise reaches."""

    def __init__(self, name, seed):
        self.experiment = load_experiment(name, {"seed": seed})
        self.expect = self.experiment.expect
        trainer = Trainer(self.experiment)
        history = History(trainer.layout)
        diagnosis = Diagnosis(trainer.facts)
        self.seen = {}
        losses = []
        for record in trainer.steps():
            history.append(record, float(record.step))
            losses.append(record.loss)
            last = record.step >= self.expect.within_steps
            if last or record.step % CHECK_EVERY == 0:
                self.look(diagnosis, history)
            if last:
                break
        self.look(diagnosis, history)
        self.state = trainer.state
        self.loss = float(np.median(losses[-20:]))

    def look(self, diagnosis, history):
        for finding in diagnosis.update(history.snapshot()):
            self.seen.setdefault(finding.kind, finding)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", preset_names())
def test_every_preset_shows_what_it_promises(name, seed):
    watched = Watched(name, seed)
    expect = watched.expect
    if expect.finding == "none":
        assert watched.seen == {}
    else:
        assert expect.finding in watched.seen
        assert watched.seen[expect.finding].since_step <= expect.within_steps
    if expect.state:
        assert watched.state == expect.state
    if expect.loss_below:
        assert watched.loss < expect.loss_below


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_makes_a_promise(name):
    assert load_experiment(name).expect is not None


CURES = [name for name in preset_names() if load_experiment(name).expect.cures]


def test_every_disease_has_a_cure():
    sick = {n for n in preset_names() if load_experiment(n).expect.finding != "none"}
    cured = {load_experiment(name).expect.cures for name in CURES}
    assert sick - cured == {"clipping-is-no-cure"}, "which is there to show that it is no cure"


def changed_keys(one, other):
    """The settings in which two experiments differ, apart from what they are called."""
    differences = set()
    for table in ("data", "network", "training", "probes"):
        a, b = (dataclasses.asdict(getattr(e, table)) for e in (one, other))
        differences |= {f"{table}.{key}" for key in a if a[key] != b[key]}
    if (one.seed, one.dtype) != (other.seed, other.dtype):
        differences.add("seed or dtype")
    return differences


TWINS = {
    "vanishing-cured": {"network.activation"},
    "batch-norm": {"network.normalization"},
    "vanishing-tanh-cured": {"network.gain"},
    "vanishing-hidden-cured": {"network.gain"},
    "exploding-cured": {"network.gain"},
    "clipping-is-no-cure": {"training.clip_norm"},
    "chaos-cured": {"network.initializer", "network.gain"},
    "saturation-cured": {"network.initializer", "network.std"},
    "dying-relu-cured": {"training.learning_rate"},
    "dead-on-arrival-cured": {"network.bias"},
    "divergence-cured": {"training.learning_rate"},
    "divergence-clipped": {"training.clip_norm"},
    "rate-too-large-cured": {"training.learning_rate"},
    "rate-too-small-cured": {"training.learning_rate"},
    "inputs-cured": {"data.standardize"},
    "symmetry-cured": {"network.initializer", "network.std"},
    "overfitting-stopped": {"training.early_stopping"},
    "overfitting-more-data": {"data.rows"},
    "residual": {"network.residual"},
}


def test_every_cure_has_its_twin():
    assert set(CURES) | {"clipping-is-no-cure"} == set(TWINS)


def test_every_kind_of_finding_has_a_preset():
    shown = {load_experiment(name).expect.finding for name in preset_names()}
    assert shown == {"none", *FINDING_KINDS}


@pytest.mark.parametrize("name", TWINS)
def test_a_preset_and_its_twin_differ_in_the_cure_alone(name):
    twin = load_experiment(name).expect.cures or "exploding"
    assert changed_keys(load_experiment(name), load_experiment(twin)) == TWINS[name]


def test_the_numbers_in_the_worked_example_are_computed_ones():
    experiment = load_experiment("worked-example")
    trainer = Trainer(experiment)
    X, y = experiment.data.X, experiment.data.y
    layers = trainer.network.forward(np.array(X)).layers
    loss, ((dW1, db1), (dW2, db2)) = trainer.loss_and_gradients(X, y)
    prediction = trainer.predict(X).item()
    next(trainer.steps())
    after, _ = trainer.loss_and_gradients(X, y)
    computed = [
        *layers[0].a.ravel(),
        *layers[1].z.ravel(),
        prediction,
        loss,
        *dW2.ravel(),
        *db2,
        *db1,
        *dW1.ravel(),
        trainer.predict(X).item(),
        after,
    ]
    told = " ".join(experiment.story.split())
    assert [f"{value:.8f}" for value in computed if f"{value:.8f}" not in told] == []
