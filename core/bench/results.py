"""A workload measured: every contender's time per step and its ratio to Backscope's."""

from __future__ import annotations

from dataclasses import dataclass

from .contenders import check_same_training, make_contenders
from .interleaved import ROUNDS, SLICE_SECONDS, Timing, interleave
from .workloads import Exercise, Workload

QUICK_ROUNDS, QUICK_SLICE = 1, 0.005


@dataclass(frozen=True, slots=True)
class Result:
    """One workload in one dtype."""

    workload: Workload
    dtype: str
    timings: tuple[Timing, ...]
    """Backscope first."""


def measure(
    workload: Workload,
    dtype: str,
    *,
    rounds: int = ROUNDS,
    slice_seconds: float = SLICE_SECONDS,
    seed: int = 0,
) -> Result:
    """Check that all contenders train the same network, then time them in turn.

    Raises:
        RuntimeError: they do not.
    """
    exercise = Exercise(workload, dtype, seed)
    contenders = make_contenders(exercise)
    check_same_training(exercise, contenders)
    timings = interleave(
        {name: contender.advance for name, contender in contenders.items()},
        rounds,
        slice_seconds,
    )
    return Result(workload, dtype, tuple(timings))
