"""Opening and scrubbing recorded runs: what it costs, and that their length does not matter.

Runs of 100 columns are made by the recorder from made-up rows: one of 1,000,000 steps and shorter
ones. ``backscope replay`` opens each in a pseudo-terminal of 120x40, in turns: the wall clock until
the panels stand there, and the most memory it has had then and after scrubbing to and fro. What is
more than for the shortest run is what the length costs. Then, in this process, the processor time
of a frame at random steps: the present is moved, looked at, and all panels are drawn.

    python benchmarks/replay.py [--steps 1000000] [--rounds 5] [--quick]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pexpect
from endurance_suite.commands import child_of

from backscope.core.blas import use_threads
from backscope.core.experiment import Experiment
from backscope.core.history import History
from backscope.core.machine import this_machine
from backscope.core.record import RunState, StepRecord
from backscope.core.source import RunStatus
from backscope.core.store.places import HOME, Place
from backscope.core.store.recording import Recording
from backscope.core.store.replayed import ReplayedRun
from backscope.core.store.stored_run import StoredRun
from backscope.core.trainer import Trainer
from backscope.tui.bench_text import machine_text
from backscope.tui.glyphs import BRAILLE
from backscope.tui.observer import Display, Look
from backscope.tui.palette import THEMES, palette_for
from backscope.tui.panels import PANELS
from backscope.tui.panels.held import Held
from backscope.tui.replay_observer import ReplayObserver
from backscope.tui.text_table import text_table

SHORTEST = 1_000
COLUMNS = 100
MOST_SECONDS, MOST_MEGABYTES = 0.5, 150.0
"""What is claimed of 1,000,000 steps: on screen after start-up, and in how much memory."""
FLUSH = 4_096
SIZE = (40, 120)
PAINTED = "error signal"
"""What the last panel says that is painted first."""
SCRUBS = ("\x1b[D",) * 5 + ("\x1b[1;2D",) * 5 + ("\x1b[H", "\x1b[F", "k", "k", "\x1b[5~")
FRAMES = 60
WIDTH, HEIGHT = 58, 14
"""Of a panel."""


class MadeRun:
    """A run whose records are made up."""

    def __init__(self, steps: int) -> None:
        settings = {
            "data": {"source": "moons", "rows": 100},
            "network": {"hidden": [8] * 7, "activation": "relu"},
            "training": {"steps": steps, "batch_size": 10},
        }
        self.experiment = Experiment.from_dict(settings, name=f"made-{steps}")
        trainer = Trainer(self.experiment)
        self.history = History(trainer.layout)
        self.facts = trainer.facts
        self._steps = steps
        self.state = RunState.RUNNING

    def status(self) -> RunStatus:
        """Where it stands."""
        return RunStatus(self.state, 0, self._steps, 0.0, 0.1, 0.0, 0.0, None, "")

    def keep(self, answer: object) -> None:
        """It has nothing to be taken up again from."""

    def append(self, count: int, rng: np.random.Generator) -> None:
        """Add so many records."""
        layout, first = self.history.layout, self.history.snapshot().last_step + 1
        steps = np.arange(first, first + count)
        rows = np.exp(0.3 * rng.normal(size=(count, layout.size)))
        rows[:, layout.columns("loss").start] *= 0.05 + np.exp(-steps / 20_000)
        rows[:, layout.columns("epoch").start] = steps / 10
        for metric in layout.metrics:
            if metric.scheduled:
                rows[np.arange(count) % 10 > 0, layout.columns(metric.name)] = np.nan
        rows[:, layout.columns("dead")] = np.minimum(rows[:, layout.columns("dead")].round(), 8)
        for step, row in zip(steps.tolist(), rows, strict=True):
            self.history.append(StepRecord(step, row, layout), 0.001 * step)


def made(steps: int) -> Place:
    """Record a run of so many steps."""
    run, rng = MadeRun(steps), np.random.default_rng(1)
    recording = Recording.of_new(run)
    for done in range(0, steps, FLUSH):
        run.append(min(FLUSH, steps - done), rng)
        recording._recorder.flush()
    run.state = RunState.FINISHED
    recording.finish()
    return recording.place


def opened(place: Place) -> tuple[float, float, float]:
    """Seconds until it is on the screen; megabytes at most by then, and after scrubbing."""
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    started = time.perf_counter()
    child = pexpect.spawn(
        sys.executable,
        ["-m", "backscope", "replay", str(place.directory)],
        dimensions=SIZE,
        env=environment,
        timeout=60,
        encoding="utf-8",
    )
    child.expect_exact(PAINTED)
    seconds = time.perf_counter() - started
    app = child_of(child.pid)  # the command itself is its small guard
    at_first = most_megabytes(app)
    for key in SCRUBS:
        child.send(key)
        answer(child, 0.1)
    scrubbed = most_megabytes(app)
    child.close(force=True)
    return seconds, at_first, scrubbed


def answer(child: pexpect.spawn, seconds: float) -> None:
    """Be the terminal for so long: it says where the cursor is when it is asked."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            child.expect_exact("\x1b[6n", timeout=max(end - time.monotonic(), 0.01))
        except pexpect.TIMEOUT:
            return
        child.send("\x1b[1;1R")


def most_megabytes(pid: int) -> float:
    """The most memory that a process has had, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def frames(place: Place, count: int) -> list[float]:
    """Milliseconds of processor time of frames at random steps, all panels drawn."""
    run = ReplayedRun(StoredRun(place))
    observer, held = ReplayObserver(run), {name: Held() for name in PANELS}
    look = Look(palette_for(THEMES[0].name, "truecolor"), BRAILLE)
    spent = []
    for step in np.random.default_rng(2).integers(1, run.last + 1, count + 1).tolist():
        before = time.process_time()
        run.go_to(step)
        view = observer.look(Display(), look)
        if view is not None:
            for name, instrument in PANELS.items():
                instrument.draw(view, WIDTH, HEIGHT, held[name])
        spent.append(1000 * (time.process_time() - before))
    run.stored.close()
    return spent[1:]


def main() -> None:
    """Make the runs, measure them in turns, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round, short runs")
    options = parser.parse_args()
    longest, rounds = (5_000, 1) if options.quick else (options.steps, options.rounds)
    use_threads(1)
    lengths = sorted({SHORTEST, max(longest // 100, SHORTEST), max(longest // 10, 1), longest})
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME] = home
        places = {steps: made(steps) for steps in lengths}
        seconds: dict[int, list[float]] = {steps: [] for steps in lengths}
        first: dict[int, float] = dict.fromkeys(lengths, 0.0)
        most: dict[int, float] = dict.fromkeys(lengths, 0.0)
        drawn: dict[int, list[float]] = {steps: [] for steps in lengths}
        for _ in range(rounds):
            for steps, place in places.items():
                took, at_first, scrubbed = opened(place)
                seconds[steps].append(took)
                first[steps] = max(first[steps], at_first)
                most[steps] = max(most[steps], scrubbed)
                drawn[steps] += frames(place, FRAMES // rounds)
        shortest = statistics.median(seconds[lengths[0]])
        lines = []
        for steps, place in places.items():
            took = statistics.median(seconds[steps])
            lines.append(
                (
                    f"{steps:,}",
                    f"{place.database.stat().st_size / 1e6:,.0f}",
                    f"{took:.2f}",
                    f"{took - shortest:+.2f}",
                    f"{first[steps]:.0f}",
                    f"{most[steps]:.0f}",
                    f"{statistics.median(drawn[steps]):.1f}",
                    f"{max(drawn[steps]):.1f}",
                )
            )
    print(machine_text(this_machine(), {}))
    print(f"{MadeRun(1).history.layout.size} columns; medians of {rounds} rounds")
    heads = ("steps", "MB", "seconds", "more", "RSS MB", "scrubbed", "ms/frame", "at most")
    print("\n".join(text_table(heads, lines)))
    print(
        f"claimed of {options.steps:,} steps: at most {MOST_SECONDS} s after start-up, "
        f"{MOST_MEGABYTES:.0f} MB"
    )


if __name__ == "__main__":
    main()
