"""What the history costs: to append a step with its share of the pyramid, and to ask for a range.

Appends take turns with what they are compared to: a bare copy into a preallocated block, and rows
kept in a list. Queries are of runs of a thousand to a million steps, whole and zoomed in, beside
``reduceat`` over all rows in one array. All by processor time of this thread.

    python benchmarks/history_cost.py [--metrics 100] [--rounds 7] [--quick]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np

from backscope.core.history import History
from backscope.core.probes import PROBES, Cadence
from backscope.core.record import GLOBAL_METRICS, LayerInfo, Layout, Metric, Row, StepRecord

BATCH = 16_000
"""Steps appended in one go."""
COLUMNS = 200


def layout_of(metrics: int) -> Layout:
    """A layout with about so many columns."""
    probes = tuple(
        Metric(name, probe.about, scheduled=probe.cadence is not Cadence.EVERY_STEP)
        for name, probe in PROBES.items()
    )
    layers = max(1, round((metrics - len(GLOBAL_METRICS)) / len(probes)))
    infos = tuple(LayerInfo(i + 1, 64, 64, "relu", True, False) for i in range(layers))
    return Layout(infos, probes)


def recorded(layout: Layout, count: int, rng: np.random.Generator) -> list[Row]:
    """Rows like those of a run: scheduled metrics are measured every tenth step."""
    rows = 10.0 ** rng.normal(-2.0, 1.0, (count, layout.size))
    for metric in layout.metrics:
        if metric.scheduled:
            rows[np.arange(count) % 10 > 0, layout.columns(metric.name)] = np.nan
    return list(rows)


def appended(layout: Layout, rows: list[Row]) -> Callable[[], float]:
    """Nanoseconds a step of a history that goes on from round to round."""
    history = History(layout)

    def measure() -> float:
        begin = history.snapshot().last_step
        records = [StepRecord(begin + i + 1, row, layout) for i, row in enumerate(rows)]
        started = time.thread_time()
        for record in records:
            history.append(record, 0.0)
        return (time.thread_time() - started) / len(rows) * 1e9

    return measure


def copied(layout: Layout, rows: list[Row]) -> Callable[[], float]:
    """Nanoseconds a step of copying rows into a block and doing nothing else."""
    block = np.empty((1024, layout.size))

    def measure() -> float:
        started = time.thread_time()
        for i, row in enumerate(rows):
            block[i % 1024] = row
        return (time.thread_time() - started) / len(rows) * 1e9

    return measure


def listed(rows: list[Row]) -> Callable[[], float]:
    """Nanoseconds a step of a list that keeps a copy of every row, and so grows for ever."""

    def measure() -> float:
        started = time.thread_time()
        kept = [row.copy() for row in rows]
        return (time.thread_time() - started) / len(kept) * 1e9

    return measure


def timed(ask: Callable[[], object], times: int) -> float:
    """Microseconds of one call."""
    started = time.thread_time()
    for _ in range(times):
        ask()
    return (time.thread_time() - started) / times * 1e6


def medians(contenders: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Let the contenders take turns; the first round warms up."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, measure in contenders.items():
            value = measure()
            if number:
                found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def table(title: str, unit: str, found: dict[str, float], base: str) -> None:
    """Print figures and their ratios to one of them."""
    print(f"\n{title:<46}{unit:>10}{'ratio':>8}")
    for name, value in found.items():
        print(f"{name:<46}{value:>10.2f}{value / found[base]:>8.2f}")


def filled(layout: Layout, rows: list[Row], length: int) -> History:
    """A history of so many steps."""
    history = History(layout)
    for step in range(1, length + 1):
        history.append(StepRecord(step, rows[step % len(rows)], layout), step * 1e-3)
    return history


def memory(history: History) -> float:
    """Megabytes of arrays that a history holds."""
    view = history.snapshot()._view
    kept = view.rows, view.levels  # a live run has no gap
    seen = {id(array): array.nbytes for array in arrays(kept)}
    return sum(seen.values()) / 1e6


def arrays(kept: object) -> list[np.ndarray]:
    """All arrays in nested tuples and blocks."""
    if isinstance(kept, np.ndarray):
        return [kept]
    parts = kept if isinstance(kept, tuple) else (getattr(kept, "first", ()), kept.blocks)  # type: ignore[attr-defined]
    return [array for part in parts for array in arrays(part)]


def main() -> None:
    """Take turns, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--metrics", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, shorter runs")
    options = parser.parse_args()
    rounds = 2 if options.quick else options.rounds
    lengths = (1_000, 30_000) if options.quick else (1_000, 30_000, 1_000_000)
    layout = layout_of(options.metrics)
    # Few rows, over and over: the one that is appended was written just before.
    rows = recorded(layout, 200, np.random.default_rng(0)) * (BATCH // 200)
    packages = f"Python {platform.python_version()}, numpy {version('numpy')}"
    print(f"{layout.size} metrics, {packages}, {os.cpu_count()} cores")
    found = medians(
        {
            "copy a row into a block": copied(layout, rows),
            "keep a copy of every row in a list": listed(rows),
            "History.append, pyramid included": appended(layout, rows),
        },
        rounds,
    )
    table("append", "ns/step", found, "copy a row into a block")

    times = 50 if options.quick else 300
    histories = {length: filled(layout, rows, length) for length in lengths}
    contenders: dict[str, Callable[[], float]] = {}
    for length, history in histories.items():
        shot = history.snapshot()
        for metric in ("loss", "weight_gradient_norm"):
            wide = layout.columns(metric).stop - layout.columns(metric).start
            for what, start in (("whole", 1), ("last tenth", length - length // 10)):
                name = f"{length:,} steps, {what}, {metric} ({wide})"

                def ask(
                    shot: object = shot, metric: str = metric, start: int = start, n: int = length
                ) -> object:
                    return shot.envelope(metric, start, n + 1, COLUMNS)  # type: ignore[attr-defined]

                contenders[name] = lambda ask=ask: timed(ask, times)  # type: ignore[misc]
    longest = np.resize(np.array([row[1] for row in rows]), lengths[-1])
    edges = np.arange(COLUMNS) * len(longest) // COLUMNS

    def all_rows() -> object:
        return np.fmin.reduceat(longest, edges), np.fmax.reduceat(longest, edges)

    reduced = f"{lengths[-1]:,} steps, whole, reduceat over one array"
    contenders[reduced] = lambda: timed(all_rows, max(times // 50, 3))
    table(f"query into {COLUMNS} columns", "us", medians(contenders, rounds), reduced)
    print()
    for length, history in histories.items():
        print(f"memory at {length:>9,} steps: {memory(history):6.1f} MB")


if __name__ == "__main__":
    main()
