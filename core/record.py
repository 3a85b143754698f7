"""The types that travel from the training thread to everything else: small, frozen, without maths.

A ``StepRecord`` is one row of float64: the global metrics first, then ``n_layers`` values for each
per-layer metric. The ``Layout`` says which column is which. NaN in a *scheduled* metric means "not
measured at this step"; in every other metric it is a measured, non-finite result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""A float32 or float64 array."""

Row = NDArray[np.float64]


class RunState(StrEnum):
    """Where a run stands. The last four are final."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    DIVERGED = "diverged"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Whether no further step can follow."""
        return self in _FINAL


_FINAL = (RunState.FINISHED, RunState.DIVERGED, RunState.STOPPED, RunState.FAILED)


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured quantity: global (one number a step) or per layer (one a layer and step)."""

    name: str
    about: str
    scheduled: bool = False


GLOBAL_METRICS: tuple[Metric, ...] = (
    Metric("epoch", "passes over the training data after this step"),
    Metric("loss", "loss of this step's batch, before its update"),
    Metric("accuracy", "accuracy on this step's batch, before its update", scheduled=True),
    Metric("validation_loss", "loss on the validation rows, after the update", scheduled=True),
    Metric("validation_accuracy", "accuracy there, after the update", scheduled=True),
    Metric("learning_rate", "learning rate of this step"),
    Metric("gradient_norm", "norm of the whole gradient before clipping"),
    Metric("clipped_gradient_norm", "norm of the whole gradient after clipping"),
    Metric("promised", "fall of the loss that the gradient promises of the update", scheduled=True),
    Metric("trust_ratio", "fall of the batch's loss by the update, over promised", scheduled=True),
)


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """What a screen needs to know of a layer. ``index`` counts from 1; the input is no layer."""

    index: int
    fan_in: int
    width: int
    activation: str
    rectifier: bool
    """ReLU: its units can be silent and dead."""
    bounded: bool
    """Its activation has flat parts: it can saturate."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a record's row holds what."""

    layers: tuple[LayerInfo, ...]
    layer_metrics: tuple[Metric, ...]
    _columns: dict[str, slice] = field(init=False, repr=False, compare=False)
    _nothing: Row = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first, layers = len(GLOBAL_METRICS), len(self.layers)
        columns = {metric.name: slice(i, i + 1) for i, metric in enumerate(GLOBAL_METRICS)}
        for i, metric in enumerate(self.layer_metrics):
            columns[metric.name] = slice(first + i * layers, first + (i + 1) * layers)
        object.__setattr__(self, "_columns", columns)
        object.__setattr__(self, "_nothing", np.full(self.size, np.nan))

    @property
    def n_layers(self) -> int:
        """Number of layers, the output layer included."""
        return len(self.layers)

    @property
    def size(self) -> int:
        """Columns of a row."""
        return len(GLOBAL_METRICS) + len(self.layer_metrics) * len(self.layers)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Every metric, global ones first, in the order of the columns."""
        return GLOBAL_METRICS + self.layer_metrics

    def per_layer(self, name: str) -> bool:
        """Whether the metric has a value for each layer."""
        first: int = self._columns[name].start
        return first >= len(GLOBAL_METRICS)

    def columns(self, name: str) -> slice:
        """The columns of a metric: one for a global metric, ``n_layers`` for a per-layer one.

        Raises:
            KeyError: no such metric.
        """
        return self._columns[name]

    def empty_row(self) -> Row:
        """A new row of which nothing is measured yet."""
        return self._nothing.copy()


@dataclass(frozen=True, slots=True)
class NonFinite:
    """The first value of a run that was not finite."""

    step: int
    layer: int | None
    """1-based; None where the quantity belongs to no layer (the loss)."""
    quantity: str
    """``z``, ``a``, ``loss``, ``delta``, ``dW``, ``db``, ``update``, ``W`` and so on."""
    count: int
    """Entries that are not finite ..."""
    size: int
    """... of this many."""
    largest_finite: float
    """Largest magnitude among the entries that are still finite; 0 when none is."""


@dataclass(frozen=True, slots=True, eq=False)
class StepRecord:
    """What one training step measured; all that leaves the training thread.

    Every metric of the layout is an attribute: a float for a global metric (``record.loss``), a
    read-only array of shape ``(n_layers,)`` for a per-layer one (``record.error_signal``). Two
    records are equal when their steps and all their bits are.
    """

    step: int
    row: Row
    layout: Layout
    nonfinite: NonFinite | None = None

    def __getattr__(self, name: str) -> Any:
        try:
            columns = self.layout.columns(name)
        except KeyError:
            raise AttributeError(f"a StepRecord has no metric {name!r}") from None
        return self.row[columns] if self.layout.per_layer(name) else float(self.row[columns.start])

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, StepRecord)
            and self.step == other.step
            and self.row.tobytes() == other.row.tobytes()
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run at a step and is marked on its curves."""

    step: int
    kind: str
    """``learning_rate``, ``early_stopping``, ``nonfinite`` ..."""
    text: str

    @classmethod
    def of_rate(cls, step: int, before: float, after: float) -> Event:
        """Another base learning rate from a step on."""
        return cls(step, "learning_rate", f"{before:g} -> {after:g}")
