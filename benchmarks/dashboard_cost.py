"""What being watched costs: steps per second with the dashboard open, against headless.

The same preset is trained for some seconds in two processes that take turns: without a screen, and
with the dashboard in a pseudo-terminal that is read as fast as it writes.

    python benchmarks/dashboard_cost.py [--preset NAME] [--size 120x40] [--seconds 4] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from importlib.resources import files
from pathlib import Path

import pexpect

from backscope.core.experiment import Experiment, load_experiment
from backscope.core.run import Run
from backscope.core.trainer import Trainer

ENDLESS = {"training.steps": 1_000_000_000}
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "MKL", "OMP")}
"""Set for the children, before they import NumPy."""


class TimedRun(Run):
    """A run that knows how long it was driven, waiting for the interpreter included."""

    wall = 1e-9

    def drive(self) -> None:
        """Drive and take the time."""
        started = time.perf_counter()
        super().drive()
        self.wall = time.perf_counter() - started


def headless(preset: str, seconds: float) -> dict[str, float]:
    """Train without a screen and count the steps."""
    run = TimedRun(Trainer(load_experiment(preset, ENDLESS)))
    timer = threading.Timer(seconds, run.stop)
    timer.start()
    run.drive()
    return {"steps": run.history.snapshot().last_step / run.wall, "frames": 0.0}


def watched(preset: str, seconds: float) -> dict[str, float]:
    """Train with the dashboard open and count steps and frames."""
    from backscope.tui.app import BackscopeApp
    from backscope.tui.capture import CapturedText
    from backscope.tui.session import run_app

    runs: list[TimedRun] = []

    def source(experiment: Experiment, *, paused: bool, pace: float | None) -> TimedRun:
        runs.append(TimedRun(Trainer(experiment), paused=paused, pace=pace))
        return runs[-1]

    class Counted(BackscopeApp):
        CSS_PATH = str(files("backscope.tui") / "backscope.tcss")
        frames = 0

        def post_display_hook(self) -> None:
            self.frames += 1

        def on_mount(self) -> None:
            super().on_mount()
            self.set_timer(seconds, self.exit)

    log = CapturedText()
    app = Counted(load_experiment(preset, ENDLESS), source_factory=source, log=log)
    run_app(app, log)
    (run,) = runs
    return {
        "steps": run.history.snapshot().last_step / run.wall,
        "frames": app.frames / run.wall,
    }


def contender(mode: str, options: argparse.Namespace) -> dict[str, float]:
    """Run one contender in a process of its own and read what it measured."""
    columns, rows = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "measured.json")
        arguments = [__file__, "--child", mode, "--out", str(out)]
        arguments += ["--preset", options.preset, "--seconds", str(options.seconds)]
        environment = {**os.environ, **ONE_THREAD, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        if mode == "headless":
            subprocess.run([sys.executable, *arguments], check=True, env=environment)
            written = 0
        else:
            child = pexpect.spawn(
                sys.executable, arguments, dimensions=(rows, columns), env=environment, timeout=60
            )
            started, written = time.perf_counter(), 0
            while True:
                try:
                    written += len(child.read_nonblocking(65536, timeout=60))
                except pexpect.EOF:
                    break
            written = int(written / (time.perf_counter() - started))
            child.close()
        result: dict[str, float] = json.loads(out.read_text())
        result["bytes"] = written
        return result


def main() -> None:
    """Take turns, print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="vanishing")
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", choices=("headless", "watched"), help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        mode = headless if options.child == "headless" else watched
        Path(options.out).write_text(json.dumps(mode(options.preset, options.seconds)))
        return
    results: dict[str, list[dict[str, float]]] = {"headless": [], "watched": []}
    for _ in range(options.rounds):
        for mode, rounds in results.items():
            rounds.append(contender(mode, options))
    print(f"{options.preset} at {options.size}, medians of {options.rounds} rounds")
    print(f"{'':12}{'steps/s':>10}{'frames/s':>10}{'bytes/s':>10}")
    for mode, rounds in results.items():
        steps, frames, written = (
            statistics.median(r[key] for r in rounds) for key in ("steps", "frames", "bytes")
        )
        print(f"{mode:12}{steps:10.0f}{frames:10.1f}{written:10.0f}")
    pairs = zip(results["watched"], results["headless"], strict=True)
    ratio = statistics.median(w["steps"] / h["steps"] for w, h in pairs)
    print(f"watched / headless: {ratio:.3f}")


if __name__ == "__main__":
    main()
