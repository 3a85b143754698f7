"""What a recorded run survives: kill -9, damage, signals, terminals that go, full disks, time.

Every part prints its figures, and what is claimed of them:

    kills       kill -9 at random moments, at 2 and at 5,000 steps/s, half of the runs followed
    corruption  10,000 copies with flipped bits, zeroed or random blocks, cut off; read and repaired
    resume      killed at random moments up to three times, gone on with, compared byte by byte
    signals     TERM, HUP, INT, KILL and SEGV to a dashboard in a pseudo-terminal, 50 of each
    hangups     100 terminals closed under viewers of a detached run, and under dashboards
    unread      60 seconds (--count) of a terminal that does not read
    fulldisk    a small disk without room for a while, 10 times
    soak        120 minutes (--count) with another size of the terminal every 5 seconds

    python benchmarks/endurance.py [PART ...] [--count N] [--quick] [--seed 1] [--workers 2]

``--count`` is how many times; without it as often as the claim says. Children that are killed are
forked from one process that has imported everything; with ``--processes`` each is an interpreter of
its own, which takes several times as long.
"""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from endurance_suite.corruption import STEPS, bases, corruption_lines, damaged, damages
from endurance_suite.experiments import Reference, experiments
from endurance_suite.forks import in_forks
from endurance_suite.full_disk import RATE, TOLD, full_disk, full_disk_lines, small_disk
from endurance_suite.hung_up import dashboard_hung_up, hung_up_lines, viewers_hung_up
from endurance_suite.kills import kill_lines, killed, kills
from endurance_suite.resuming import interrupted, interruptions, resume_lines
from endurance_suite.signalled import signal_lines, signalled, signals
from endurance_suite.soak import EVERY, soak_lines, soaked
from endurance_suite.unread import BEFORE, unread, unread_lines

from backscope.core.blas import use_threads
from backscope.core.machine import this_machine
from backscope.tui.bench_text import machine_text

MOST_LOST = 0.5
"""Seconds that a kill may cost."""

MOST_GROWTH = 2.0
"""Megabytes that a dashboard may grow by in an hour, after its first."""
MOST_ATTACHING = 0.5
"""Seconds from ``backscope watch`` to the run on the screen."""
STARTED = 1.0
"""Seconds that an interpreter may take to begin."""
RESUMED_SECONDS, RESUMED_PACE = 5.0, 400.0
"""Of a run that is killed and gone on with, if it is left in peace; and its steps per second."""


def kill_part(count: int, options: argparse.Namespace) -> None:
    """Kill -9 while a run is recorded."""
    for rate, longest, workers in ((2.0, 4.0, 8 * options.workers), (5000.0, 1.5, options.workers)):
        longest = min(longest, options.longest)
        steps = int(rate * (longest + STARTED * options.processes)) + 100
        references = [Reference.of(each, steps) for each in experiments(100_000, options.seed)]
        if options.processes:
            longest, workers = longest + STARTED, 2 * options.workers
        trials = kills(references, rate, count, longest, options.seed, processes=options.processes)
        print("\n".join(kill_lines(rate, in_forks(killed, trials, workers))), flush=True)
    print(f"  claimed: at most {MOST_LOST} s lost, 0 wrong values")


def corruption_part(count: int, options: argparse.Namespace) -> None:
    """Damaged copies of runs, read and repaired."""
    with TemporaryDirectory(prefix="backscope-") as folder:
        steps = STEPS // 4 if options.quick else STEPS
        trials = damages(bases(Path(folder), options.seed, steps), count, options.seed)
    started = time.perf_counter()
    found = in_forks(damaged, trials, options.workers)
    print("\n".join(corruption_lines(found, time.perf_counter() - started)), flush=True)
    print("  claimed: 0 silent wrong values, 0 tracebacks")


def resume_part(count: int, options: argparse.Namespace) -> None:
    """Killed runs that are gone on with."""
    seconds = 1.5 if options.quick else RESUMED_SECONDS
    chosen = experiments(int(RESUMED_PACE * seconds), options.seed)
    with TemporaryDirectory(prefix="backscope-") as folder:
        trials = interruptions(
            chosen,
            Path(folder),
            count,
            options.seed,
            seconds=seconds,
            checkpoint_every=options.checkpoints,
        )
    found = in_forks(interrupted, trials, 3 * options.workers)
    print("\n".join(resume_lines(found)), flush=True)
    print("  claimed: all of them")


