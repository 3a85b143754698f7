"""Does every benchmark still run? Each one once, as quickly as it goes, a line for each.

Fails if one crashes or hangs, never because one is slow; so as many run at once as there are
processors, and no figure of theirs means anything.

    python benchmarks/quick.py [--folder benchmarks] [--timeout 60] [--workers N]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

QUICK = "--quick"
SAID = 2_000
"""Characters of the output of a crash that are shown, its last ones."""


def benchmarks(folder: Path) -> list[Path]:
    """Every file of the folder that runs on its own, but this one."""
    return [
        path
        for path in sorted(folder.glob("*.py"))
        if path.name != Path(__file__).name and '__name__ == "__main__"' in path.read_text("utf-8")
    ]


def timed(path: Path, timeout: float) -> tuple[float, str]:
    """Run one benchmark; the seconds it took and what went wrong, or nothing."""
    started = time.perf_counter()
    wrong = run(path, timeout)
    return time.perf_counter() - started, wrong


def run(path: Path, timeout: float) -> str:
    """Run one benchmark; what went wrong, or nothing."""
    try:
        done = subprocess.run(
            [sys.executable, str(path), QUICK],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {timeout:g} s"
    return f"exit code {done.returncode}\n{done.stdout[-SAID:]}" if done.returncode else ""


def main() -> int:
    """Run them all and say how each went."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for each")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="so many at once")
    options = parser.parse_args()
    paths, failed = benchmarks(options.folder), 0
    with ThreadPoolExecutor(options.workers) as pool:
        work = partial(timed, timeout=options.timeout)
        for path, (seconds, wrong) in zip(paths, pool.map(work, paths), strict=True):
            print(f"{path.name:24}{seconds:6.1f} s  {wrong or 'ok'}", flush=True)
            failed += bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
