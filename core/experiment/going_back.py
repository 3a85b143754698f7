"""An experiment whose run was changed on the way: written so that it reproduces that run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import InputError
from .experiment import Experiment

Changes = tuple[tuple[float, ...], ...]


def with_changes(experiment: Experiment, **training: Any) -> Experiment:
    """The experiment with these keys of ``[training]``, which its command line then says too.

    Keys that have their value already are left alone; where all do, it is the experiment itself.
    """
    new = {
        name: value
        for name, value in training.items()
        if getattr(experiment.training, name) != value
    }
    if not new:
        return experiment
    keys = {f"training.{name}": value for name, value in new.items()}
    kept = tuple(pair for pair in experiment.overrides if pair[0] not in keys)
    return replace(
        experiment,
        training=replace(experiment.training, **new),
        overrides=(*kept, *keys.items()),
    )


def going_on_with(before: Experiment, wanted: Experiment, step: int) -> Experiment:
    """What a run trains that was trained as ``before`` for so many steps and goes on as ``wanted``.

    Another learning rate becomes a change at the next step, so that the command line reproduces the
    run. No command line does so where anything else differs: such an experiment has no name.

    Raises:
        InputError: other data.
    """
    if (wanted.data, wanted.seed, wanted.folder) != (before.data, before.seed, before.folder):
        raise InputError(
            f"the seed and [data] cannot change at step {step + 1}: they made the rows"
        )
    if step == 0 and (wanted.network, wanted.dtype) == (before.network, before.dtype):
        return wanted
    was, new = before.training, wanted.training
    same = replace(
        wanted,
        training=replace(new, learning_rate=was.learning_rate, rate_changes=was.rate_changes),
    )
    told = replace(before, title=wanted.title, story=wanted.story, expect=wanted.expect)
    going_on = told if same == told else replace(same, name="")
    if new.learning_rate == was.learning_rate:
        return going_on
    changes = rate_changed(was.rate_changes, step + 1, new.learning_rate)
    return with_changes(going_on, rate_changes=changes)


def rate_changed(changes: Changes, step: int, rate: float) -> Changes:
    """Changes of the rate with one more, which overrules another at its step."""
    return tuple(sorted((*(change for change in changes if change[0] != step), (step, rate))))
