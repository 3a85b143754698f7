"""``backscope bench``: measure the workloads that were asked for and say what they took."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import suppress

from ..core.bench.contenders import versions
from ..core.bench.interleaved import ROUNDS, SLICE_SECONDS
from ..core.bench.results import QUICK_ROUNDS, QUICK_SLICE, measure
from ..core.bench.workloads import chosen_workloads
from ..core.machine import this_machine
from .bench_text import bench_facts, bench_text
from .progress import progress_on


def run_bench(
    names: Sequence[str],
    *,
    dtype: str = "float32",
    rounds: int | None = None,
    quick: bool = False,
    as_json: bool = False,
) -> int:
    """Measure, with progress on standard error and the tables on standard output.

    Args:
        names: the workloads; none: all of them.
        dtype: ``"float32"`` or ``"float64"``.
        rounds: turns of every contender; None: as many as are good.
        quick: one short turn each: to see that it works, not how fast.
        as_json: one JSON object instead of the tables.

    Returns:
        The exit code.

    Raises:
        InputError: there is no workload of such a name.
        RuntimeError: a contender trains another network than Backscope does.
    """
    workloads = chosen_workloads(names)
    rounds = rounds or (QUICK_ROUNDS if quick else ROUNDS)
    seconds = QUICK_SLICE if quick else SLICE_SECONDS
    progress = progress_on(sys.stderr, lines=not as_json)
    results = []
    try:
        for number, workload in enumerate(workloads, start=1):
            with suppress(OSError):  # nobody reads it any more
                progress.say(f"workload {number} of {len(workloads)}: {workload.name}")
            results.append(measure(workload, dtype, rounds=rounds, slice_seconds=seconds))
    finally:
        with suppress(OSError):
            progress.clear()
    told = (results, this_machine(), versions())
    if sys.stdout is not None:
        facts = json.dumps(bench_facts(*told), allow_nan=False, indent=2) + "\n"
        sys.stdout.write(facts if as_json else bench_text(*told))
    return 0
