"""Following a run that another process trains: how late a step is seen, and what watchers cost.

A process trains and records a preset at several paces, and notes when each flush was committed. A
`watch` in a pseudo-terminal shows it; what arrives there is put on a screen, and the step in its
status read. A flush is seen at the first moment at which that step, or a later one, stands there.
Then the same process trains as fast as it goes, in turns with and without watchers.

    python benchmarks/following.py [--seconds 20] [--watchers 0 1 2] [--rounds 3] [--quick]
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from emulated_link import EmulatedLink, versions
from emulated_screen import EmulatedScreen
from endurance_suite.commands import home, opened, wait_until
from endurance_suite.forks import forked, kill
from key_latency import percentiles

from backscope.core.blas import use_threads
from backscope.core.experiment import load_experiment
from backscope.core.run import Run
from backscope.core.store.places import HOME
from backscope.core.store.recording import Recording
from backscope.core.trainer import Trainer

PACES = (2.0, 50.0, 5_000.0)
"""Steps per second."""
PRESET = "vanishing"
CLAIMED = 250.0
"""Milliseconds from a flush to its step on the screen, 99th percentile."""
NOTES = "flushes"
STEP = re.compile(r"step\s+([\d,]+)/")
SIZE = (120, 40)


class Flush(NamedTuple):
    """What was committed."""

    moment: float
    """``time.perf_counter``, which processes share."""
    step: int


def train(folder: Path, pace: float | None) -> None:
    """Train and record for ever, and note every flush that brought a step."""
    os.environ[HOME] = str(folder)
    run = Run(Trainer(load_experiment(PRESET, {"training.steps": 1_000_000_000})), pace=pace)
    recording = Recording.of_new(run)
    recorder = recording._recorder
    flush, last = recorder.flush, 0
    with (folder / NOTES).open("w", buffering=1) as notes:

        def noted() -> bool:
            nonlocal last
            written = flush()
            step = recorder._written[0] if recorder._written else 0
            if step > last:
                notes.write(f"{time.perf_counter()!r} {step}\n")
                last = step
            return written

        recorder.flush = noted  # type: ignore[method-assign]
        recording.start()
        run.drive()


@contextmanager
def trained(pace: float | None) -> Iterator[Path]:
    """A process that trains, and where."""
    with home() as folder:
        trainer = forked(partial(train, folder, pace))
        try:
            wait_until(lambda: bool(flushes(folder)), "the first flush")
            yield folder
        finally:
            kill(trainer)


def flushes(folder: Path) -> list[Flush]:
    """All that were noted so far."""
    try:
        lines = (folder / NOTES).read_text().splitlines()
    except FileNotFoundError:
        return []
    return [Flush(float(moment), int(step)) for moment, step in map(str.split, lines)]


def seen(link: EmulatedLink) -> list[Flush]:
    """The steps that stood on the screen, and since when."""
    screen, steps = EmulatedScreen(*SIZE), []
    for moment, data in list(link.arrived):
        screen.feed(data)
        found = STEP.search("\n".join(screen.lines[:3]))
        if found:
            steps.append(Flush(moment, int(found[1].replace(",", ""))))
    return steps


def latencies(flushed: Sequence[Flush], shown: Sequence[Flush]) -> list[float]:
    """Seconds from each flush to its step on the screen.

    Raises:
        RuntimeError: a flush that was followed by others was never seen.
    """
    highest = list(accumulate((each.step for each in shown), max))
    found, at = [], 0
    for flush in flushed:
        while at < len(shown) and highest[at] < flush.step:
            at += 1
        if at == len(shown):
            raise RuntimeError(f"step {flush.step} was never seen")
        found.append(max(shown[at].moment - flush.moment, 0.0))
    return found


def followed(pace: float, seconds: float) -> list[float]:
    """Seconds from flush to screen, of all flushes in so many seconds."""
    with trained(pace) as folder, opened(folder, "watch", size=SIZE) as link:
        if link.wait_for(b"training") is None:
            raise RuntimeError("the run was not shown")
        time.sleep(1.0)
        since = time.perf_counter()
        time.sleep(seconds)
        until = time.perf_counter()
        time.sleep(2.0)
        return latencies(
            [each for each in flushes(folder) if since <= each.moment < until], seen(link)
        )


def speed(watchers: int, seconds: float) -> float:
    """Steps per second of a trainer that so many look at."""
    with trained(None) as folder, ExitStack() as stack:
        for _ in range(watchers):
            link = stack.enter_context(opened(folder, "watch", size=SIZE))
            if link.wait_for(b"training") is None:
                raise RuntimeError("the run was not shown")
        time.sleep(1.0)
        first = flushes(folder)[-1]
        time.sleep(seconds)
        last = flushes(folder)[-1]
    return (last.step - first.step) / (last.moment - first.moment)


def main() -> None:
    """Follow at each pace; train with and without watchers by turns."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="at each pace, and each turn")
    parser.add_argument("--watchers", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one pace, two seconds")
    options = parser.parse_args()
    paces, watchers, rounds = PACES, options.watchers, options.rounds
    if options.quick:
        paces, watchers, rounds, options.seconds = PACES[1:2], [0, 1], 1, 1.5
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    use_threads(1)
    print(f"{PRESET} at {SIZE[0]}x{SIZE[1]}; {versions()}")
    print(
        f"{'steps/s':>10}{'flushes':>10}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}{'at most':>10}"
    )
    for pace in paces:
        found = followed(pace, options.seconds)
        text = "".join(f"{figure:10.0f}" for figure in percentiles(found))
        print(f"{pace:10,.0f}{len(found):10}{text}{CLAIMED:10.0f}", flush=True)
    speeds: dict[int, list[float]] = {count: [] for count in watchers}
    for _ in range(rounds):
        for count in watchers:
            speeds[count].append(speed(count, options.seconds))
    alone = statistics.median(speeds[watchers[0]])
    print(f"\n{'watchers':>10}{'steps/s':>10}{'ratio':>10}")
    for count in watchers:
        median = statistics.median(speeds[count])
        print(f"{count:10}{median:10,.0f}{median / alone:10.2f}")


if __name__ == "__main__":
    main()
