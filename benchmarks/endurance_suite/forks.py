"""Processes by the thousand: forked from one that has imported everything, and killed at will.

To start an interpreter and import the store takes half a second; a fork takes milliseconds and is
as much a process as any other: it has its own locks, threads, database connections and death.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from tempfile import TemporaryFile
from typing import IO, NoReturn, TypeVar, cast

import numpy as np

from backscope.core.record import Row

CRASHED = 70
"""Exit code of a child that did not do what it was told."""

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def forked(work: Callable[[], object]) -> int:
    """Have a child do this and exit; its process id. The child never comes back."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _work(work)
    return pid


def kill(pid: int) -> None:
    """Kill a child at once and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def exit_code(pid: int) -> int:
    """Wait for a child; its exit code, or minus the signal that it has died of."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def has_ended(pid: int) -> bool:
    """Whether a child has ended by itself; it is not waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def shared_numbers(count: int) -> Row:
    """Zeros in memory that children share, ``(count,)``."""
    return np.frombuffer(mmap.mmap(-1, 8 * count), np.float64)


def in_forks(answer: Callable[[Task], Answer], tasks: Sequence[Task], workers: int) -> list[Answer]:
    """The answers to all tasks, in their order, by so many forks that may fork again.

    Raises:
        RuntimeError: a fork has crashed; it has said why.
    """
    answers: list[Answer | None] = [None] * len(tasks)
    shares = [tasks[worker::workers] for worker in range(min(workers, len(tasks)))]

    def work(share: Sequence[Task], file: IO[bytes]) -> None:
        pickle.dump([answer(task) for task in share], file)
        file.flush()

    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile()) for _ in shares]
        pairs = list(zip(shares, files, strict=True))
        pids = [forked(partial(work, share, file)) for share, file in pairs]
        crashed = [code for code in map(exit_code, pids) if code]
        if crashed:
            raise RuntimeError(f"{len(crashed)} of {len(pids)} workers have crashed")
        for worker, file in enumerate(files):
            file.seek(0)
            answers[worker::workers] = pickle.load(file)
    return cast(list[Answer], answers)


def _work(work: Callable[[], object]) -> NoReturn:
    code = CRASHED
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
