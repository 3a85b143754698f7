"""``backscope bench``: the time of a training step, beside others."""

from __future__ import annotations

import argparse

from ...core.blas import use_threads
from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED, INTERRUPTED
from ..option_types import dtype, whole_above_zero
from .command import Command


def _options(bench: argparse.ArgumentParser) -> None:
    bench.add_argument(
        "workloads",
        nargs="*",
        metavar="WORKLOAD",
        help="W1, W2 (or W2-SGD, W2-Adam), W3, W4; none: all of them",
    )
    bench.add_argument(
        "--dtype",
        type=dtype,
        default="float32",
        metavar="TYPE",
        help="float32 or float64 (float32)",
    )
    bench.add_argument(
        "--rounds",
        type=whole_above_zero,
        metavar="N",
        help="turns of every contender (7)",
    )
    bench.add_argument("--json", action="store_true", help="one JSON object on standard output")
    bench.add_argument(
        "--quick", action="store_true", help="one short turn: whether it works, not how fast"
    )


def _answer(options: argparse.Namespace) -> int:
    # All contenders have one thread, or their times cannot be compared.
    use_threads(1)
    from ..bench import run_bench

    return run_bench(
        options.workloads,
        dtype=options.dtype,
        rounds=options.rounds,
        quick=options.quick,
        as_json=options.json,
    )


BENCH = Command(
    name="bench",
    takes="[WORKLOAD ...]",
    does="time a training step beside PyTorch and others",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE),
)
