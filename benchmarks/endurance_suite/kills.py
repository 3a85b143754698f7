"""Kill -9 at random moments while a run is recorded: what is lost, and what is wrong.

A child trains and records as ``backscope run`` does; the time of each step is left in memory that
outlives it. At a random moment it is killed, and what lies on the disk is compared with what the
same seed gives undisturbed. Half of the runs are followed meanwhile by another process, which
compares whatever it is shown.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import NoReturn

import numpy as np

from backscope.core.errors import DataError
from backscope.core.record import Row
from backscope.core.run import Run
from backscope.core.store import places
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import Life, StoredRun
from backscope.core.trainer import Trainer

from .checks import wrong_events, wrong_extremes, wrong_values
from .experiments import Reference, TimedHistory
from .forks import exit_code, forked, has_ended, kill, shared_numbers

LOOK_EVERY = 0.02
"""Seconds between two looks of a follower."""
PATIENCE = 5.0
"""Seconds in which a follower must have named the death."""
TIMES = "times"
"""The file with the moments of the steps."""
_KILLED, _LOOKS, _WRONG, _NAMED, _TOLD = range(5)
"""What a follower and its parent tell each other, and how many numbers that takes."""


@dataclass(frozen=True)
class Kill:
    """A run that is going to be killed."""

    reference: Reference
    rate: float
    """Steps per second at most."""
    after: float
    """Seconds from its birth to its death."""
    followed: bool
    exec: bool = False
    """It is an interpreter of its own, started for it, and no fork."""


@dataclass(frozen=True)
class Killed:
    """What came of it."""

    done: int
    """Steps done when it was killed."""
    kept: int
    """Steps on the disk."""
    rate: float
    """Steps per second that it did."""
    lost: float
    """Seconds for which the oldest lost step had been there when the kill came; 0: none was."""
    unseen: float
    """Seconds from the last step on the disk to the kill; NaN: there is none."""
    wrong: int
    """Values, extremes and events that are not what was measured."""
    damaged: int
    """Pieces that cannot be read."""
    opened: bool
    """False: it was killed before there was a run."""
    looks: int = 0
    """Times that its follower was shown something new."""
    seen_wrong: int = 0
    """Wrong values that its follower was shown."""
    named: float = np.nan
    """Seconds until its follower knew of the death; NaN: not followed, or nothing to follow."""


def killed(trial: Kill) -> Killed:
    """Train, kill, look."""
    home = Path(mkdtemp(prefix="backscope-kill-"))
    os.environ[places.HOME] = str(home)
    times = np.memmap(home / TIMES, np.float64, "w+", shape=(len(trial.reference.rows) + 2,))
    told = shared_numbers(_TOLD)
    try:
        pid = forked(lambda: _execute(trial, home) if trial.exec else train(trial, times))
        follower = forked(lambda: follow(trial.reference, told)) if trial.followed else 0
        time.sleep(trial.after)
        if has_ended(pid):
            raise RuntimeError(f"the run that was to be killed has ended with {exit_code(pid)}")
        moment = time.monotonic()
        kill(pid)
        told[_KILLED] = moment
        if follower and exit_code(follower):
            raise RuntimeError("a follower has crashed")
        return _looked_at(trial.reference, moment, times, told)
    finally:
        shutil.rmtree(home)


def _execute(trial: Kill, home: Path) -> NoReturn:
    """Become an interpreter that trains."""
    task = home / "trial"
    task.write_bytes(pickle.dumps(replace(trial, reference=trial.reference.without_rows())))
    os.chdir(Path(__file__).parents[1])
    os.execv(sys.executable, (sys.executable, "-m", __name__, str(task)))


def train(trial: Kill, times: Row) -> None:
    """Train and record until the end, which does not come."""
    trainer = Trainer(trial.reference.experiment)
    run = Run(trainer, TimedHistory(trainer.layout, times), pace=trial.rate)
    Recording.of_new(run).start()
    run.drive()


def follow(reference: Reference, told: Row) -> None:
    """Look at the only run there is until it is dead, and compare whatever is new."""
    run, seen = None, 0
    while not told[_KILLED] or time.monotonic() < told[_KILLED] + PATIENCE:
        if run is None:
            run = _opened()
        if run is not None:
            life, snapshot = run.life, run.history.snapshot()
            told[_LOOKS] += snapshot.count > seen
            told[_WRONG] += wrong_values(snapshot, reference, seen + 1)
            told[_WRONG] += wrong_events(snapshot, reference.events) + (snapshot.count < seen)
            seen = snapshot.count
            if life is Life.DEAD:
                told[_NAMED] = time.monotonic()
                return
        elif told[_KILLED]:
            return  # it was killed before there was anything to follow
        time.sleep(LOOK_EVERY)
    raise RuntimeError("the death was not seen")


def _opened() -> StoredRun | None:
    found = places.all_places()
    try:
        return StoredRun(found[0]) if found else None
    except DataError:
        return None  # its description is not written yet


def _looked_at(reference: Reference, moment: float, times: Row, told: Row) -> Killed:
    done = int(np.count_nonzero(times))
    run, kept, wrong, damaged = _opened(), 0, 0, 0
    if run is not None:
        snapshot = run.history.snapshot()
        kept = snapshot.count
        wrong = wrong_values(snapshot, reference) + wrong_extremes(snapshot, reference)
        wrong += wrong_events(snapshot, reference.events)
        wrong += sum(len(steps) for steps, _ in snapshot.rows()) != kept
        damaged = run.history.damaged
        run.close()
    return Killed(
        done=done,
        kept=kept,
        rate=(done - 2) / float(times[done] - times[2]) if done > 2 else np.nan,
        lost=moment - float(times[kept + 1]) if done > kept else 0.0,
        unseen=moment - float(times[kept]) if kept else np.nan,
        wrong=wrong,
        damaged=damaged,
        opened=run is not None,
        looks=int(told[_LOOKS]),
        seen_wrong=int(told[_WRONG]),
        named=float(told[_NAMED]) - moment if told[_NAMED] else np.nan,
    )


def kills(
    references: Sequence[Reference],
    rate: float,
    count: int,
    longest: float,
    seed: int,
    *,
    processes: bool = False,
) -> list[Kill]:
    """So many runs of the experiments by turns, killed within so many seconds; half followed."""
    after = np.random.default_rng(seed).uniform(0.0, longest, count).tolist()
    return [
        Kill(
            references[at % len(references)],
            rate,
            moment,
            at // len(references) % 2 == 0,
            processes,
        )
        for at, moment in enumerate(after)
    ]


def kill_lines(rate: float, found: Sequence[Killed]) -> list[str]:
    """The figures, as text."""
    trained = [each for each in found if each.done]
    lost = np.array([each.lost for each in trained] or [0.0])
    unseen = np.array([each.unseen for each in trained if each.kept] or [np.nan])
    followed = [each for each in found if not np.isnan(each.named)]
    named = np.array([each.named for each in followed] or [np.nan])
    reached = [each.rate for each in trained if each.done > 2]
    return [
        f"kill -9 at {rate:g} steps/s: {len(found)} runs, {len(trained)} of which had trained "
        f"({median(reached or [np.nan]):,.0f} steps/s, up to "
        f"{max((each.done for each in trained), default=0):,} steps), "
        f"{sum(not each.opened for each in found)} before there was a run",
        f"  lost: p50 {np.median(lost):.3f} s, p99 {np.quantile(lost, 0.99):.3f} s, "
        f"max {lost.max():.3f} s; at most {max((e.done - e.kept for e in trained), default=0):,} "
        "steps",
        f"  from the last step on the disk to the kill: p50 {np.median(unseen):.3f} s, "
        f"max {unseen.max():.3f} s",
        f"  wrong values: {sum(each.wrong for each in found)}; damaged pieces: "
        f"{sum(each.damaged for each in found)}",
        f"  followed: {len(followed)}, {sum(each.looks for each in followed)} times something new, "
        f"wrong values: {sum(each.seen_wrong for each in found)}; death named: p50 "
        f"{np.median(named):.3f} s, max {named.max():.3f} s",
    ]


if __name__ == "__main__":
    task = Path(sys.argv[1])
    train(pickle.loads(task.read_bytes()), np.memmap(task.with_name(TIMES), np.float64, "r+"))
