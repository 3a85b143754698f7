"""How fast a training step is, beside textbook NumPy, PyTorch, JAX and scikit-learn.

Every workload of ``backscope bench``, with what is claimed of it beside what was measured: a claim
is the least number of times that a contender's processor time per step is Backscope's.

    python benchmarks/core_speed.py [--rounds 7] [--dtype float32] [--quick] [W1 W2 ...]
"""

from __future__ import annotations

import argparse

from backscope.core.bench.contenders import PYTORCH, TEXTBOOK, versions
from backscope.core.bench.interleaved import ROUNDS, SLICE_SECONDS
from backscope.core.bench.results import QUICK_SLICE, Result, measure
from backscope.core.bench.workloads import chosen_workloads
from backscope.core.blas import use_threads
from backscope.core.machine import this_machine
from backscope.tui.bench_text import machine_text
from backscope.tui.text_table import text_table

CLAIMS: dict[tuple[str, str], dict[str, float]] = {
    ("W1", "float32"): {TEXTBOOK: 3.0, PYTORCH: 5.5},
    ("W2-SGD", "float32"): {TEXTBOOK: 2.0, PYTORCH: 3.4},
    ("W2-Adam", "float32"): {TEXTBOOK: 2.4, PYTORCH: 5.0},
    ("W3", "float32"): {TEXTBOOK: 1.6, PYTORCH: 1.1},
    ("W4", "float32"): {TEXTBOOK: 2.0, PYTORCH: 2.8},
    ("W1", "float64"): {TEXTBOOK: 2.6},
    ("W4", "float64"): {TEXTBOOK: 2.2},
}
"""By workload and dtype."""


def table(result: Result) -> str:
    """One workload: time per step, ratio, and the claim where there is one."""
    claims = CLAIMS.get((result.workload.name, result.dtype), {})
    rows = [
        (
            timing.name,
            f"{timing.microseconds:,.1f}",
            f"{timing.ratio:.2f}",
            f"{claims[timing.name]:.2f}" if timing.name in claims else "",
            ("yes" if timing.ratio >= claims[timing.name] else "NO")
            if timing.name in claims
            else "",
        )
        for timing in result.timings
    ]
    lines = text_table(("", "us/step", "ratio", "claimed", "holds"), rows, left=("",))
    title = f"{result.workload.name}: {result.workload.about}, {result.dtype}"
    return "\n".join((title, *lines, ""))


def main() -> None:
    """Measure the workloads in both dtypes and print ratios beside claims."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dtype", choices=("float32", "float64"), help="both unless given")
    parser.add_argument(
        "--quick", action="store_true", help="one short round, of W1 and W2-Adam in float32"
    )
    options = parser.parse_args()
    use_threads(1)
    names, dtypes = options.workloads, ["float32", "float64"]
    rounds, seconds = options.rounds, SLICE_SECONDS
    if options.quick:
        names, dtypes = names or ["W1", "W2-Adam"], ["float32"]
        rounds, seconds = 1, QUICK_SLICE
    if options.dtype:
        dtypes = [options.dtype]
    print(machine_text(this_machine(), versions()))
    for dtype in dtypes:
        for workload in chosen_workloads(names):
            print(table(measure(workload, dtype, rounds=rounds, slice_seconds=seconds)), flush=True)


if __name__ == "__main__":
    main()
