"""What a cure is, who the patient is, and how a cure becomes an experiment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import nan
from typing import Any

from ..errors import InputError
from ..experiment import Experiment, changed
from ..findings import Facts, Finding
from ..interventions import Intervention, Plan
from ..quoting import quoted
from ..schedules import rate_changed

RATE_CHANGES, INTERVENTIONS = "training.rate_changes", "training.interventions"


class How(StrEnum):
    """How a cure is applied."""

    IN_PLACE = "in place"
    """On the running network."""
    RESTART = "restart"
    """From the same seed."""
    ROLL_BACK = "roll back"
    """From the last good checkpoint."""


@dataclass(frozen=True, slots=True)
class Cure:
    """One thing to try against a finding."""

    title: str
    """A few words: ``tanh + Xavier``."""
    reason: str
    """One sentence with the numbers: why it works, or why it does not."""
    how: How
    changes: tuple[tuple[str, Any], ...] = ()
    """Dotted settings keys and their new values."""
    intervention: str = ""
    """What is done to the running network (a name in ``INTERVENTIONS``); empty for nothing."""
    works: bool = True
    """False: often advised, and does not work here; offered last, with the reason."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What a cure is chosen by: an experiment, what was found in its run, and its facts."""

    experiment: Experiment
    finding: Finding
    facts: Facts | None = None
    """None: not known; the finding's evidence must do."""

    def evidence(self, name: str) -> float:
        """A number of the finding's evidence; NaN where it has none of this name."""
        return self.finding.evidence.get(name, nan)


def setting(experiment: Experiment, key: str) -> Any:
    """The value of a dotted settings key."""
    section, _, name = key.rpartition(".")
    return getattr(getattr(experiment, section) if section else experiment, name)


def effective(cure: Cure, experiment: Experiment) -> Cure:
    """The cure with only those of its changes that change this experiment."""
    changes = tuple(pair for pair in cure.changes if setting(experiment, pair[0]) != pair[1])
    return replace(cure, changes=changes)


def cured(experiment: Experiment, cure: Cure, at: int = 0) -> Experiment:
    """The experiment that a cure makes of another: same seed, data and name, without ``[expect]``.

    Its overrides hold the changes, so that its command line reproduces it.

    Args:
        experiment: the patient.
        cure: what is changed.
        at: 0: from the start, and what is done to the network is done before its first step. From
            1 on: the change is made before this step of the running network, as if by hand.

    Raises:
        InputError: the cure changes nothing here, cannot be made on a running network, or makes no
            valid experiment: one line.
    """
    if not (effective(cure, experiment).changes or cure.intervention):
        raise InputError(f"the cure {quoted(cure.title)} changes nothing in this experiment")
    changes = dict(cure.changes) if at < 1 else _in_place(experiment, cure, at)
    if cure.intervention:
        plan = Plan(max(at, 1), Intervention(cure.intervention))
        plans = changes.get(INTERVENTIONS, experiment.training.interventions)
        changes[INTERVENTIONS] = _with_plan(plans, plan)
    try:
        return changed(experiment, changes)
    except InputError as error:
        reason = "; ".join(error.problems)
        raise InputError(f"the cure {quoted(cure.title)} does not apply: {reason}") from None


def _in_place(experiment: Experiment, cure: Cure, step: int) -> dict[str, Any]:
    """The changes that make a cure's changes from a step on."""
    training = experiment.training
    changes: dict[str, Any] = {}
    for key, value in cure.changes:
        match key:
            case "training.learning_rate":
                before = tuple(pair for pair in training.rate_changes if pair[0] < step)
                changes[RATE_CHANGES] = rate_changed(before, step, value)
            case "training.rate_changes":
                pass  # a rate from a step on overrules what was planned after it
            case "training.clip_norm":
                plan = Plan(step, Intervention("clip_norm", value))
                changes[INTERVENTIONS] = _with_plan(training.interventions, plan)
            case _:
                raise InputError(
                    f"the cure {quoted(cure.title)} cannot be made on a running network: "
                    f"{key} holds from the start"
                )
    return changes


def _with_plan(texts: tuple[str, ...], plan: Plan) -> tuple[str, ...]:
    """What an experiment plans, with one more, after all that are due at the same step."""
    return tuple(map(str, sorted((*map(Plan.of, texts), plan), key=lambda each: each.step)))
