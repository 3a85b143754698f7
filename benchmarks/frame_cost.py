"""What a frame costs and sends, at every length of a run: the whole app in a pseudo-terminal.

Processor time of everything but training (view, diagnosis, all panels, compositing, encoding,
writing) and bytes written, from frame to frame. Runs of 100 to a million recorded steps take turns;
they are replayed from real records, some more at each look. ``live`` is a run that is trained
meanwhile, and so shares caches and interpreter with the screen.

    python benchmarks/frame_cost.py [--preset NAME] [--frames 25] [--rounds 3] [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from itertools import count
from pathlib import Path

import numpy as np
import pexpect

from backscope.core.experiment import Experiment, load_experiment
from backscope.core.record import Event, RunState, StepRecord
from backscope.core.run import Run
from backscope.core.source import RunStatus
from backscope.core.trainer import Trainer

ENDLESS = {"training.steps": 1_000_000_000}
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "MKL", "OMP")}
"""Set for the children, before they import NumPy."""
TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
RECORDED = 4_000
"""Steps that are trained for the replays."""
STEPS_A_FRAME = 250
"""Further steps at each look: what ``vanishing`` does at 5 frames a second."""
WARM_UP = 5
"""Frames that are not counted: the first paint, imports, caches being filled."""
LIVE = 0
ASKED = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b\[6n")
"""Put the cursor there, and say where it is."""


class Replay:
    """What a ``Run`` needs of a trainer, with the records of one over and over again."""

    def __init__(self, preset: str) -> None:
        trainer = Trainer(load_experiment(preset, ENDLESS))
        steps = trainer.steps()
        self._rows = [next(steps).row for _ in range(RECORDED)]
        self.experiment = trainer.experiment
        self.layout, self.facts = trainer.layout, trainer.facts
        self.rate_changes = trainer.experiment.training.rate_changes
        self.interventions, self.clip_norm = trainer.interventions, trainer.clip_norm
        self.learning_rate = self.base_learning_rate = trainer.learning_rate
        self.steps_planned = trainer.steps_planned
        self.state = RunState.RUNNING
        self.probe_share = 0.0
        self.step = 0
        self.checkpoint_bytes = sys.maxsize  # too many: there is nothing to go back to
        self._epoch = trainer.layout.columns("epoch").start

    def steps(self, *, errors_ignored: bool = False) -> Iterator[StepRecord]:
        """Record after record, each with its own step and epoch."""
        a_step = float(self._rows[0][self._epoch])
        for step in count(1):
            self.step = step
            row = self._rows[(step - 1) % RECORDED].copy()
            row[self._epoch] = step * a_step
            yield StepRecord(step, row, self.layout)

    def take_events(self) -> tuple[Event, ...]:
        """Nothing ever happens."""
        return ()


class Shown(Run):
    """A run that has more steps each time the screen looks at it; they cost the screen nothing."""

    elsewhere = 0.0
    """Processor seconds that were not the screen's."""
    further = 0

    def status(self) -> RunStatus:
        """Where the run stands, after some more steps."""
        if self.further:
            started = time.thread_time()
            self.advance(self.further)
            self.elsewhere += time.thread_time() - started
        return super().status()

    def drive(self) -> None:
        """Train, or let the replay be advanced by looks."""
        if not self.further:
            self._clock_id = time.pthread_getcpuclockid(threading.get_ident())
            super().drive()

    def screen_time(self) -> float:
        """Processor seconds of this process so far, without training."""
        trained = self.elsewhere if self.further else time.clock_gettime(self._clock_id)
        return time.process_time() - trained


