"""What a cure is, who the patient is, and how a cure becomes an experiment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import nan
from typing import Any

from ..errors import InputError
from ..experiment import Experiment, changed
from ..findings import Facts, Finding
from ..quoting import quoted


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


def cured(experiment: Experiment, cure: Cure) -> Experiment:
    """The experiment that a cure makes of another: same seed, data and name, without ``[expect]``.

    Its overrides hold the changes, so that its command line reproduces it.

    Raises:
        InputError: the cure changes nothing here, acts on running networks only, or makes no valid
            experiment: one line.
    """
    if cure.intervention:
        raise InputError(
            f"the cure {quoted(cure.title)} acts on a running network and makes no new experiment"
        )
    if not effective(cure, experiment).changes:
        raise InputError(f"the cure {quoted(cure.title)} changes nothing in this experiment")
    try:
        return changed(experiment, dict(cure.changes))
    except InputError as error:
        reason = "; ".join(error.problems)
        raise InputError(f"the cure {quoted(cure.title)} does not apply: {reason}") from None
