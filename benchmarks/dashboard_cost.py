"""What being watched costs: steps per second with the dashboard open, against headless.

The same experiment is trained for some seconds in processes that take turns: without a screen, and
with the dashboard in a pseudo-terminal that is read as fast as it writes. What is measured begins
when the first pictures have been drawn. With ``--record`` all of them are recorded, as runs are
unless told otherwise.

    python benchmarks/dashboard_cost.py [--only WORDS] [--seconds 4] [--rounds 5] [--record]
        [--quick]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from emulated_link import EmulatedLink, environment, versions

from backscope.core.experiment import Experiment, load_experiment
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui.training import record_new

STEPS = 1_000_000_000
WARM_UP = 2.0
"""Seconds that are not measured: the first pictures."""
PAID_OFF = 6.0
"""The same where the bytes of the first pictures are being saved."""
BLAS_BOUND = "784-512-512-10"


@dataclass(frozen=True)
class Setting:
    """A dashboard of some size, opened with some options."""

    experiment: str
    size: str
    options: str = ""
    wanted: str = ""

    @property
    def name(self) -> str:
        """For the table."""
        return f"{self.experiment} {self.size} {self.options or 'default'}"


SETTINGS = (
    Setting("vanishing", "120x40", wanted="0.95 at 4 frames/s, 12 kB/s"),
    Setting("vanishing", "120x40", "--fps 10", wanted="0.92"),
    Setting("vanishing", "200x60", "--fps 4", wanted="0.92"),
    Setting("vanishing", "120x40", "--bandwidth 3", wanted="3.2 kB/s"),
    Setting("vanishing", "120x40", "--paused", wanted="0 B/s"),
    Setting(BLAS_BOUND, "120x40", wanted="0.92"),
    Setting(BLAS_BOUND, "120x40", "--fps 10", wanted="0.92"),
)


def experiment_of(name: str, folder: Path) -> Experiment:
    """A preset, or a net whose time goes into matrix products."""
    if name != BLAS_BOUND:
        return load_experiment(name, {"training.steps": STEPS})
    rng = np.random.default_rng(0)
    path = folder / "pixels.npz"
    np.savez(path, X=rng.normal(size=(2048, 784)), y=rng.integers(0, 10, size=2048))
    return Experiment.from_dict(
        {
            "dtype": "float32",
            "data": {"source": "npz", "path": str(path)},
            "network": {"hidden": [512, 512]},
            "training": {"steps": STEPS, "batch_size": 128, "learning_rate": 0.01},
        },
        name="pixels",
    )


class TimedRun(Run):
    """A run that knows its thread."""

    thread = 0

    def drive(self) -> None:
        """Drive."""
        self.thread = threading.get_ident()
        super().drive()

    def mark(self) -> dict[str, float]:
        """How far it is, by the clock and by the processor."""
        clock = time.pthread_getcpuclockid(self.thread)
        snapshot = self.history.snapshot()
        return {
            "steps": snapshot.last_step if snapshot.count else 0,
            "seconds": time.perf_counter(),
            "training": time.clock_gettime(clock),
            "process": time.process_time(),
        }


def headless(experiment: Experiment, seconds: float, *, record: bool) -> dict[str, float]:
    """Train without a screen."""
    run = TimedRun(Trainer(experiment))
    recording = record_new(run) if record else None
    thread = threading.Thread(target=run.drive)
    thread.start()
    time.sleep(WARM_UP)
    before = run.mark()
    time.sleep(seconds)
    after = run.mark()
    run.stop()
    thread.join()
    if recording is not None:
        recording.finish()
    return {key: after[key] - before[key] for key in after}


def watched(
    experiment: Experiment, seconds: float, options: list[str], *, record: bool
) -> dict[str, float]:
    """Train with the dashboard open."""
    from backscope.tui.app import BackscopeApp
    from backscope.tui.arguments import parse
    from backscope.tui.capture import CapturedText
    from backscope.tui.governor import Governor
    from backscope.tui.session import run_app

    given = parse(["run", "any", *options])
    runs: list[TimedRun] = []
    marks: list[dict[str, float]] = []

    def source(experiment: Experiment, *, paused: bool, pace: float | None) -> TimedRun:
        runs.append(TimedRun(Trainer(experiment), paused=paused, pace=pace))
        return runs[-1]

    class Counted(BackscopeApp):
        CSS_PATH = str(files("backscope.tui") / "backscope.tcss")
        frames = 0
        seen = 0

        def post_display_hook(self) -> None:
            self.frames += self.link.written > self.seen
            super().post_display_hook()
            self.seen = self.link.written

        def on_mount(self) -> None:
            warm_up = WARM_UP if given.bandwidth is None else PAID_OFF
            self.set_timer(warm_up, self.mark)
            self.set_timer(warm_up + seconds, self.end)

        def mark(self) -> None:
            screen = {"screen": time.thread_time(), "frames": self.frames}
            marks.append({**runs[0].mark(), **screen, "written": self.link.written})

        def end(self) -> None:
            self.mark()
            self.exit()

    log = CapturedText()
    app = Counted(
        experiment,
        paused=given.paused,
        governor=Governor(given.fps, given.bandwidth),
        source_factory=source,
        record=record_new if record else None,
        log=log,
    )
    run_app(app, log)
    before, after = marks
    return {key: after[key] - before[key] for key in after}


def contender(setting: Setting, seconds: float, *, screen: bool, record: bool) -> dict[str, float]:
    """Run one contender in a process of its own and read what it measured."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "measured.json")
        command = [sys.executable, __file__, "--child", str(out), "--seconds", str(seconds)]
        command += ["--experiment", setting.experiment, *(["--record"] if record else [])]
        if not screen:
            subprocess.run(command, check=True, env=environment())
        else:
            columns, rows = map(int, setting.size.split("x"))
            command.append(f"--screen={setting.options}")
            with EmulatedLink(command, (columns, rows), environment=environment()) as link:
                link.join(60)
        measured: dict[str, float] = json.loads(out.read_text())
        return measured