def measured(preset: str, length: int, frames: int) -> dict[str, list[float]]:
    """Milliseconds and bytes of each frame of a run with so many recorded steps."""
    from backscope.tui.app import BackscopeApp
    from backscope.tui.capture import CapturedText
    from backscope.tui.session import run_app

    runs: list[Shown] = []
    seen: list[tuple[float, int]] = []

    def source(experiment: Experiment, *, paused: bool, pace: float | None) -> Shown:
        if length == LIVE:
            runs.append(Shown(Trainer(experiment), paused=paused, pace=pace))
        else:
            run = Shown(Replay(preset), paused=paused, pace=pace)  # type: ignore[arg-type]
            run.advance(length)
            run.further = max(1, min(STEPS_A_FRAME, length // 20))
            runs.append(run)
        return runs[0]

    class Counted(BackscopeApp):
        CSS_PATH = str(files("backscope.tui") / "backscope.tcss")
        sent = 0

        def on_mount(self) -> None:
            driver = self._driver
            plain_write = driver.write

            def write(text: str) -> None:
                self.sent += len(text.encode())
                plain_write(text)

            driver.write = write

        def post_display_hook(self) -> None:
            super().post_display_hook()
            if runs and runs[0].history.snapshot().count:
                seen.append((runs[0].screen_time(), self.sent))
                if len(seen) > frames + WARM_UP:
                    self.leave(0)

    log = CapturedText()
    app = Counted(load_experiment(preset, ENDLESS), source_factory=source, log=log)
    run_app(app, log)
    counted = np.diff(np.array(seen[WARM_UP:]), axis=0)
    return {"ms": (counted[:, 0] * 1e3).tolist(), "bytes": counted[:, 1].tolist()}


def contender(size: str, length: int, options: argparse.Namespace) -> dict[str, list[float]]:
    """Measure in a process of its own, in a terminal that reads and answers at once."""
    columns, rows = map(int, size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "measured.json")
        arguments = [__file__, "--child", str(length), "--out", str(out)]
        arguments += ["--preset", options.preset, "--frames", str(options.frames)]
        environment = {**os.environ, **ONE_THREAD, **TERMINAL}
        child = pexpect.spawn(
            sys.executable, arguments, dimensions=(rows, columns), env=environment, timeout=60
        )
        child.delaybeforesend = None
        while True:
            try:
                written = child.read_nonblocking(65536, timeout=60)
            except pexpect.EOF:
                break
            child.send(b"".join(b"\x1b[%s;%sR" % place for place in ASKED.findall(written)))
        child.close()
        result: dict[str, list[float]] = json.loads(out.read_text())
        return result


def machine() -> str:
    """What the figures were taken on."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "textual", "plotext"))
    return f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores"


def main() -> None:
    """Take turns, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="vanishing")
    parser.add_argument("--frames", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a few frames of a few runs")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        result = measured(options.preset, options.child, options.frames)
        Path(options.out).write_text(json.dumps(result))
        return
    lengths = [100, 1_000, 10_000, 100_000, 1_000_000, LIVE]
    contenders = [("120x40", length) for length in lengths]
    contenders += [("80x24", 10_000), ("200x60", 10_000), ("200x60", LIVE)]
    if options.quick:
        options.frames, options.rounds = 5, 1
        contenders = [("120x40", 100), ("120x40", LIVE)]
    results: dict[tuple[str, int], dict[str, list[float]]] = {
        which: {"ms": [], "bytes": []} for which in contenders
    }
    for _ in range(options.rounds):
        for which, result in results.items():
            for what, values in contender(*which, options).items():
                result[what] += values
    print(f"{options.preset}, {options.rounds} x {options.frames} frames; {machine()}")
    print(f"{'size':>8}{'steps':>11}{'ms/frame':>10}{'p90':>7}{'ratio':>7}{'B/frame':>9}{'p90':>8}")
    base = statistics.median(results[contenders[0]]["ms"])
    for (size, length), result in results.items():
        ms, sent = np.median(result["ms"]), np.median(result["bytes"])
        most, most_sent = (np.percentile(result[what], 90) for what in ("ms", "bytes"))
        steps = f"{length:,}" if length != LIVE else "live"
        costs = f"{ms:>10.2f}{most:>7.2f}{ms / base:>7.2f}"
        print(f"{size:>8}{steps:>11}{costs}{sent:>9.0f}{most_sent:>8.0f}")


if __name__ == "__main__":
    main()
