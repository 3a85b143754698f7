"""What is trained: small networks whose every recorded number follows from the seed.

Probes at intervals of their own: what is measured when must not hang on the clock. Between them the
experiments have all that a checkpoint must remember: optimizers with and without memory, dropout,
batch normalization, schedules, planned changes, early stopping and half-empty batches.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backscope.core.experiment import Experiment
from backscope.core.history import History, Snapshot
from backscope.core.record import Event, Layout, Row, StepRecord
from backscope.core.run import Run
from backscope.core.trainer import Trainer

_EVERY = {"activations_every": 1, "trust_every": 3, "dead_every": 7}
_KINDS: tuple[dict[str, dict[str, Any]], ...] = (
    {"network": {"hidden": [6, 6]}, "training": {"optimizer": "sgd"}},
    {
        "network": {"hidden": [5, 5, 5], "activation": "tanh", "dropout": 0.1},
        "training": {"optimizer": "adam", "learning_rate": 0.01, "schedule": "cosine"},
    },
    {
        "network": {"hidden": [8, 8], "normalization": "batch"},
        "training": {"optimizer": "momentum", "rate_changes": [[70, 0.05], [400, 0.02]]},
    },
    {
        "network": {"hidden": [6, 6], "activation": "sigmoid"},
        "training": {"optimizer": "rmsprop", "learning_rate": 0.002, "warmup_steps": 50},
    },
)


def experiments(steps: int, seed: int) -> list[Experiment]:
    """One of each kind, of so many steps."""
    return [
        Experiment.from_dict(
            {
                "seed": seed + number,
                "data": {"source": "moons", "rows": 100},
                "network": kind["network"],
                "training": {"steps": steps, "batch_size": 16, **kind["training"]},
                "probes": _EVERY,
            },
            name=f"endurance-{number}",
        )
        for number, kind in enumerate(_KINDS)
    ]


@dataclass(frozen=True)
class Reference:
    """An experiment and what its first steps are, trained without being disturbed."""

    experiment: Experiment
    layout: Layout
    rows: Row
    """``(steps, layout.size)``."""
    events: tuple[Event, ...]

    @classmethod
    def of(cls, experiment: Experiment, steps: int) -> Reference:
        """Train so many steps."""
        trainer = Trainer(experiment)
        run = Run(trainer, History(trainer.layout, keep_rows=steps))
        run.advance(steps)
        snapshot = run.history.snapshot()
        rows = np.concatenate([values for _, values in snapshot.rows()])
        return cls(experiment, trainer.layout, rows, snapshot.events)

    def without_rows(self) -> Reference:
        """For whoever only trains it."""
        return replace(self, rows=self.rows[:0])

    def history(self, count: int) -> Snapshot:
        """What memory holds of so many steps."""
        history = History(self.layout, keep_rows=count)
        for at in range(count):
            history.append(StepRecord(at + 1, self.rows[at], self.layout), 0.0)
        return history.snapshot()


class TimedHistory(History):
    """A history that notes when each step was there.

    Args:
        layout: the columns.
        times: seconds of ``clock`` by step; shared with whoever asks when this process is gone.
        clock: monotonic.
    """

    def __init__(
        self, layout: Layout, times: Row, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(layout)
        self._times = times
        self._clock = clock

    def append(self, record: StepRecord, seconds: float) -> None:
        """Add a record and note the time."""
        super().append(record, seconds)
        self._times[record.step] = self._clock()