def row(setting: Setting, rounds: list[tuple[dict[str, float], dict[str, float]]]) -> str:
    """The medians of some rounds."""

    def median(key: str, per: str = "seconds", scale: float = 1.0) -> float:
        return scale * statistics.median(w[key] / max(w[per], 1.0) for w, _ in rounds)

    ratio = steps = 0.0
    if "--paused" not in setting.options:
        ratio, steps = (
            statistics.median((w["steps"] / w[per]) / (h["steps"] / h[per]) for w, h in rounds)
            for per in ("seconds", "process")
        )
    figures = (
        f"{median('steps'):9.0f}{ratio:9.3f}{steps:9.3f}{median('frames'):10.1f}"
        f"{median('written', scale=1e-3):8.1f}{median('written', 'frames', 1e-3):10.2f}"
        f"{median('screen', scale=100):9.1f}{median('screen', 'frames', 1e3):10.1f}"
    )
    return f"{setting.name:38}{figures}   {setting.wanted}"


def main() -> None:
    """Take turns, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="settings whose names contain this")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--record", action="store_true", help="record what is trained")
    parser.add_argument("--quick", action="store_true", help="one short round, at most 10 s")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--experiment", help=argparse.SUPPRESS)
    parser.add_argument("--screen", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        experiment = experiment_of(options.experiment, Path(options.child).parent)
        if options.screen is None:
            measured = headless(experiment, options.seconds, record=options.record)
        else:
            asked = options.screen.split()
            measured = watched(experiment, options.seconds, asked, record=options.record)
        Path(options.child).write_text(json.dumps(measured))
        return
    chosen = [setting for setting in SETTINGS if options.only in setting.name]
    if options.quick:
        options.seconds, options.rounds, chosen = 1.0, 1, chosen[:1]
    results: dict[Setting, list[tuple[dict[str, float], dict[str, float]]]] = {}
    for _ in range(options.rounds):
        for setting in chosen:
            plain, shown = (
                contender(setting, options.seconds, screen=screen, record=options.record)
                for screen in (False, True)
            )
            results.setdefault(setting, []).append((shown, plain))
    print(f"medians of {options.rounds} rounds of {options.seconds:g} s; {versions()}")
    print(
        "of headless: steps per second; and per second of the process's own time, screen included"
    )
    titles = f"{'steps/s':>9}{'ratio':>9}{'by CPU':>9}{'frames/s':>10}{'kB/s':>8}{'kB/frame':>10}"
    print(f"{'':38}{titles}{'screen %':>9}{'ms/frame':>10}   wanted")
    for setting, rounds in results.items():
        print(row(setting, rounds))


if __name__ == "__main__":
    main()
