"""What the instruments cost: a step with few or all probes beside the bare step.

python benchmarks/telemetry_cost.py [--rounds 7] [--dtype float32] [--quick] [W1 W2 ...]
"""

from __future__ import annotations

import argparse

from backscope.core.bench.backscope_step import ALL, FEW, BackscopeStep
from backscope.core.bench.interleaved import ROUNDS, interleave
from backscope.core.bench.results import QUICK_SLICE
from backscope.core.bench.workloads import Exercise, chosen_workloads
from backscope.core.blas import use_threads
from backscope.core.machine import this_machine
from backscope.core.settings import ProbeSettings
from backscope.tui.bench_text import machine_text
from backscope.tui.text_table import text_table

SLICE_SECONDS = 0.3
"""Long enough for a schedule of 25 steps to come round more than once, even in W3."""

BUDGETED = "as it comes: a budget of 5 %"

PROBES: dict[str, tuple[ProbeSettings | None, float | None]] = {
    "bare step": (None, None),
    "loss, norms, silent units": (FEW, 1.08),
    BUDGETED: (ProbeSettings(), 1.08 + 0.05),
    "everything of each step": (ALL, 1.30),
}
"""What is measured, and the most times the bare step's time that is claimed for it."""


def main() -> None:
    """Take turns on each workload and print ratios beside claims."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--quick", action="store_true", help="one short round")
    options = parser.parse_args()
    use_threads(1)
    rounds, seconds = (1, QUICK_SLICE) if options.quick else (options.rounds, SLICE_SECONDS)
    print(machine_text(this_machine(), {}))
    for workload in chosen_workloads(options.workloads):
        exercise = Exercise(workload, options.dtype)
        steps = {name: BackscopeStep(exercise, probes) for name, (probes, _) in PROBES.items()}
        timings = interleave(
            {name: contender.advance for name, contender in steps.items()},
            rounds,
            seconds,
        )
        rows = []
        for timing in timings:
            claim = PROBES[timing.name][1]
            rows.append(
                (
                    timing.name,
                    f"{timing.microseconds:,.1f}",
                    f"{timing.ratio:.3f}",
                    "" if claim is None else f"{claim:.2f}",
                    "" if claim is None else "yes" if timing.ratio <= claim else "NO",
                )
            )
        print(f"{workload.name}: {workload.about}, {options.dtype}")
        headings = ("", "us/step", "ratio", "at most", "holds")
        print(*text_table(headings, rows, left=("",)), sep="\n")
        share = steps[BUDGETED].probe_share
        told = f"{share:.3f} of the time" if share else "not told before some hundred steps"
        print(f"what the budget of 5 % was: {told}\n")


if __name__ == "__main__":
    main()