def signal_part(count: int, options: argparse.Namespace) -> None:
    """Signals to a dashboard."""
    found = in_forks(signalled, signals(count, options.seed), 2 * options.workers)
    print("\n".join(signal_lines(found)), flush=True)
    print("  claimed: all of them")


def hang_up_part(count: int, options: argparse.Namespace) -> None:
    """Closed terminals."""
    viewers, steps = viewers_hung_up(count, options.seed)
    name = f"viewers of a detached run ({steps:,} steps)"
    print("\n".join(hung_up_lines(name, "its trainer went on", viewers)), flush=True)
    moments = np.random.default_rng(options.seed).uniform(0.0, 0.5, count).tolist()
    dashboards = in_forks(dashboard_hung_up, moments, options.workers)
    print("\n".join(hung_up_lines("dashboards that train", "run kept", dashboards)), flush=True)
    print(f"  claimed: all; attached within {MOST_ATTACHING} s, gone within 1 s")


def unread_part(count: int, options: argparse.Namespace) -> None:
    """A terminal that does not read."""
    found = unread(float(count), min(BEFORE, count))
    print("\n".join(unread_lines(count, found)), flush=True)
    print("  claimed: training is not slowed down, and no backlog is shown")


def full_disk_part(count: int, options: argparse.Namespace) -> None:
    """A disk that is full for a while."""
    seconds = 0.3 if options.quick else 3.0
    reference = Reference.of(experiments(100_000, options.seed)[0], int(RATE * (seconds + TOLD)))
    found = []
    for _ in range(count):
        with small_disk() as folder:
            if folder is None:
                print("no disk can be mounted here: skipped")
                return
            found.append(full_disk(reference, folder, seconds))
    print("\n".join(full_disk_lines(found)), flush=True)
    print("  claimed: training goes on, nothing is lost")


def soak_part(count: int, options: argparse.Namespace) -> None:
    """A long run with many sizes."""
    seconds = 2.0 if options.quick else 60.0 * count
    found = soaked(seconds, options.seed, 0.3 if options.quick else EVERY)
    print("\n".join(soak_lines(found)), flush=True)
    print(f"  claimed: after the first hour at most {MOST_GROWTH} MB an hour")


PARTS = {
    "kills": (kill_part, 1000, 4),
    "corruption": (corruption_part, 10_000, 6),
    "resume": (resume_part, 500, 2),
    "signals": (signal_part, 50, 1),
    "hangups": (hang_up_part, 100, 1),
    "unread": (unread_part, 60, 1),
    "fulldisk": (full_disk_part, 10, 1),
    "soak": (soak_part, 120, 1),
}
"""What it does, how many times for the claim, and how many in a quick run."""


def main() -> None:
    """Do the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--count", type=int, help="times, instead of what is claimed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="children that compute at a time")
    parser.add_argument(
        "--checkpoints",
        type=float,
        default=0.5,
        help="seconds between the checkpoints of runs that are resumed (0.5; in the product 2)",
    )
    parser.add_argument("--processes", action="store_true", help="interpreters, not forks")
    parser.add_argument("--quick", action="store_true", help="a few of everything")
    options = parser.parse_args()
    options.longest = 0.5 if options.quick else 4.0
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    use_threads(1)
    # Of a shell's job in the background it is ignored, and so it would be of all children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(machine_text(this_machine(), {}), end="")
    for name in options.parts or PARTS:
        work, full, few = PARTS[name]
        count = options.count or (few if options.quick else full)
        started = time.perf_counter()
        print(f"\n{name}: {count} of {full}", flush=True)
        work(count, options)
        seconds = time.perf_counter() - started
        rest = f"; {full} would take {seconds * full / count / 60:.0f} min" if count < full else ""
        print(f"  took {seconds:.0f} s{'' if options.quick else rest}", flush=True)


if __name__ == "__main__":
    main()
