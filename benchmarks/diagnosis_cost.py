"""What the diagnosis costs: steps without it beside steps that are measured and judged.

Interleaved, by processor time: the bare step, of which nothing is kept; a run without probes, of
which the history has loss and rate of every step, as of any training loop that keeps its curve; one
with norms and silent units of every step; the step as it comes with all its probes; the same with
the diagnosis asked four times a second, as the screen does. At the start of a run, where checks are
closest together and the first steps are measured in full, and once it has settled. The claim is of
the run without probes.

    python benchmarks/diagnosis_cost.py [--rounds 7] [--quick] [4x32 10x64 30x128]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from backscope.core.bench.backscope_step import FEW
from backscope.core.bench.interleaved import ROUNDS, Timing, interleave, ratio
from backscope.core.bench.results import QUICK_SLICE
from backscope.core.bench.workloads import Exercise, Workload
from backscope.core.blas import use_threads
from backscope.core.diagnosis import Diagnosis
from backscope.core.history import History
from backscope.core.machine import this_machine
from backscope.core.record import Layout, StepRecord
from backscope.core.settings import ProbeSettings
from backscope.tui.bench_text import machine_text
from backscope.tui.text_table import text_table

NETWORKS = {"4x32": 0.05, "10x64": 0.02, "30x128": 0.005}
"""Depth x width, and a rate at which they go on learning."""
LEAST_SPEED = 0.85
"""Of the steps per second of a run without probes that are left: what is claimed."""
ASKED_EVERY = 0.25
"""Seconds; of processor time, so that a busy machine asks no more often."""
LOOK_EVERY = 16
"""Steps between two looks at that time, which a screen takes in a thread of its own."""
SLICE_SECONDS = 1.0
START_STEPS = 1000
START_CHUNK = 50
SETTLED_STEPS = 3000


class Watched:
    """A run as a screen drives it, with or without asking the diagnosis."""

    def __init__(
        self, exercise: Exercise, *, asks: bool = False, probes: ProbeSettings | None = None
    ) -> None:
        trainer = exercise.trainer(probes)
        self._steps = trainer.steps(errors_ignored=True)
        self._history = History(trainer.layout)
        self._diagnosis = Diagnosis(trainer.facts) if asks else None
        self._asked = time.process_time()

    def advance(self, steps: int) -> int:
        """Train so many steps.

        Raises:
            RuntimeError: training has ended, which would make the rest look fast.
        """
        for _ in range(steps):
            record = next(self._steps, None)
            if record is None:
                raise RuntimeError("the training has ended")
            self._history.append(record, 0.0)
            if self._diagnosis is not None and not record.step % LOOK_EVERY:
                now = time.process_time()
                if now - self._asked >= ASKED_EVERY:
                    self._asked = now
                    self._diagnosis.update(self._history.snapshot())
        return steps


def bare(exercise: Exercise) -> Callable[[int], int]:
    """The training alone."""
    trainer = exercise.trainer()

    def advance(steps: int) -> int:
        trainer.advance_bare(steps)
        if trainer.state.final:
            raise RuntimeError(f"the training has {trainer.state} at {trainer.step}")
        return steps

    return advance


def unmeasured(exercise: Exercise) -> Callable[[int], int]:
    """A run without probes: of each step its loss and its rate are kept, in a history."""
    trainer = exercise.trainer()
    layout = Layout(trainer.layout.layers, ())
    history, losses = History(layout), trainer.bare_steps()
    loss, rate = layout.columns("loss").start, layout.columns("learning_rate").start

    def advance(steps: int) -> int:
        for _ in range(steps):
            row = layout.empty_row()
            row[rate] = trainer.learning_rate
            row[loss] = next(losses)
            if trainer.state.final:
                raise RuntimeError(f"the training has {trainer.state} at {trainer.step}")
            history.append(StepRecord(trainer.step, row, layout), 0.0)
        return steps

    return advance


def contenders(exercise: Exercise) -> dict[str, Callable[[int], int]]:
    """All of them at their first step."""
    return {
        "bare step": bare(exercise),
        "run without probes": unmeasured(exercise),
        "norms and silent units": Watched(exercise, probes=FEW).advance,
        "measured": Watched(exercise).advance,
        "measured and judged": Watched(exercise, asks=True).advance,
    }


def at_the_start(exercise: Exercise, rounds: int, steps: int) -> list[Timing]:
    """The first steps of a run, a new run each round."""
    seconds: dict[str, list[float]] = {}
    for _ in range(rounds):
        runs = contenders(exercise)
        taken = dict.fromkeys(runs, 0.0)
        for _ in range(0, steps, START_CHUNK):
            for name, advance in runs.items():
                begun = time.process_time()
                advance(START_CHUNK)
                taken[name] += time.process_time() - begun
        for name, total in taken.items():
            seconds.setdefault(name, []).append(total / steps)
    first = next(iter(seconds.values()))
    return [Timing(name, tuple(each), ratio(each, first)) for name, each in seconds.items()]


def once_settled(
    exercise: Exercise, rounds: int, slice_seconds: float, before: int
) -> list[Timing]:
    """Slices of runs that have so many steps behind them."""
    runs = contenders(exercise)
    for advance in runs.values():
        advance(before)
    return interleave(runs, rounds, slice_seconds)


def workload(name: str, rate: float) -> Workload:
    """A ReLU network on inputs and classes as many as those of digits, in the usual batches."""
    depth, width = map(int, name.split("x"))
    return Workload(name, 64, (width,) * depth, 10, "relu", "he_normal", "sgd", rate, 32)


def main() -> None:
    """Take turns on each network and print what is left of the speed beside the claim."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="DEPTHxWIDTH")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="one short round of the smallest")
    options = parser.parse_args()
    use_threads(1)
    np.seterr(all="ignore")  # as in the thread of a run, once for all steps
    unknown = [name for name in options.networks if name not in NETWORKS]
    if unknown:
        parser.error(f"{unknown[0]!r} is no network; allowed: {', '.join(NETWORKS)}")
    names = options.networks or list(NETWORKS)
    rounds, slice_seconds, start, before = options.rounds, SLICE_SECONDS, START_STEPS, SETTLED_STEPS
    if options.quick:
        names, rounds, slice_seconds, start, before = names[:1], 1, QUICK_SLICE, START_CHUNK, 0
    print(machine_text(this_machine(), {}))
    for name in names:
        exercise = Exercise(workload(name, NETWORKS[name]), "float64")
        print(f"{name}: {exercise.workload.about}, float64")
        phases = {
            f"first {start} steps": at_the_start(exercise, rounds, start),
            f"after {before} steps": once_settled(exercise, rounds, slice_seconds, before),
        }
        rows = []
        for phase, timings in phases.items():
            for timing in timings:
                left = 1.0 / ratio(timing.seconds, timings[1].seconds)
                judged = timing is timings[-1]
                rows.append(
                    (
                        phase,
                        timing.name,
                        f"{timing.microseconds:,.1f}",
                        f"{1.0 / timing.ratio:.3f}",
                        f"{left:.3f}",
                        f"{LEAST_SPEED:.2f}" if judged else "",
                        ("yes" if left >= LEAST_SPEED else "NO") if judged else "",
                    )
                )
        headings = ("when", "what", "us/step", "of bare", "of the run", "at least", "holds")
        print(*text_table(headings, rows, left=("when", "what")), sep="\n")
        for phase, (*_, measured, judged_too) in phases.items():
            alone = ratio(judged_too.seconds, measured.seconds) - 1.0
            print(f"{phase}: asking the diagnosis adds {alone:+.1%} to a measured step")
        print()


if __name__ == "__main__":
    main()
