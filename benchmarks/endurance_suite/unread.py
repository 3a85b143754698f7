"""A terminal that does not read for a while: whether training goes on, and what is shown then.

A dashboard trains in a pseudo-terminal that is read for some seconds, then is not, then is read
again. Steps per second are those on the disk. What was waiting when the terminal reads again is its
backlog; the present is shown once the status has a step that had not been done before that.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from emulated_screen import EmulatedScreen

from .commands import RUN, home, opened, stands, wait_for_training

SIZE = (120, 40)
SHOWN_STEP = re.compile(r"training +step +([\d,]+)/")
BEFORE = 10.0
"""Seconds of training that are measured before."""
PATIENCE = 30.0


@dataclass(frozen=True)
class Unread:
    """What came of a terminal that was not read."""

    before: float
    """Steps per second while it was read."""
    meanwhile: float
    """The same while it was not."""
    behind: float
    """Seconds until the present was shown; infinite: it was not."""
    backlog: int
    """Bytes that came until then."""


def unread(seconds: float, before: float = BEFORE) -> Unread:
    """Read, do not read for so many seconds, read again."""
    with home() as folder, opened(folder, *RUN, size=SIZE) as link:
        wait_for_training(link, folder)
        while_read = _steps_per_second(lambda: stands(folder)[1], before)
        link.hold()
        meanwhile = _steps_per_second(lambda: stands(folder)[1], seconds)
        present, had = stands(folder)[1], len(link.arrived)
        began = time.monotonic()
        link.read_again()
        screen = EmulatedScreen(*SIZE)
        # The emulator starts where the terminal stood.
        screen.feed(b"".join(data for _, data in link.arrived[:had]))
        backlog, behind = 0, np.inf
        while time.monotonic() < began + PATIENCE:
            new, had = link.arrived[had:], len(link.arrived)
            for _, data in new:
                backlog += len(data)
                screen.feed(data)
                shown = SHOWN_STEP.search("\n".join(screen.lines))
                if shown and int(shown[1].replace(",", "")) >= present:
                    behind = time.monotonic() - began
                    break
            if np.isfinite(behind):
                break
            time.sleep(0.01)
        link.press("q")
        link.join()
    return Unread(while_read, meanwhile, behind, backlog)


def _steps_per_second(step: Callable[[], int], seconds: float) -> float:
    first, began = step(), time.monotonic()
    time.sleep(seconds)
    return (step() - first) / (time.monotonic() - began)


def unread_lines(seconds: float, found: Unread) -> list[str]:
    """The figures, as text."""
    return [
        f"not read for {seconds:.0f} s: {found.meanwhile:,.0f} steps/s meanwhile, "
        f"{found.before:,.0f} before: {found.meanwhile / found.before:.2f}",
        f"  then the present was shown after {found.behind:.2f} s and {found.backlog:,} bytes",
    ]
