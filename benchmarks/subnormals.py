"""Numbers too small for float32 must not slow the training down.

Two ways into them: an error signal that vanishes on its way through 80 sigmoid layers, beside the
same network with larger weights, which pass it on; and Adam's moments of ReLU units that have died,
which decay for ever, beside the same training at its start.

    python benchmarks/subnormals.py [--rounds 7] [--steps 12000] [--quick]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from backscope.core.bench.backscope_step import BackscopeStep
from backscope.core.bench.interleaved import ROUNDS, SLICE_SECONDS, Timing, interleave
from backscope.core.bench.results import QUICK_SLICE
from backscope.core.bench.workloads import Exercise, Workload
from backscope.core.blas import use_threads
from backscope.core.machine import this_machine
from backscope.tui.bench_text import machine_text
from backscope.tui.number_format import short
from backscope.tui.text_table import text_table

DEEP = (32,) * 80
HEALTHY = Workload("healthy", 32, DEEP, 10, "sigmoid", "xavier_normal", "sgd", 1e-3, 64, gain=12.0)
"""At this gain a sigmoid layer passes the signal on as it gets it."""
VANISHING = Workload("vanishing", 32, DEEP, 10, "sigmoid", "xavier_normal", "sgd", 1e-3, 64)
DYING = Workload("dying", 64, (64,) * 20, 10, "relu", "he_normal", "adam", 0.005, 64)
"""A rate at which Adam kills most units within some hundred steps."""


def measured(contender: BackscopeStep, name: str) -> list[float]:
    """A metric of the next step, a value a layer."""
    record = contender.record()
    return [float(value) for value in record.row[record.layout.columns(name)]]


def print_timings(timings: list[Timing], notes: Mapping[str, str], claim: float) -> None:
    """One line each, the first being what the second is compared with."""
    rows = [
        (timing.name, notes[timing.name], f"{timing.microseconds:,.1f}", f"{timing.ratio:.2f}")
        for timing in timings
    ]
    headings = ("", "evidence", "us/step", "ratio")
    print(*text_table(headings, rows, left=("", "evidence")), sep="\n")
    verdict = "yes" if timings[1].ratio <= claim else "NO"
    print(f"at most {claim:.2f} claimed; holds: {verdict}\n", flush=True)


def main() -> None:
    """Time both pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--steps", type=int, default=12_000, help="of Adam, before its timing")
    parser.add_argument("--quick", action="store_true", help="one short round after few steps")
    options = parser.parse_args()
    use_threads(1)
    rounds, seconds = (1, QUICK_SLICE) if options.quick else (options.rounds, SLICE_SECONDS)
    steps = 100 if options.quick else options.steps
    print(machine_text(this_machine(), {}))

    print("80 sigmoid layers of 32, batch 64, float32")
    pair = {w.name: BackscopeStep(Exercise(w)) for w in (HEALTHY, VANISHING)}
    notes = {}
    for name, contender in pair.items():
        signal = measured(contender, "error_signal")
        notes[name] = f"signal {short(signal[-1])} -> {short(signal[0])}"
    print_timings(
        interleave({name: c.advance for name, c in pair.items()}, rounds, seconds), notes, 1.1
    )

    print(f"{DYING.about}, rate {DYING.learning_rate}, float32")
    fresh, aged = (BackscopeStep(Exercise(DYING)) for _ in range(2))
    aged.advance(steps)
    pair = {"at the start": fresh, f"after {steps:,} steps": aged}
    notes = {
        name: f"{sum(measured(contender, 'silent')[:-1]):.0f} of {sum(DYING.hidden)} silent"
        for name, contender in pair.items()
    }
    print_timings(
        interleave({name: c.advance for name, c in pair.items()}, rounds, seconds), notes, 1.3
    )


if __name__ == "__main__":
    main()
