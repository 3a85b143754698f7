"""An experiment whose run was changed on the way: written so that it reproduces that run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import InputError
from ..interventions import Intervention, Plan
from ..schedules import rate_changed
from ..settings import TrainingSettings
from .experiment import Experiment


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

    Another learning rate or clipping becomes a change at the next step, so that the command line
    reproduces the run. None does where anything else differs: such an experiment has no name.

    Raises:
        InputError: other data.
    """
    if (wanted.data, wanted.seed, wanted.folder) != (before.data, before.seed, before.folder):
        raise InputError(
            f"the seed and [data] cannot change at step {step + 1}: they made the rows"
        )
    was, new = before.training, wanted.training
    if _at_the_very_beginning(was, step) and wanted.network == before.network:
        return with_changes(wanted, rate_changes=was.rate_changes, interventions=was.interventions)
    same = replace(
        wanted,
        training=replace(
            new,
            learning_rate=was.learning_rate,
            rate_changes=was.rate_changes,
            clip_norm=was.clip_norm,
            interventions=was.interventions,
        ),
    )
    told = replace(before, title=wanted.title, story=wanted.story, expect=wanted.expect)
    going_on = told if same == told else replace(same, name="")
    rates, plans = was.rate_changes, was.interventions
    if new.learning_rate != was.learning_rate:
        rates = rate_changed(rates, step + 1, new.learning_rate)
    if new.clip_norm != was.clip_norm:
        plan = Plan(step + 1, Intervention("clip_norm", new.clip_norm))
        later = [at for at, text in enumerate(plans) if Plan.of(text).step > step + 1]
        at = later[0] if later else len(plans)
        plans = (*plans[:at], str(plan), *plans[at:])
    return with_changes(going_on, rate_changes=rates, interventions=plans)


def _at_the_very_beginning(training: TrainingSettings, step: int) -> bool:
    """Whether nothing was trained yet, and nothing is changed before the first step."""
    rates = (change[0] for change in training.rate_changes)
    plans = (Plan.of(text).step for text in training.interventions)
    return step == 0 and all(at > 1 for at in (*rates, *plans))
