"""How long a key takes: from the press to the bytes that answer it, beside a live trainer.

The dashboard runs in a pseudo-terminal that reads as fast as it is written to and answers at once.
Keys are pressed at odd moments; the answer is the word that only this key brings. Python's switch
interval, after which a thread must let another have the interpreter, is what is compared.

    python benchmarks/key_latency.py [--preset vanishing] [--size 120x40] [--keys 100] [--quick]
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time

from emulated_link import EmulatedLink, environment, versions

ANSWERS = {
    " ": (b"paused", b"training"),
    "f": (b"unfreeze", b"mfreeze"),
}
"""Keys, and what they bring when pressed once and once more: in the top row, in the bottom row."""
CHILD = """
import sys
import backscope.tui.session as session
session.SWITCH_INTERVAL = float(sys.argv.pop(1))
from backscope.tui.cli import main
sys.exit(main())
"""
SWITCH_INTERVALS = (0.001, 0.005)


def dashboard(preset: str, switch_interval: float, *options: str) -> list[str]:
    """The command of a dashboard that trains for ever."""
    command = [sys.executable, "-c", CHILD, str(switch_interval), "run", preset]
    return [*command, "--steps", "1000000000", *options]


def latencies(link: EmulatedLink, key: str, count: int, pause: float = 0.15) -> list[float]:
    """Seconds from press to answer."""
    chance = random.Random(0)
    seconds = []
    for press in range(count):
        time.sleep(pause + chance.random() * pause)
        pressed = link.press(key)
        answered = link.wait_for(ANSWERS[key][press % 2], since=pressed)
        if answered is None:
            raise SystemExit(f"no answer to {key!r}")
        seconds.append(answered - pressed)
    return seconds


def percentiles(seconds: list[float]) -> tuple[float, float, float]:
    """Median, 99th percentile and worst, in ms."""
    ordered = sorted(1000 * each for each in seconds)
    return statistics.median(ordered), ordered[int(0.99 * (len(ordered) - 1))], ordered[-1]


def main() -> None:
    """Take turns and print the percentiles."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="vanishing")
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a few keys, at most 10 s")
    options = parser.parse_args()
    if options.quick:
        options.keys, options.rounds = 4, 1
    columns, rows = map(int, options.size.split("x"))
    results: dict[tuple[float, str], list[float]] = {}
    for _ in range(options.rounds):
        for interval in SWITCH_INTERVALS:
            command = dashboard(options.preset, interval)
            with EmulatedLink(command, (columns, rows), environment=environment()) as link:
                link.wait_for(b"training")
                time.sleep(0.5 if options.quick else 2.0)
                for key in ANSWERS:
                    count = options.keys // options.rounds // 2 * 2
                    found = results.setdefault((interval, key), [])
                    found += latencies(link, key, count)
                link.press("q")
                link.join()
    print(f"{options.preset} at {options.size}; {versions()}")
    print(f"{'switch interval':>15}{'key':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    for (interval, key), seconds in sorted(results.items()):
        middle, high, worst = percentiles(seconds)
        name = "space" if key == " " else key
        print(f"{1000 * interval:12.0f} ms{name:>8}{middle:9.1f}{high:9.1f}{worst:9.1f}")


if __name__ == "__main__":
    main()
