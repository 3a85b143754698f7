"""Runs that are killed at random moments and gone on with, beside runs that were left in peace.

A child trains and records until it is killed; another goes on from the last checkpoint, and may be
killed as well; the last one trains to the end. Rows, extremes, events and the final checkpoint
(parameters, what the optimizer remembers, generators) are compared with those of a run that was
left in peace, byte by byte. Of a checkpoint the times are left out: they are no two runs' own.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from backscope.core.errors import DataError
from backscope.core.experiment import Experiment
from backscope.core.history import History
from backscope.core.history.pyramid import Columns
from backscope.core.run import Run
from backscope.core.store import checkpoints, database, places, recorder
from backscope.core.store.pieces import decode_entries
from backscope.core.store.places import Place
from backscope.core.store.recording import Recording
from backscope.core.store.stored_run import StoredRun
from backscope.core.trainer import Trainer

from .forks import exit_code, forked, has_ended, kill

MOST_KILLS = 4
"""Of one run."""
LATER = 0.2
"""Seconds by which a run is killed later that had no checkpoint yet."""

Contents = dict[str, Any]


@dataclass(frozen=True)
class Interrupted:
    """A run that is going to be killed and gone on with."""

    experiment: Experiment
    wanted: Contents
    """What a run that is left in peace leaves."""
    pace: float
    """Steps per second while it may be killed."""
    after: tuple[float, ...]
    """Seconds until each of the kills."""
    checkpoint_every: float
    """Seconds between two checkpoints."""


@dataclass(frozen=True)
class Resumed:
    """What came of it."""

    kills: int
    refused: int = 0
    """Times that it was killed before it had a checkpoint: there was nothing to go on from."""
    steps: tuple[int, ...] = ()
    """Where it was gone on with."""
    different: tuple[str, ...] = ()
    """What is not as in the run that was left in peace."""


def in_peace(experiment: Experiment, folder: Path) -> Contents:
    """What a run of this experiment leaves that nobody kills."""
    os.environ[places.HOME] = str(folder)
    trainer = Trainer(experiment)
    recording = Recording.of_new(Run(trainer, History(trainer.layout)))
    recording.start()
    recording.run.drive()
    recording.finish()
    return contents(recording.place)


def contents(place: Place) -> Contents:
    """All that is in a run but for times."""
    run = StoredRun(place)
    try:
        snapshot, connection = run.history.snapshot(), run._connection
        found: Contents = {
            "state": run.history.progress.state,
            "damaged": run.history.damaged,
            "events": snapshot.events,
            "rows": np.concatenate([values for _, values in snapshot.rows()]).tobytes(),
        }
        for metric in snapshot.layout.metrics:
            curve = snapshot.envelope(metric.name, 1, snapshot.last_step + 1, 60)
            parts = (curve.low, curve.high, curve.bad)
            found[f"extremes of {metric.name}"] = [part.tobytes() for part in parts]
        found["summaries"] = _summaries(run)
        newest = checkpoints.newest(connection, "it")
        if newest is None:
            raise DataError("the run has no checkpoint at its end")
        arrays, values = newest.checkpoint.to_plain()
        found["checkpoint"] = repr(values)
        for name, array in arrays.items():
            found[f"array {name}"] = array.tobytes()
        return found
    finally:
        run.close()


def _summaries(run: StoredRun) -> dict[int, bytes]:
    """Means, newest values and counts of all entries, by level."""
    query = "SELECT level, length, data FROM piece WHERE level > 0 ORDER BY level, start"
    parts: dict[int, list[Any]] = {}
    columns = Columns(run.description.layout)
    for level, length, data in database.fetch(run._connection, query):
        summary = decode_entries(data, length, columns)[1]
        parts.setdefault(level, []).append(np.stack((summary.mean, summary.last, summary.count)))
    return {level: np.concatenate(each, axis=2).tobytes() for level, each in parts.items()}


def interrupted(trial: Interrupted) -> Resumed:
    """Train, kill, go on, compare; once more where it was killed before there was a checkpoint."""
    recorder.CHECKPOINT_SECONDS = trial.checkpoint_every
    refused = 0
    while (found := _interrupted(trial)) is None:
        refused += 1
        first, *others = trial.after
        trial = replace(trial, after=(first + LATER, *others))
    return replace(found, refused=refused)


def _interrupted(trial: Interrupted) -> Resumed | None:
    """The same; None where it was killed before there was a checkpoint."""
    home = Path(mkdtemp(prefix="backscope-resume-"))
    os.environ[places.HOME] = str(home)
    try:
        steps: list[int] = []
        if not _killed(trial, None, trial.after[0]):
            return Resumed(0)
        for after in (*trial.after[1:], None):
            found = places.all_places()
            newest = _newest_step(found[0]) if found else None
            if newest is None:
                return None
            steps.append(newest)
            if not _killed(trial, found[0], after):
                break
        left = contents(places.all_places()[0])
        names = sorted({*left, *trial.wanted})
        different = tuple(name for name in names if left.get(name) != trial.wanted.get(name))
        return Resumed(len(steps), steps=tuple(steps), different=different)
    finally:
        shutil.rmtree(home)


def _killed(trial: Interrupted, place: Place | None, after: float | None) -> bool:
    """Train, killed after so many seconds (None: never); False where it has ended before that."""
    pace = None if after is None else trial.pace
    pid = forked(lambda: _train(trial.experiment, place, pace))
    if after is not None:
        time.sleep(after)
        if not has_ended(pid):
            kill(pid)
            return True
    if code := exit_code(pid):
        raise RuntimeError(f"a run that was not killed has ended with {code}")
    return False


def _newest_step(place: Place) -> int | None:
    """Of the last checkpoint; None: there is none."""
    try:
        run = StoredRun(place)
    except DataError:
        return None
    try:
        (found,) = run._connection.execute("SELECT max(step) FROM checkpoint").fetchone()
        return None if found is None else int(found)
    finally:
        run.close()


def _train(experiment: Experiment, place: Place | None, pace: float | None) -> None:
    """Begin, or go on with what was killed; to the end."""
    if place is None:
        recording = Recording.of_new(Run(Trainer(experiment), pace=pace))
    else:
        recording = Recording.resumed(place)
        recording.run.set_pace(pace)
    recording.start()
    recording.run.drive()
    recording.finish()


def interruptions(
    chosen: Sequence[Experiment],
    folder: Path,
    count: int,
    seed: int,
    *,
    seconds: float,
    checkpoint_every: float,
) -> list[Interrupted]:
    """So many runs of the experiments by turns, which would take so many seconds if not killed."""
    rng = np.random.default_rng(seed)
    wanted = [in_peace(experiment, folder) for experiment in chosen]
    trials = []
    for at in range(count):
        experiment = chosen[at % len(chosen)]
        kills = int(rng.integers(1, MOST_KILLS))
        after = rng.uniform(0.1, seconds / kills, kills).tolist()
        pace = experiment.training.steps / seconds
        wants = wanted[at % len(chosen)]
        trials.append(Interrupted(experiment, wants, pace, tuple(after), checkpoint_every))
    return trials


def resume_lines(found: Sequence[Resumed]) -> list[str]:
    """The figures, as text."""
    went_on = [each for each in found if each.kills]
    wrong = [each for each in went_on if each.different]
    lines = [
        f"killed and gone on with: {len(went_on)} runs, {sum(e.kills for e in went_on)} kills, "
        f"from steps {min((s for e in went_on for s in e.steps), default=0):,} to "
        f"{max((s for e in went_on for s in e.steps), default=0):,}",
        f"  as if left in peace, byte by byte: {len(went_on) - len(wrong)} of {len(went_on)}",
        f"  killed before there was a checkpoint: {sum(each.refused for each in found)} more; "
        f"ended before the first kill: "
        f"{sum(not each.kills for each in found)}",
    ]
    lines += [f"  from steps {each.steps}: {', '.join(each.different[:8])}" for each in wrong[:5]]
    return lines
