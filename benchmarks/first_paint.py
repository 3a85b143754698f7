"""How long a person waits for the first screen: from the command to the first painted panel.

Starts ``backscope run vanishing`` in a pseudo-terminal of 80x24, several times, each time beside a
bare ``python -c pass`` and an ``import textual``, so that the figure can be read as a ratio. What
counts is the wall clock; the processor time beside it tells how idle the machine was. As after an
installation everything is compiled beforehand (into a folder of its own: the environment may forbid
it in place), and files are warm.

    python benchmarks/first_paint.py [--rounds 7] [--quick]
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pexpect

SIZE = (24, 80)
FRAMES = "loss"
"""The title of a panel: the frames are there."""
RUN = "steps/s"
"""In the status of a run: it has been built and is shown."""
MODULE = [sys.executable, "-m", "backscope"]
SCRIPT = [str(Path(sys.executable).with_name("backscope"))]
"""What ``pip install`` makes."""


def painted(command: list[str], what: str) -> float:
    """Seconds from starting the command until this is on the screen."""
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    started = time.perf_counter()
    child = pexpect.spawn(
        command[0],
        [*command[1:], "run", "vanishing"],
        dimensions=SIZE,
        env=environment,
        timeout=30,
        encoding="utf-8",
    )
    child.expect_exact(what)
    seconds = time.perf_counter() - started
    child.close(force=True)
    return seconds


def python(code: str) -> float:
    """Seconds that an interpreter takes for a piece of code, start to exit."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started


def children_time() -> float:
    """Processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Interleave the contenders, print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="one round")
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    with TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "compiled"))
        os.environ["BACKSCOPE_HOME"] = str(Path(folder, "runs"))
        painted(MODULE, RUN)
        compare(rounds)


def compare(rounds: int) -> None:
    """Let the contenders take turns."""
    contenders = {
        "python -c pass": lambda: python("pass"),
        "import numpy": lambda: python("import numpy"),
        "import textual.app": lambda: python("import textual.app"),
        "first paint at 80x24": lambda: painted(MODULE, FRAMES),
        "by the console script": lambda: painted(SCRIPT, FRAMES),
        "the run in it": lambda: painted(MODULE, RUN),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    processor: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            before = children_time()
            seconds[name].append(contender())
            processor[name].append(children_time() - before)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "textual"))
    print(f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores")
    base = statistics.median(seconds["import textual.app"])
    print(f"{'':24}{'median s':>10}{'best s':>10}{'processor s':>13}{'of import textual':>20}")
    for name, values in seconds.items():
        median, busy = statistics.median(values), statistics.median(processor[name])
        print(f"{name:24}{median:10.3f}{min(values):10.3f}{busy:13.3f}{median / base:20.2f}")


if __name__ == "__main__":
    main()
