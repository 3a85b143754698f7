"""Keys over a slow link: from the press to the answer on the screen, 20 kB/s and 50 ms away.

The same dashboard beside itself: once the terminal answers when it is asked what has arrived, and
frames are paced by that; once it does not, and they are paced by the clock alone.

    python benchmarks/slow_link.py [--rate 20] [--round-trip 50] [--fps N] [--keys 60] [--quick]
"""

from __future__ import annotations

import argparse
import time

from emulated_link import EmulatedLink, environment, versions
from key_latency import dashboard, latencies, percentiles


def main() -> None:
    """Take turns and print keys, bytes and the backlog."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="vanishing")
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--rate", type=float, default=20.0, help="kB/s")
    parser.add_argument("--round-trip", type=float, default=50.0, help="ms")
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--fps", action="append", help="as --fps of run; the default rate as well")
    parser.add_argument("--quick", action="store_true", help="a few keys, at most 10 s")
    options = parser.parse_args()
    rates: list[list[str]] = [[], *(["--fps", fps] for fps in options.fps or ("10",))]
    keys = options.keys
    if options.quick:
        rates, keys = rates[1:], 4
    columns, rows = map(int, options.size.split("x"))
    print(f"{options.preset} at {options.size}, {options.rate:g} kB/s, round trip", end=" ")
    print(f"{options.round_trip:g} ms; {versions()}")
    titles = ("p50 ms", "p99 ms", "max ms", "kB/s", "first ms", "behind ms")
    print(f"{'paced by':12}{'rate':>10}" + "".join(f"{title:>10}" for title in titles))
    for rate in rates:
        for answers in (True, False):
            link = EmulatedLink(
                dashboard(options.preset, 0.001, *rate),
                (columns, rows),
                rate=1000 * options.rate,
                delay=options.round_trip / 2000,
                answers=answers,
                environment=environment(),
            )
            with link:
                first = link.wait_for(b"training") or 0.0
                time.sleep(1.0 if options.quick else 3.0)
                since = time.perf_counter()
                seconds = latencies(link, "f", keys, pause=0.2)
                until = time.perf_counter()
                written = link.bytes_between(since, until) / (until - since) / 1000
                behind = 1000 * max(link._free - until, 0.0)
                link.press("q")
                if answers:
                    link.join()
            figures = (*percentiles(seconds), written, 1000 * (first - link.started), behind)
            name = "answers" if answers else "the clock"
            text = "".join(f"{figure:10.1f}" for figure in figures)
            print(f"{name:12}{' '.join(rate) or 'default':>10}{text}", flush=True)


if __name__ == "__main__":
    main()
