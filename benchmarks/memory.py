"""The memory of a run with the dashboard open: resident size over time, and what Python adds to it.

A run is watched in a pseudo-terminal, as long as the preset has it and then without end; its
resident size is sampled from outside, beside that of a bare ``import textual.app, numpy``. Sizes
are what the operating system counts for the process of the app; the small parent that guards the
terminal is told of separately. Everything is compiled beforehand, as after an installation. A last,
slower run counts by ``tracemalloc`` what was allocated after a third of the time and is still there
at its end.

    python benchmarks/memory.py [--preset NAME] [--seconds 180] [--size 120x40] [--quick]
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import pexpect

ENDLESS = "1000000000"
HOME = TemporaryDirectory(prefix="backscope-")
"""For what is recorded; gone with this process."""
ENVIRONMENT = {
    **{f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "MKL", "OMP")},
    **{"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"},
}
SAMPLES = 12
ASKED = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b\[6n")
"""Put the cursor there, and say where it is."""
MARK = re.compile(rb"GROWTH (-?\d+) (.*?) END")


def resident(pid: int | str) -> float:
    """Megabytes a process has in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def app_of(pid: int) -> int:
    """The process of the app: the child of its guard, once there is one."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


def imported() -> float:
    """Megabytes of an interpreter with the libraries and nothing else."""
    code = "import textual.app, numpy; print(open('/proc/self/status').read())"
    environment = {**os.environ, **ENVIRONMENT}
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout
    return int(shown.split("VmRSS:")[1].split()[0]) / 1024


def opened(arguments: list[str], size: str) -> pexpect.spawn:
    """A child in a terminal of this size."""
    columns, rows = map(int, size.split("x"))
    environment = {**os.environ, **ENVIRONMENT, "BACKSCOPE_HOME": HOME.name}
    child = pexpect.spawn(
        sys.executable, arguments, dimensions=(rows, columns), env=environment, timeout=60
    )
    child.delaybeforesend = None
    return child


def read(child: pexpect.spawn, seconds: float) -> bytes:
    """What a child writes for so long, answered as a terminal does."""
    end, found = time.monotonic() + seconds, b""
    while time.monotonic() < end:
        try:
            written = child.read_nonblocking(65536, timeout=max(end - time.monotonic(), 0.01))
        except pexpect.TIMEOUT:
            continue
        except pexpect.EOF:
            break
        child.send(b"".join(b"\x1b[%s;%sR" % place for place in ASKED.findall(written)))
        found = found[-100_000:] + written
    return found


def sampled(
    options: argparse.Namespace, seconds: float, *more: str
) -> list[tuple[float, float, float]]:
    """(seconds, megabytes of the app, megabytes of its guard) of a run that is watched."""
    child = opened(["-m", "backscope", "run", options.preset, *more], options.size)
    started, found = time.monotonic(), []
    for _ in range(SAMPLES):
        read(child, seconds / SAMPLES)
        app = app_of(child.pid)
        found.append((time.monotonic() - started, resident(app), resident(child.pid)))
    child.send("q")
    read(child, 2.0)
    child.close(force=True)
    return found


def growth(options: argparse.Namespace) -> tuple[float, str]:
    """Kilobytes that Python holds more at the end than at a third of the time, and where."""
    arguments = [__file__, "--child", "--preset", options.preset]
    child = opened([*arguments, "--seconds", str(options.seconds / 2)], options.size)
    found = MARK.search(read(child, options.seconds / 2 + 30))
    child.close(force=True)
    if found is None:
        return float("nan"), ""
    return int(found[1]) / 1024, found[2].decode()


def traced(preset: str, seconds: float) -> None:
    """Run the dashboard under ``tracemalloc`` and say what grew."""
    import gc
    import tracemalloc

    from backscope.core.experiment import load_experiment
    from backscope.tui.app import BackscopeApp
    from backscope.tui.opening import open_app

    shots: list[tracemalloc.Snapshot] = []

    def take() -> None:
        gc.collect()
        shots.append(tracemalloc.take_snapshot())

    def watch(app: BackscopeApp) -> None:
        time.sleep(seconds / 3)
        take()
        time.sleep(2 * seconds / 3)
        take()
        app.call_from_thread(app.leave, 0)

    mount = BackscopeApp.on_mount

    def on_mount(app: BackscopeApp) -> None:
        mount(app)
        threading.Thread(target=watch, args=(app,), daemon=True).start()

    BackscopeApp.on_mount = on_mount  # type: ignore[method-assign]
    tracemalloc.start()
    open_app(load_experiment(preset, {"training.steps": int(ENDLESS)}))
    differences = shots[1].compare_to(shots[0], "lineno")
    largest = ", ".join(
        f"{'/'.join(Path(each.traceback[0].filename).parts[-2:])}:{each.traceback[0].lineno} "
        f"{each.size_diff / 1024:+.0f} kB"
        for each in differences[:5]
    )
    print(f"GROWTH {sum(each.size_diff for each in differences)} {largest} END", flush=True)


def main() -> None:
    """Sample, trace, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="vanishing")
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--quick", action="store_true", help="a few seconds, without tracing")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        traced(options.preset, options.seconds)
        return
    if options.quick:
        options.seconds = 1.5
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "textual"))
    print(f"{options.preset} at {options.size}; Python {platform.python_version()}, {packages}")
    with TemporaryDirectory() as compiled:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        sampled(options, min(options.seconds, 4.0))
        report(options)


def report(options: argparse.Namespace) -> None:
    """Sample and print."""
    bare = imported()
    short = min(options.seconds, 10.0)
    sizes = {
        "import textual.app, numpy": bare,
        "the preset's own run, at its end": sampled(options, short)[-1][1],
        "the same, not recorded": sampled(options, short, "--no-record")[-1][1],
    }
    found = sampled(options, options.seconds, "--steps", ENDLESS)
    sizes |= {f"without end, after {seconds:.0f} s": size for seconds, size, _ in found}
    sizes["the guard of the terminal"] = found[-1][2]
    print(f"{'':34}{'MB':>8}{'ratio':>8}")
    for name, size in sizes.items():
        print(f"{name:34}{size:>8.1f}{size / bare:>8.2f}")
    half = len(found) // 2
    first, last = (
        statistics.median(size for _, size, _ in part) for part in (found[half:-2], found[-2:])
    )
    minutes = (found[-1][0] - found[half][0]) / 60
    print(f"second half: {(last - first) / max(minutes, 1e-9):+.2f} MB a minute")
    if not options.quick:
        more, where = growth(options)
        print(f"held by Python at the end, beyond a third of the time: {more:+.0f} kB ({where})")


if __name__ == "__main__":
    main()
