"""Signals to a dashboard that trains: the terminal given back, the run kept, the right code.

The command in a pseudo-terminal gets a signal at a random moment, by turns through its guard and in
the app itself; what no handler can take only in the app. Afterwards the terminal's settings must be
what they were, all modes must have been reset, and the exit code must be the signal's. Where a
handler can run the run has ended as stopped, with a checkpoint of its last step.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .commands import RUN, child_of, home, opened, stands, wait_for_training

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGSEGV)
HANDLED = SIGNALS[:3]
PACE = ("--pace", "200")


@dataclass(frozen=True)
class Signal:
    """A signal that is going to be sent."""

    number: signal.Signals
    to_app: bool
    after: float
    """Seconds after the first steps."""


@dataclass(frozen=True)
class Signalled:
    """What came of it."""

    number: signal.Signals
    code: int | None
    """Exit code, or minus the signal that the command has died of; None: it goes on."""
    left: tuple[int | str, ...]
    """What of the terminal was not given back."""
    kept: bool
    """The run stands on the disk as it should."""
    seconds: float
    """Until the command was gone."""

    @property
    def right(self) -> bool:
        """All is as it should be: a shell shows 128 + the signal either way."""
        wanted = 128 + self.number if self.number in HANDLED else -self.number
        return self.code == wanted and not self.left and self.kept


def signals(count: int, seed: int) -> list[Signal]:
    """So many of each."""
    rng = np.random.default_rng(seed)
    return [
        Signal(number, number not in HANDLED or at % 2 == 0, float(rng.uniform(0.0, 0.6)))
        for at in range(count)
        for number in SIGNALS
    ]


def signalled(trial: Signal) -> Signalled:
    """Open, send, look."""
    with home() as folder, opened(folder, *RUN, *PACE) as link:
        wait_for_training(link, folder)
        time.sleep(trial.after)
        sent = time.monotonic()
        os.kill(child_of(link.pid) if trial.to_app else link.pid, trial.number)
        code = link.join()
        seconds = time.monotonic() - sent
        state, step, checkpoint = stands(folder)
        if trial.number in HANDLED:
            kept = state == "stopped" and step == checkpoint > 0
        else:
            kept = state == "running" and step > 0
        left = tuple(sorted(link.left_behind(), key=str))
        return Signalled(trial.number, code, left, kept, seconds)


def signal_lines(found: Sequence[Signalled]) -> list[str]:
    """The figures, as text."""
    lines = []
    for number in SIGNALS:
        of = [each for each in found if each.number is number]
        right = [each for each in of if each.right]
        codes = sorted({each.code for each in of}, key=str)
        lines.append(
            f"{number.name}: terminal given back, run kept, right code {len(right)} of {len(of)}; "
            f"codes {codes}; gone after p50 {np.median([e.seconds for e in of]):.2f} s, "
            f"max {max(e.seconds for e in of):.2f} s"
        )
        lines += [f"  wrong: {each}" for each in of if not each.right][:3]
    return lines
