"""Terminals that are closed: under viewers of a detached run, and under dashboards that train.

One run is trained by a process of its own. Viewer after viewer opens on it in a pseudo-terminal
that is closed at a random moment: the viewer must end and the trainer go on; how long the next one
takes from its command to the run on its screen is what re-attaching takes. Then dashboards that
train themselves: they must end too, and their runs stand on the disk as stopped, with a checkpoint
of the last step.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backscope.core.store.lock import holder

from .commands import (
    COMMAND,
    PATIENCE,
    RUN,
    child_of,
    home,
    is_alive,
    opened,
    recording_there,
    stands,
    wait_for_training,
    wait_until,
)

SHOWN = b"training"
"""Stands on the screen once the run does."""
HUNG_UP = 129


@dataclass(frozen=True)
class HungUp:
    """What came of a terminal that was closed."""

    attached: float
    """Seconds from the command to the run on the screen."""
    code: int | None
    ended: float
    """Seconds until command and app were gone."""
    survived: bool
    """The trainer goes on; of a dashboard that trains: the run is kept."""


def viewers_hung_up(count: int, seed: int) -> tuple[list[HungUp], int]:
    """Close so many terminals under viewers of one run; and the steps that it did meanwhile."""
    with home() as folder:
        words = (*COMMAND, *RUN, "--detach", "--pace", "500")
        subprocess.run(words, env=recording_there(folder), check=True, capture_output=True)
        (directory,) = folder.glob("runs/*")
        trainer = holder(directory / "lock")
        if not trainer:
            raise RuntimeError("nobody trains the detached run")
        try:
            wait_until(lambda: stands(folder)[1] > 0, "the first steps")
            moments = np.random.default_rng(seed).uniform(0.0, 0.5, count).tolist()
            found = [_viewer(folder, trainer, after) for after in moments]
            steps = stands(folder)[1]
        finally:
            stop = (*COMMAND, "stop", directory.name)
            subprocess.run(stop, env=recording_there(folder), check=True, capture_output=True)
    return found, steps


def _viewer(folder: Path, trainer: int, after: float) -> HungUp:
    with opened(folder, "watch") as link:
        shown = link.wait_for(SHOWN, patience=PATIENCE)
        if shown is None:
            raise RuntimeError("the run was not shown")
        app = child_of(link.pid)
        time.sleep(after)
        began = time.monotonic()
        link.hang_up()
        code = link.join()
        wait_until(lambda: not is_alive(app), "the viewer to end")
        ended = time.monotonic() - began
        step = stands(folder)[1]
        wait_until(lambda: not is_alive(trainer) or stands(folder)[1] > step, "more steps")
        return HungUp(shown - link.started, code, ended, is_alive(trainer))


def dashboard_hung_up(after: float) -> HungUp:
    """Close the terminal of a dashboard that trains, so many seconds after its first steps."""
    with home() as folder, opened(folder, *RUN, "--pace", "200") as link:
        shown = link.wait_for(SHOWN, patience=PATIENCE)
        wait_for_training(link, folder)
        app = child_of(link.pid)
        time.sleep(after)
        began = time.monotonic()
        link.hang_up()
        code = link.join()
        wait_until(lambda: not is_alive(app), "the app to end")
        ended = time.monotonic() - began
        state, step, checkpoint = stands(folder)
        kept = state == "stopped" and step == checkpoint > 0
        return HungUp((shown or np.nan) - link.started, code, ended, kept)


def hung_up_lines(name: str, survives: str, found: Sequence[HungUp]) -> list[str]:
    """The figures, as text."""
    attached = [each.attached for each in found]
    ended = [each.ended for each in found]
    codes = sorted({each.code for each in found}, key=str)
    return [
        f"{name}: {survives} {sum(each.survived for each in found)} of {len(found)}; "
        f"exit codes {codes}",
        f"  from the command to the run on the screen: p50 {np.median(attached):.2f} s, "
        f"max {max(attached):.2f} s",
        f"  gone after the hang-up: p50 {np.median(ended):.2f} s, max {max(ended):.2f} s",
    ]
