"""Interventions: what can be changed on a running network, between two of its steps.

The table ``INTERVENTIONS`` is the whole list. Each one says what it did, or why there was nothing
to do. In an experiment they are planned as text, ``"300 revive"``, ``"320 clip_norm 1.0"``: from
step 300, from step 320 on. Their random numbers follow from the experiment's seed and the step, so
that a run that was changed by hand can be had again from its command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, isnan, nan

import numpy as np

from .activations import ACTIVATIONS
from .errors import allowed_values
from .network import Network
from .quoting import quoted
from .record import Array
from .schedules import base_rate, rate_changed
from .settings import HIGHEST_NORM, HIGHEST_RATE, LATEST_STEP, NetworkSettings, TrainingSettings
from .surgery import rescale, revive

MENTIONED_LAYERS = 4
"""Layers that are named one by one; of more it is said how many they are."""
NEGLIGIBLE = 0.01
"""Weights that would change by less than this share are left alone."""


@dataclass(slots=True)
class Patient:
    """A running network and what trains it, to be changed in place."""

    network: Network
    settings: NetworkSettings
    training: TrainingSettings
    """Replaced where another setting is to hold from the next step on."""
    memory: Mapping[str, Array]
    """What the optimizer remembers."""
    probe_rows: Array
    """Inputs of the fixed probe set, ``(rows, inputs)``."""
    step: int
    """Number of the next step."""
    rng: np.random.Generator
    forgets: bool = False
    """The optimizer is to start anew: what it remembers is about another network."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an intervention."""

    done: bool
    """False: nothing has changed, and the text says why."""
    text: str
    what: str = ""
    """What was to be changed: the kind of event that marks it."""

    @property
    def said(self) -> str:
        """What came of it, as one line."""
        return f"{self.what.replace('_', ' ')}: {self.text}" if self.done else self.text


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the table."""

    about: str
    carry_out: Callable[[Patient, float], Outcome]
    event: str
    """The kind of event that marks it."""
    most: float | None = None
    """Its value is from 0 to this; None: it has no value."""
    fault: Callable[[NetworkSettings], str] = lambda network: ""
    """Why it never applies to such a network; empty where it may."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """One change to be made: its name in ``INTERVENTIONS`` and, where that has one, its value."""

    kind: str
    value: float = nan

    def __str__(self) -> str:
        return self.kind if isnan(self.value) else f"{self.kind} {self.value!r}"


def _set_rate(patient: Patient, rate: float) -> Outcome:
    training, step = patient.training, patient.step
    before = base_rate(training, step - 1)
    if rate == before:
        return Outcome(False, f"the learning rate is {rate:g} already")
    changes = rate_changed(training.rate_changes, step, rate)
    patient.training = replace(training, rate_changes=changes)
    return Outcome(True, f"{before:g} -> {rate:g}")


def _clip(patient: Patient, largest: float) -> Outcome:
    before = patient.training.clip_norm
    if largest == before:
        said = f"at {largest:g} already" if largest else "off already"
        return Outcome(False, f"clipping by norm is {said}")
    patient.training = replace(patient.training, clip_norm=largest)
    return Outcome(True, f"{norm_text(before)} -> {norm_text(largest)}")


def norm_text(largest: float) -> str:
    """The norm that gradients are clipped to, or that they are not."""
    return f"{largest:g}" if largest else "off"


def _revive(patient: Patient, _: float) -> Outcome:
    revived = revive(
        patient.network, patient.settings, patient.probe_rows, patient.memory, patient.rng
    )
    units = sum(revived)
    if not units:
        return Outcome(False, "no ReLU unit is dead on the probe set")
    layers = [index for index, count in enumerate(revived, start=1) if count]
    return Outcome(True, f"{units} unit{'' if units == 1 else 's'} in {_layers(layers)}")


def _layers(layers: list[int]) -> str:
    if len(layers) > MENTIONED_LAYERS:
        return f"{len(layers)} layers"
    return f"layer{'' if len(layers) == 1 else 's'} {', '.join(map(str, layers))}"


def _no_rectifier(network: NetworkSettings) -> str:
    hidden = bool(network.hidden or network.depth)
    names = [network.output_activation, *([network.activation] if hidden else [])]
    if any(ACTIVATIONS[name].rectifier for name in names):
        return ""
    return f"no layer is ReLU, and no {names[-1]} unit can be dead"


def _rescale(patient: Patient, _: float) -> Outcome:
    before = patient.network.theta.copy()
    factors = list(filter(isfinite, rescale(patient.network, patient.probe_rows)))
    least, most = min(factors, default=1.0), max(factors, default=1.0)
    if not factors:
        patient.network.theta[...] = before
        return Outcome(False, "z is constant in every layer: there is no signal to scale")
    if abs(least - 1) < NEGLIGIBLE and abs(most - 1) < NEGLIGIBLE:
        patient.network.theta[...] = before
        return Outcome(False, "z has unit variance in every layer already")
    patient.forgets = True
    return Outcome(True, f"W x {least:.3g} ... {most:.3g}")


def _normalizes(network: NetworkSettings) -> str:
    if network.normalization == "none":
        return ""
    return f"{network.normalization} normalization gives z unit variance already"


INTERVENTIONS: dict[str, Kind] = {
    "rate": Kind("another base learning rate", _set_rate, "learning_rate", most=HIGHEST_RATE),
    "clip_norm": Kind(
        "clip the whole gradient to this norm; 0: off", _clip, "clip_norm", most=HIGHEST_NORM
    ),
    "revive": Kind(
        "draw dead ReLU units anew, as the initializer draws them",
        _revive,
        "revive",
        fault=_no_rectifier,
    ),
    "rescale": Kind(
        "scale W and b layer by layer, so that z has unit variance",
        _rescale,
        "rescale",
        fault=_normalizes,
    ),
}
"""Everything that can be changed, in the order in which it is offered."""

PLANNED = tuple(kind for kind in INTERVENTIONS if kind != "rate")
"""Those that ``training.interventions`` takes; rates have ``training.rate_changes``."""


def require_sound(intervention: Intervention) -> None:
    """Make sure that there is such an intervention, with such a value.

    Raises:
        ValueError: says what is wrong with it.
    """
    if intervention.kind not in INTERVENTIONS:
        hint = allowed_values(intervention.kind, INTERVENTIONS)
        raise ValueError(f"no intervention {quoted(intervention.kind)}, {hint}")
    most, value = INTERVENTIONS[intervention.kind].most, intervention.value
    if most is None and not isnan(value):
        raise ValueError(f"{intervention.kind} takes no value, got {value:g}")
    if most is not None and not 0 <= value <= most:
        given = "none" if isnan(value) else f"{value:g}"
        raise ValueError(f"{intervention.kind} takes a value from 0 to {most:g}, got {given}")


@dataclass(frozen=True, slots=True)
class Plan:
    """An intervention and the step from which on it holds."""

    step: int
    intervention: Intervention

    def __str__(self) -> str:
        return f"{self.step} {self.intervention}"

    @classmethod
    def of(cls, text: str) -> Plan:
        """The plan that a text such as ``"320 clip_norm 1.0"`` states.

        Raises:
            ValueError: says what is wrong with it.
        """
        words = text.split()
        if len(words) < 2:
            raise ValueError('expected a step and what is changed, as in "300 revive"')
        number, kind, *values = words
        if not (number.isascii() and number.isdigit() and 1 <= int(number[:20]) <= LATEST_STEP):
            raise ValueError(f"{quoted(number)} is no step (allowed: whole numbers, 1 to 1e9)")
        if kind == "rate":
            raise ValueError("the learning rate has a key of its own, training.rate_changes")
        if kind not in PLANNED:
            raise ValueError(f"no intervention {quoted(kind)}, {allowed_values(kind, PLANNED)}")
        if len(values) > 1:
            raise ValueError(f"{quoted(values[1])} is one word too many")
        try:
            value = float(values[0]) if values else nan
        except ValueError:
            raise ValueError(f"{quoted(values[0])} is no number") from None
        if values and not -inf < value < inf:
            raise ValueError(f"{quoted(values[0])} is no finite number")
        intervention = Intervention(kind, value)
        require_sound(intervention)
        return cls(int(number), intervention)


class Agenda:
    """The interventions of one run in their order: those carried out, and those to come.

    Args:
        texts: what an experiment plans, in ascending order of their steps.
        done: how many of them were carried out.

    Attributes:
        done: how many were carried out; these come first.
        next_step: from which step on the next one holds; infinite where none is to come.
    """

    def __init__(self, texts: Iterable[str], done: int = 0) -> None:
        self._plans = [Plan.of(text) for text in texts]
        self.done = done
        self.next_step = inf
        self._look_ahead()

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, as an experiment plans them."""
        return tuple(map(str, self._plans))

    def due(self, step: int) -> Intervention | None:
        """The next one to be carried out, if it is due at a step."""
        return self._plans[self.done].intervention if step >= self.next_step else None

    def carried_out(self) -> None:
        """The next one was."""
        self.done += 1
        self._look_ahead()

    def clip_norm(self, given: float) -> float:
        """What gradients are clipped to by now, if at first to the norm that is given."""
        clips = [
            plan.intervention.value
            for plan in self._plans[: self.done]
            if plan.intervention.kind == "clip_norm"
        ]
        return clips[-1] if clips else given

    def insert(self, plan: Plan) -> None:
        """Add one that has just been carried out."""
        self._plans.insert(self.done, plan)
        self.done += 1

    def _look_ahead(self) -> None:
        left = self._plans[self.done :]
        self.next_step = left[0].step if left else inf
