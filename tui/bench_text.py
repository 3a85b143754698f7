"""The tables of ``backscope bench``, as they are printed, and the same as plain values."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.bench.contenders import BACKSCOPE
from ..core.bench.results import Result
from ..core.machine import Machine
from ..core.plain import plain
from .number_format import short
from .text_table import text_table

WIDTH = 79
EXPLAINED = (
    "us/step: processor time of the whole process per training step, median of the rounds; "
    f"ratio: how many times that of {BACKSCOPE}, median of the ratios within a round. "
    "Every contender has one thread, the same weights to start from and the same batches "
    "(scikit-learn draws its own)."
)


def machine_text(machine: Machine, packages: Mapping[str, str | None]) -> str:
    """The machine and the versions, as every benchmark prints them; no line beyond 79 cells.

    Args:
        machine: what it ran on.
        packages: versions by package; None: not installed.
    """
    threads = "?" if machine.blas_threads is None else machine.blas_threads
    blas = " ".join(filter(None, (machine.blas, machine.blas_version, machine.blas_kernel)))
    there = (f"{name} {version}" for name, version in packages.items() if version is not None)
    missing = [name for name, version in packages.items() if version is None]
    facts = [
        f"{machine.cpu}, {machine.cores} cores, {machine.system}",
        ", ".join((f"Python {machine.python}", f"NumPy {machine.numpy}", *there)),
        f"BLAS: {blas or 'unknown'}, threads: {threads}",
    ]
    if missing:
        facts.append(f"not installed, left out: {', '.join(missing)}")
    return "".join(f"{line}\n" for fact in facts for line in textwrap.wrap(fact, WIDTH))


def result_text(result: Result) -> str:
    """One workload: a line for each contender, the first being what all are compared with."""
    rows = [
        (timing.name, short(timing.microseconds), short(timing.ratio)) for timing in result.timings
    ]
    title = f"{result.workload.name}: {result.workload.about}, {result.dtype}"
    return "\n".join((title, *text_table(("", "us/step", "ratio"), rows, left=("",)))) + "\n"


def bench_text(
    results: Sequence[Result], machine: Machine, packages: Mapping[str, str | None]
) -> str:
    """Everything that was measured, the machine, and what the columns mean."""
    tables = "".join(result_text(result) + "\n" for result in results)
    return f"{tables}{textwrap.fill(EXPLAINED, WIDTH)}\n\n{machine_text(machine, packages)}"


def bench_facts(
    results: Sequence[Result], machine: Machine, packages: Mapping[str, str | None]
) -> dict[str, Any]:
    """The same as one dictionary that JSON can hold; ``seconds`` has a value for each round."""
    workloads = [
        {
            "name": result.workload.name,
            "about": result.workload.about,
            "dtype": result.dtype,
            "contenders": [
                {
                    "name": timing.name,
                    "microseconds_per_step": plain(timing.microseconds),
                    "ratio": plain(timing.ratio),
                    "seconds": plain(timing.seconds),
                }
                for timing in result.timings
            ],
        }
        for result in results
    ]
    return {"machine": plain(machine), "packages": plain(packages), "workloads": workloads}
