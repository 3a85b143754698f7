"""What can be changed on the running network: a list that says what each change would do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from textual.content import Content

from ..core.experiment import Experiment
from ..core.history import Snapshot
from ..core.interventions import INTERVENTIONS, Intervention, norm_text
from ..core.settings import HIGHEST_RATE
from ..core.source import Answer, RunStatus, Source
from .choosing_screen import ChoosingScreen
from .safe_text import safe_text

FACTORS = (0.1, 10.0)
NORMS = (1.0, 0.1, 0.0)
"""Norms to clip to that are offered: the usual one, one that also holds rates far too large, and
none."""

Do = Callable[[Source, Answer], None]
"""Makes a change of a source; the answer is told what came of it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One change that is offered."""

    title: str
    effect: str
    """What it would do, or why it does not apply."""
    do: Do | None
    """None: it does not apply."""


def choices(status: RunStatus, experiment: Experiment, snapshot: Snapshot) -> tuple[Choice, ...]:
    """Everything that ``INTERVENTIONS`` has, as it would act on a run that stands so.

    Args:
        status: where the run stands, or would after going back.
        experiment: what it trains.
        snapshot: its history.
    """
    return (*_rates(status), *_clips(status), *_surgery(experiment, snapshot))


def _rates(status: RunStatus) -> Iterator[Choice]:
    rate = status.learning_rate
    for factor in FACTORS:
        title = f"learning rate x {factor:g}"
        if rate * factor > HIGHEST_RATE:
            yield Choice(title, f"cannot go above {HIGHEST_RATE:g}", None)
        elif rate == 0.0:
            yield Choice(title, "the rate is 0, whatever it is multiplied by", None)
        else:
            yield Choice(title, f"{rate:.3g} -> {rate * factor:.3g}", partial(_multiply, factor))


def _multiply(factor: float, source: Source, answer: Answer) -> None:
    source.change_rate(factor)


def _clips(status: RunStatus) -> Iterator[Choice]:
    now = status.clip_norm
    for largest in NORMS:
        if largest != now:
            title = f"clip the gradient at {largest:g}" if largest else "clip no more"
            effect = f"norm of the whole gradient, {norm_text(now)} -> {norm_text(largest)}"
            yield Choice(title, effect, _intervening("clip_norm", largest))


def _intervening(kind: str, *value: float) -> Do:
    intervention = Intervention(kind, *value)
    return lambda source, answer: source.intervene(intervention, answer)


def _surgery(experiment: Experiment, snapshot: Snapshot) -> Iterator[Choice]:
    for kind, title, effect in (
        ("revive", "revive dead units", _dead_text(snapshot)),
        ("rescale", "rescale the weights", "W and b, layer by layer, to z of variance 1"),
    ):
        fault = INTERVENTIONS[kind].fault(experiment.network)
        yield Choice(title, fault or effect, None if fault else _intervening(kind))


def _dead_text(snapshot: Snapshot) -> str:
    """How many units are dead, as it was measured last."""
    step = snapshot.measured_step("dead")
    if step is None:
        return "drawn anew, all that are at zero on the probe set"
    units = int(np.nansum(snapshot.last_measured("dead")))
    of = sum(layer.width for layer in snapshot.layout.layers if layer.rectifier)
    return f"{units or 'none'} of {of:,} dead at step {step:,}" + (", drawn anew" if units else "")


class InterventionsScreen(ChoosingScreen[Choice]):
    """Offers changes; gives the one that was chosen, or None.

    Args:
        offered: all of them; those that do not apply cannot be chosen.
        title: what they are done to.
        ascii_only: lines are drawn with ASCII.
    """

    def __init__(self, offered: Sequence[Choice], title: str, *, ascii_only: bool = False) -> None:
        hint = "enter does it, u undoes it, esc closes"
        super().__init__(title, hint, box="interventions", ascii_only=ascii_only)
        self._offered = offered

    def entries(self) -> Iterator[tuple[Content, Choice | None]]:
        """Each change, and what it would do or why it does not apply."""
        width = max(len(choice.title) for choice in self._offered)
        for choice in self._offered:
            title = (choice.title.ljust(width), "bold")
            told = Content.assemble(title, "  ", safe_text(choice.effect))
            yield told, None if choice.do is None else choice
