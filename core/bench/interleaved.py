"""Timing contenders side by side: they take turns, so that a busy machine slows them alike.

The clock is the processor time of the whole process. Every contender is meant to use one thread;
should one use more behind its back, their time counts too, which a thread's clock would not see.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Advance = Callable[[int], int]
"""Do about so many steps and give how many they were."""

SLICE_SECONDS = 0.075
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Timing:
    """What one contender took."""

    name: str
    seconds: tuple[float, ...]
    """Processor seconds per step, a value a round."""
    ratio: float
    """Median over the rounds of its time per step by that of the first contender."""

    @property
    def microseconds(self) -> float:
        """Median processor time per step."""
        return 1e6 * median(self.seconds)


def interleave(
    contenders: Mapping[str, Advance],
    rounds: int = ROUNDS,
    slice_seconds: float = SLICE_SECONDS,
    *,
    clock: Callable[[], float] = time.process_time,
) -> list[Timing]:
    """Let every contender do a slice of steps in turn, round after round.

    Finding out how many steps make a slice warms each contender up; that is not counted.

    Args:
        contenders: by name; the first is what the others are compared with.
        rounds: at least 1.
        slice_seconds: about how long a slice is.
        clock: processor seconds.
    """
    slices = {
        name: _steps_in_a_slice(advance, slice_seconds, clock)
        for name, advance in contenders.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, advance in contenders.items():
            seconds[name].append(_per_step(advance, slices[name], clock))
    first = next(iter(seconds.values()))
    return [Timing(name, tuple(each), ratio(each, first)) for name, each in seconds.items()]


def ratio(seconds: Sequence[float], reference: Sequence[float]) -> float:
    """Median of the ratios within each round."""
    return median(mine / other for mine, other in zip(seconds, reference, strict=True))


def _steps_in_a_slice(advance: Advance, slice_seconds: float, clock: Callable[[], float]) -> int:
    advance(1)  # which may compile something
    steps = 1
    while (taken := steps * _per_step(advance, steps, clock)) < slice_seconds / 4:
        steps *= 2
    return max(1, round(steps * slice_seconds / taken))


def _per_step(advance: Advance, steps: int, clock: Callable[[], float]) -> float:
    started = clock()
    done = advance(steps)
    return (clock() - started) / done
