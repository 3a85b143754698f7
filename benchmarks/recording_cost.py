"""What recording costs: processor time per step, and steps per second of a preset.

Rows of about 100 metrics are appended at several rates, in turns recorded and not recorded, in one
process; what is compared is the processor time of all its threads. Either way the run is diagnosed
five times a second, as whoever shows it does; a recorded one is diagnosed once for both. Then the
preset `vanishing` is trained without a screen, likewise in turns, recorded and with
``--no-record``, each time in a process that was forked for it: steps per second of training time,
and processor time per step of the whole process.

    python benchmarks/recording_cost.py [--rounds 7] [--seconds 2] [--steps 6000] [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from endurance_suite.forks import forked
from replay import MadeRun

from backscope.core.blas import use_threads
from backscope.core.diagnosis import Diagnosis
from backscope.core.experiment import load_experiment
from backscope.core.machine import this_machine
from backscope.core.store.places import HOME
from backscope.core.store.recording import Recording
from backscope.tui.bench_text import machine_text
from backscope.tui.headless import run_headless
from backscope.tui.text_table import text_table

RATES = (500, 2_000, 5_000, 20_000)
"""Steps per second."""
TOGETHER = 0.01
"""Seconds between two handfuls of rows."""
LOOK_EVERY = 20
"""Handfuls between two looks of whoever shows the run."""
PRESET = "vanishing"
MOST_MICROSECONDS, MOST_SHARE = 10.0, 0.05
"""What is claimed."""


class Trained(NamedTuple):
    """A preset that was trained."""

    steps_per_second: float
    microseconds: float
    """Of processor time per step, of the whole process."""


def appended(rate: int, seconds: float, *, record: bool) -> float:
    """Microseconds of processor time per step, of all threads, at so many steps a second."""
    run, rng = MadeRun(1_000_000), np.random.default_rng(1)
    recording = Recording.of_new(run) if record else None
    diagnosis = Diagnosis(run.facts) if recording is None else recording.diagnosis
    handful = max(round(rate * TOGETHER), 1)
    times = round(seconds * rate / handful)
    if recording is not None:
        recording.start()
    before, began = time.process_time(), time.perf_counter()
    for number in range(1, times + 1):
        run.append(handful, rng)
        if number % LOOK_EVERY == 0:
            diagnosis.update(run.history.snapshot())
        time.sleep(max(began + number * handful / rate - time.perf_counter(), 0.0))
    if recording is not None:
        recording._recorder.flush()
    spent = time.process_time() - before
    if recording is not None:
        recording.finish()
    return 1e6 * spent / (times * handful)


def trained(steps: int, folder: Path, *, record: bool) -> Trained:
    """Train the preset without a screen, as the command does."""
    path = folder / "summary"

    def train() -> None:
        with path.open("w") as sys.stdout:
            run_headless(experiment, as_json=True, record=record)

    experiment = load_experiment(PRESET, {"training.steps": steps})
    pid = forked(train)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"training has failed with {os.waitstatus_to_exitcode(status)}")
    said = json.loads(path.read_text())
    spent = usage.ru_utime + usage.ru_stime
    return Trained(said["steps_per_second"], 1e6 * spent / steps)


def main() -> None:
    """Take turns, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="of rows, each time")
    parser.add_argument("--steps", type=int, default=6_000, help="of the preset, each time")
    parser.add_argument("--quick", action="store_true", help="one short round")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.steps = 1, 0.3, 400
    use_threads(1)
    print(machine_text(this_machine(), {}))
    with tempfile.TemporaryDirectory(prefix="backscope-") as home:
        os.environ[HOME] = home
        lines = []
        for rate in RATES:
            bare, recorded = [], []
            for _ in range(options.rounds):
                bare.append(appended(rate, options.seconds, record=False))
                recorded.append(appended(rate, options.seconds, record=True))
            more = [each - other for each, other in zip(recorded, bare, strict=True)]
            figures = [statistics.median(each) for each in (bare, recorded, more)]
            lines.append((f"{rate:,}", *(f"{each:.1f}" for each in figures), f"{min(more):.1f}"))
        print(f"{MadeRun(1).history.layout.size} metrics; us/step of processor, all threads")
        heads = ("steps/s", "not recorded", "recorded", "more", "least")
        print("\n".join(text_table(heads, lines)))
        print(f"claimed: at most {MOST_MICROSECONDS:.0f} us/step more\n")

        rounds = [
            [trained(options.steps, Path(home), record=record) for record in (False, True)]
            for _ in range(options.rounds)
        ]
    lines = []
    for name, unit in (("steps_per_second", "steps/s"), ("microseconds", "us/step of processor")):
        one, other = ([getattr(each[at], name) for each in rounds] for at in (0, 1))
        ratios = [b / a for a, b in zip(one, other, strict=True)]
        lines.append(
            (
                unit,
                f"{statistics.median(one):,.0f}",
                f"{statistics.median(other):,.0f}",
                f"{statistics.median(ratios):.3f}",
                f"{min(ratios):.3f} to {max(ratios):.3f}",
            )
        )
    print(f"{PRESET}, {options.steps:,} steps, without a screen")
    heads = ("", "--no-record", "recorded", "ratio", "of the rounds")
    print("\n".join(text_table(heads, lines, left=("",))))
    print(f"claimed: at least {1 - MOST_SHARE:.2f} of the steps/s")


if __name__ == "__main__":
    main()
