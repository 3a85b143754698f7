"""Schedules: the learning rate as a function of the step.

The table ``SCHEDULES`` at the end is the whole list. An entry gives a factor on the base rate,
``(step_index, total_steps, settings) -> factor``, where the first step has index 0. Linear warm-up
goes before any of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .settings import TrainingSettings

Changes = tuple[tuple[float, ...], ...]
"""``(step, rate)`` pairs: from that step on, this is the base rate."""

Schedule = Callable[[int, int, TrainingSettings], float]


def _constant(step_index: int, total_steps: int, settings: TrainingSettings) -> float:
    return 1.0


def _step(step_index: int, total_steps: int, settings: TrainingSettings) -> float:
    """One more ``decay_factor`` every ``decay_every`` steps: PyTorch's ``StepLR``."""
    return float(settings.decay_factor ** (step_index // settings.decay_every))


def _cosine(step_index: int, total_steps: int, settings: TrainingSettings) -> float:
    """Half a cosine from 1 down to ``final_rate``, which the step after the last would have.

    PyTorch's ``CosineAnnealingLR`` with ``T_max = total_steps``; Loshchilov & Hutter, "SGDR"
    (2017), equation 5, without restarts. Beyond the end it stays at ``final_rate``.
    """
    share = min(step_index / max(total_steps, 1), 1.0)
    return settings.final_rate + (1 - settings.final_rate) * (1 + math.cos(math.pi * share)) / 2


def learning_rate(settings: TrainingSettings, step_index: int, total_steps: int) -> float:
    """The learning rate of a step: base rate x warm-up x schedule.

    ``step_index`` counts from 0, of ``total_steps`` planned. The base rate is that of the last of
    ``rate_changes`` whose step, which counts from 1, has come. Warm-up multiplies it by
    (step_index + 1) / warmup_steps until that is 1; the schedule runs over the steps after that.
    """
    base, warmup = base_rate(settings, step_index), settings.warmup_steps
    if step_index < warmup:
        return base * (step_index + 1) / warmup
    schedule = SCHEDULES[settings.schedule]
    return base * schedule(step_index - warmup, total_steps - warmup, settings)


def base_rate(settings: TrainingSettings, step_index: int) -> float:
    """The base learning rate at a step, before warm-up and schedule.

    Of two changes at one step the later in the list holds.
    """
    rate, since = settings.learning_rate, 0.0
    for step, changed in settings.rate_changes:
        if since <= step <= step_index + 1:
            rate, since = changed, step
    return float(rate)


def rate_changed(changes: Changes, step: int, rate: float) -> Changes:
    """Changes of the base rate with one more, which overrules another at its step."""
    return tuple(sorted((*(change for change in changes if change[0] != step), (step, rate))))


def change_of_rate(settings: TrainingSettings, step: int) -> tuple[float, float] | None:
    """The base rate before and from a step (from 1) on, where ``rate_changes`` changes it there."""
    if all(changed != step for changed, _ in settings.rate_changes):
        return None
    before, after = base_rate(settings, step - 2), base_rate(settings, step - 1)
    return None if before == after else (before, after)


SCHEDULES: dict[str, Schedule] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
}
