"""Many runs in several processes, one BLAS thread each."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from backscope.core.blas import use_threads

from .metamorphic import enter_scaled_losses

WORKERS = 2
AT_A_TIME = 4
"""Tasks handed over together."""

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def in_processes(
    answer: Callable[[Task], Answer], tasks: Sequence[Task], workers: int = WORKERS
) -> list[Answer]:
    """The answers to all tasks, in their order; ``answer`` is a function of a module."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_start) as pool:
        return list(pool.map(answer, tasks, chunksize=AT_A_TIME))


def _start() -> None:
    use_threads(1)
    enter_scaled_losses()
