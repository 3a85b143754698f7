"""A disk that is full for a while: training goes on, it is told, and nothing is lost or wrong.

A run is recorded on a small disk of its own (a tmpfs, which root may mount), which other files fill
until there is no room. When they go, what has waited is written.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np

from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import StoredRun
from backscope.core.trainer import Trainer

from .checks import wrong_events, wrong_extremes, wrong_values
from .commands import home, wait_until
from .experiments import Reference

MEGABYTES = 12
ROOM = 300_000
"""Bytes that are left when the run begins."""
RATE = 1_000.0
"""Steps per second at most."""
TOLD = 10.0
"""Seconds within which it must be told, and written again."""


@dataclass(frozen=True)
class FullDisk:
    """What came of it."""

    told: float
    """Seconds from the beginning until there was no room."""
    before: float
    """Steps per second until then."""
    meanwhile: float
    """While there was no room."""
    recorded_again: float
    """Seconds from when there was room until nothing waited."""
    steps: int
    wrong: int
    """Values, extremes and events that are not what was measured, steps that are missing, pieces
    that are damaged."""


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """A disk of so many megabytes; None where none can be mounted."""
    with home() as folder:
        words = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
        # Whoever ends this process must not leave the disk behind.
        before = signal.signal(signal.SIGTERM, _end)
        mounted = False
        try:
            with suppress(OSError):
                mounted = not subprocess.run(words, capture_output=True, check=False).returncode
            yield folder if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", str(folder)], check=True)
            signal.signal(signal.SIGTERM, before)


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def full_disk(reference: Reference, folder: Path, seconds: float) -> FullDisk:
    """Train until the disk is full and for so many seconds more, make room, finish."""
    os.environ[places.HOME] = str(folder)
    filler = folder / "filler"
    run = Run(Trainer(reference.experiment), pace=RATE)
    recording = Recording.of_new(run)
    with filler.open("wb") as file:
        stat = os.statvfs(folder)
        file.write(bytes(stat.f_bavail * stat.f_frsize - ROOM))
    recording.start()
    began = time.monotonic()
    thread = threading.Thread(target=run.drive)
    thread.start()
    try:
        wait_until(lambda: bool(recording.problem), "the disk to be full", TOLD / 2)
        told, first = time.monotonic() - began, run.step
        time.sleep(seconds)
        second = run.step
        if not recording.problem:
            raise RuntimeError("the disk is full and it is not told")
        filler.unlink()
        made_room = time.monotonic()
        wait_until(lambda: not recording.problem, "recording to go on", TOLD / 2)
        recorded_again = time.monotonic() - made_room
    finally:
        run.stop()
        thread.join()
        recording.finish()
    stored = StoredRun(recording.place)
    snapshot = stored.history.snapshot()
    wrong = wrong_values(snapshot, reference) + wrong_extremes(snapshot, reference)
    wrong += wrong_events(snapshot, reference.events) + stored.history.damaged
    wrong += run.step - sum(len(steps) for steps, _ in snapshot.rows())
    stored.close()
    return FullDisk(told, first / told, (second - first) / seconds, recorded_again, run.step, wrong)


def full_disk_lines(found: Sequence[FullDisk]) -> list[str]:
    """The figures, as text."""
    ratios = [each.meanwhile / each.before for each in found]
    again = [each.recorded_again for each in found]
    return [
        f"full disk, {len(found)} times: steps/s while there is no room / before: "
        f"{np.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        f"  with room again all is written after p50 {np.median(again):.2f} s, max "
        f"{max(again):.2f} s; steps {sum(each.steps for each in found):,}, wrong, missing or "
        f"damaged: {sum(each.wrong for each in found)}",
    ]
