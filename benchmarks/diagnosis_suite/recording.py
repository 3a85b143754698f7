"""Training a case and keeping what was recorded, so that rules can be changed and asked again.

A run has the settings that a person gets, but for one thing: how often what costs much is measured
follows from measured time, and would differ from run to run. Here the trainer's clock ticks once
each time it is read, as if measuring something took as long as any other part of a step, and the
budget is such that, after the first 20 steps, activations are measured about every 25 steps, the
trust ratio every 55 and dead units every 80. By the clock of a two-core machine it was every 4 to
80, 6 to 35 and 100 to 140. ``--clock machine`` tells what that changes.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

import backscope.core
from backscope.core.experiment import Experiment
from backscope.core.findings import Facts
from backscope.core.history import History
from backscope.core.record import Layout, NonFinite, Row, StepRecord
from backscope.core.trainer import Trainer

from .case import Case

TICKING_BUDGET = 0.025
JUDGES = ("diagnosis", "cures", "findings.py", "facts.py")
"""Parts of the core that judge a run or look at it before it starts: they change no recording."""


@dataclass(frozen=True, slots=True)
class Recording:
    """All that a run has measured."""

    layout: Layout
    facts: Facts
    rows: Row
    """``(steps, layout.size)``."""
    nonfinite: NonFinite | None

    def __getitem__(self, metric: str) -> Row:
        """A metric at every step: ``(steps,)``, or ``(steps, n_layers)``."""
        values = self.rows[:, self.layout.columns(metric)]
        return values if self.layout.per_layer(metric) else values[:, 0]

    @property
    def steps(self) -> int:
        """Steps done."""
        return len(self.rows)

    def replayed(self) -> Any:
        """The history as it grew: itself, step after step."""
        history = History(self.layout, keep_rows=self.steps)
        for at, row in enumerate(self.rows, 1):
            last = at == self.steps
            record = StepRecord(at, row, self.layout, self.nonfinite if last else None)
            history.append(record, float(at))
            yield history


def trainer_of(case: Case, by_machine: bool = False) -> Trainer:
    """The trainer of a case, before its first step."""
    document = dict(case.document)
    if by_machine:
        return Trainer(Experiment.from_dict(document))
    document["probes"] = {"budget": TICKING_BUDGET}
    return Trainer(Experiment.from_dict(document), clock=ticks())


def ticks() -> Callable[[], float]:
    """A clock that is one second later each time it is read."""
    seconds = count()
    return lambda: float(next(seconds))


def recorded(case: Case, folder: Path | None = None, by_machine: bool = False) -> Recording:
    """Train a case, or take what was recorded of it before.

    Args:
        case: what to train.
        folder: where recordings are kept; None: nowhere.
        by_machine: probes are scheduled by the machine's own clock.
    """
    trainer = trainer_of(case, by_machine)
    path = None if folder is None else folder / f"{key_of(case, by_machine)}.npz"
    if path is not None and path.exists():
        with np.load(path, allow_pickle=False) as archive:
            told = json.loads(str(archive["nonfinite"]))
            nonfinite = None if told is None else NonFinite(**told)
            return Recording(trainer.layout, trainer.facts, archive["rows"], nonfinite)
    records = list(trainer.steps())
    nonfinite = records[-1].nonfinite
    rows = np.array([record.row for record in records])
    if path is not None:
        told = None if nonfinite is None else asdict(nonfinite)
        part = path.with_suffix(f".{time.monotonic_ns()}.npz")  # never half a file of that name
        np.savez(part, rows=rows, nonfinite=json.dumps(told))
        part.replace(path)
    return Recording(trainer.layout, trainer.facts, rows, nonfinite)


def key_of(case: Case, by_machine: bool) -> str:
    """What a recording depends on: the experiment, and the code that trains and measures."""
    document = json.dumps(case.document, sort_keys=True)
    told = f"{document} {by_machine} {TICKING_BUDGET} {_digest_of_the_core()}"
    return hashlib.sha256(told.encode()).hexdigest()[:24]


@cache
def _digest_of_the_core() -> str:
    folder = Path(backscope.core.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        if path.relative_to(folder).parts[0] not in JUDGES:
            digest.update(path.read_bytes())
    return digest.hexdigest()
