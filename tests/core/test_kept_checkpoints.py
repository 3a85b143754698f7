"""Which moments of a run it can go back to: few, bounded, and none from after trouble began."""

from dataclasses import replace
from itertools import pairwise

import pytest

from backscope.core import kept_checkpoints
from backscope.core.experiment import Experiment
from backscope.core.kept_checkpoints import MOST_CHANGES, KeptCheckpoint, KeptCheckpoints
from backscope.core.run import Run
from backscope.core.trainer import Trainer

TINY = 100
"""Bytes that leave room for any number."""


@pytest.fixture(scope="module")
def run():
    return Run(Trainer(Experiment.from_dict({"data": {"source": "xor"}})))


@pytest.fixture
def at(run):
    """A checkpoint after so many steps, before change number ``events``."""

    def make(step, events=0):
        checkpoint = replace(run._trainer.checkpoint(), step=step)
        return KeptCheckpoint(checkpoint, replace(run.history.place(), events=events), 0.1, 0.0)

    return make


def good_after(kept, at, losses):
    """The step of the last good one after looks that find these losses, one list a look."""
    for found in losses:
        step = int(kept.due)
        kept.look(step, TINY, found, lambda step=step: at(step))
    return kept.last_good.step


def test_until_anything_has_proved_good_it_is_the_beginning(at):
    kept = KeptCheckpoints()
    assert kept.due == 0
    assert good_after(kept, at, [[]]) == 0
    assert kept.due == 50


def test_a_checkpoint_proves_good_when_the_losses_after_it_have_not_risen(at):
    kept = KeptCheckpoints()
    assert good_after(kept, at, [[], [2.0] * 20, [1.0] * 20]) == 50
    assert good_after(kept, at, [[0.5] * 20]) == 100


def test_what_comes_after_the_loss_began_to_rise_is_not_good(at):
    kept = KeptCheckpoints()
    falling, rising = [[], [2.0], [1.0], [0.5]], [[0.9], [2.0], [40.0], [1e9]]
    assert good_after(kept, at, falling) == 100
    assert good_after(kept, at, rising) == 100


def test_a_loss_that_stands_still_or_wobbles_is_good(at):
    kept = KeptCheckpoints()
    assert good_after(kept, at, [[], [2.3], [2.31], [2.29], [2.4]]) == 150
    assert good_after(kept, at, [[0.01], [0.03], [0.02], [0.04]]) == 350


def test_one_spike_of_a_batch_is_no_rise(at):
    kept = KeptCheckpoints()
    assert good_after(kept, at, [[], [1.0] * 20, [1.0] * 19 + [1e9]]) == 50


def test_looks_become_rarer_as_the_run_grows_longer(at):
    kept = KeptCheckpoints()
    looks = []
    while kept.due < 100_000:
        looks.append(int(kept.due))
        kept.look(looks[-1], TINY, [1.0], lambda: at(looks[-1]))
    assert looks[:3] == [0, 50, 100]
    assert len(looks) < 150
    assert all(after - before <= max(50, 0.05 * before) for before, after in pairwise(looks))


def test_no_copy_is_ever_made_of_a_network_too_large_to_be_kept():
    kept = KeptCheckpoints()
    kept.look(0, kept_checkpoints.MOST_BYTES, [], lambda: pytest.fail("a copy was made"))
    assert kept.last_good is None
    assert kept.due == float("inf")


def test_of_the_checkpoints_before_changes_the_newest_are_kept(at):
    kept = KeptCheckpoints()
    for step in range(20):
        kept.add(at(step, events=step))
    assert [each.step for each in kept.before_changes] == list(range(20 - MOST_CHANGES, 20))


def test_and_only_as_many_as_there_is_room_for(at, monkeypatch):
    monkeypatch.setattr(kept_checkpoints, "MOST_BYTES", int(3.5 * at(0).checkpoint.nbytes))
    kept = KeptCheckpoints()
    for step in range(5):
        kept.add(at(step, events=step))
    assert [each.step for each in kept.before_changes] == [2, 3, 4]


def test_going_back_leaves_what_came_before(at):
    kept = KeptCheckpoints()
    for step, events in ((10, 0), (10, 1), (30, 2)):
        kept.add(at(step, events))
    second = kept.before_changes[1]
    earlier = kept.until(second)
    assert [(each.step, each.place.events) for each in earlier.before_changes] == [(10, 0)]
    assert earlier.last_good is second
    assert earlier.due == 10
