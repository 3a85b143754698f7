"""What a peer says of a run: an alarm, and what it may mean in our words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .recording import Recording


@dataclass(frozen=True, slots=True)
class Alarm:
    """The first time that one rule of a peer held."""

    step: int
    rule: str
    kinds: tuple[str, ...]
    """The kinds of finding that it may mean, read generously: any of them counts as right."""


Peer = Callable[[Recording], tuple[Alarm, ...]]
"""A peer's rules, asked of a whole run; earlier alarms first, as ordered where they are equal."""


def first(holds: NDArray[np.bool_], rule: str, *kinds: str) -> list[Alarm]:
    """The alarm of a rule that holds at some steps, ``(steps,)`` or ``(steps, n_layers)``."""
    steps = holds if holds.ndim == 1 else holds.any(axis=1)
    return [Alarm(int(steps.argmax()) + 1, rule, kinds)] if steps.any() else []


def in_order(alarms: list[Alarm]) -> tuple[Alarm, ...]:
    """By step."""
    return tuple(sorted(alarms, key=lambda alarm: alarm.step))


def silent_shares(recording: Recording) -> NDArray[np.float64]:
    """Silent ReLU units of each layer as a share of its width, ``(steps, n_layers)``; else 0."""
    widths = [layer.width for layer in recording.layout.layers]
    return np.nan_to_num(recording["silent"] / widths)
