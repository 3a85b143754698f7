"""The numbers that the rules judge by, read off a history at one check.

Losses are in units of the loss of knowing nothing and medians of 5 steps; the error signal is
compared between layers, as logarithms. So nothing depends on the scale of the loss, the size of the
batch or the width of a layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, isnan, nan

import numpy as np
from numpy.typing import NDArray

from ..findings import Facts
from ..history import Snapshot
from ..record import Event, Layout, NonFinite, Row
from .course import Course
from .evaluations import Evaluations
from .spikes import spike

MEDIAN_STEPS = 5
WINDOW = 28
"""Steps that a check looks back."""
DEAD_PROBES = 5
STEP_PROBES = 10
"""Measurements of what a step promises and what comes of it that are judged together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One check. Per layer means ``(n_layers,)``; NaN everywhere where a metric is not recorded."""

    step: int
    count: int
    """Steps since the first record, this one included."""
    layout: Layout
    facts: Facts
    loss: float
    """Median; infinite where it is not finite."""
    first_loss: float
    losses: Row
    """Of the newest steps, oldest first, at most ``WINDOW``."""
    course: Course
    """How the loss has come to where it is."""
    rate: float
    """Learning rate of the step."""
    warming_up: bool
    """The rate has been growing."""
    signal: Row
    """Per layer: log10 of the error signal; -inf where it is exactly zero."""
    decades_at_start: float
    """What ``decades`` was at the first check."""
    activation_size: Row
    """Per layer: rms of the activations, or their standard deviation where that is not recorded."""
    flat: Row
    """Per layer: share of flat slopes; of saturated entries where that is not recorded."""
    dead: Row
    """Per layer: share of the units; NaN where it does not apply."""
    dead_at_start: Row
    silent: Row
    """Per layer: share of the units that no row of the batch excites, median of 5 steps."""
    silent_at_start: Row
    dead_means: tuple[float, ...]
    """Mean over the layers, of the newest ``DEAD_PROBES`` probes that checks have seen."""
    promises: Row
    """Fall of the loss that a step promises, -gradient . update: the newest measurements, at most
    ``STEP_PROBES``."""
    trust: Row
    """Shares of their promise that steps have kept, likewise."""
    evaluations: Evaluations
    spike: Event | None
    """The loss has leaped up lately, and come down again."""
    sound_start: bool
    """Nothing was wrong at the first check: initialization and inputs are not to blame."""
    nonfinite: NonFinite | None = None
    """Set where this step has the first value that is not finite."""

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return self.layout.n_layers

    @property
    def signal_missing(self) -> bool:
        """The error signal has never been measured."""
        return not any_measured(self.signal)

    @property
    def decades(self) -> float:
        """log10 of the error signal in layer 1 over that in the last layer."""
        return float(self.signal[0] - self.signal[-1])


class Reader:
    """Reads check after check and remembers what later ones need of earlier ones.

    Args:
        facts: what must be known of the run besides its records.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._last_step = 0
        self._unit = nan
        self._first_loss = nan
        self._columns: dict[str, slice] = {}
        self._latest: dict[str, Row] = {}
        self._signals: Row = np.empty((0, 0))  # (measurements, n_layers)
        self._silent: Row = np.empty((0, 0))
        self._decades_at_start = nan
        self._dead_at_start: Row = np.empty(0)  # (n_layers,) once begun
        self._silent_at_start: Row = np.empty(0)
        self._dead_means: tuple[float, ...] = ()
        self._promises: Row = np.empty(0)
        self._trust: Row = np.empty(0)
        self._evaluations = Evaluations()
        self._since_evaluation = 0.0, 0  # sum and number of the training losses
        self._course = Course()

    def read(self, snapshot: Snapshot, step: int, sound_start: bool) -> Reading | None:
        """The numbers at a step; None where its row is gone. Steps must only ever grow.

        To be called under ``np.errstate(all="ignore")``: hostile numbers are expected.

        Args:
            snapshot: of the history that is read.
            step: of the check.
            sound_start: what is known of the start, for the reading.
        """
        if snapshot.resolution(step) > 1:
            return None
        since = min(step, self._last_step) + 1 - WINDOW
        parts = list(snapshot.rows(since, step + 1))
        steps, rows = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        if not self._columns:
            self._begin(snapshot)
        new = rows[int(np.searchsorted(steps, self._last_step, side="right")) :]
        losses = self._global(rows, "loss") / self._unit
        new_losses = losses[len(losses) - len(new) :]
        validations = self._global(new, "validation_loss") / self._unit
        self._evaluate(steps[-len(new) :], new_losses, validations)
        self._promises = self._newest(self._promises, new, "promised", self._unit)
        self._trust = self._newest(self._trust, new, "trust_ratio", 1.0)
        self._signals = self._latest_rows(self._signals, new, "error_signal")
        self._silent = self._latest_rows(self._silent, new, "silent")
        count = step + 1 - snapshot.first_step
        # One step alone, the first for one, may promise anything.
        promise = median(self._promises) if len(self._promises) == STEP_PROBES else None
        self._course = self._course.after(count, median(losses[-WINDOW:]), promise)
        rates = self._global(rows, "learning_rate")[-WINDOW:]
        dead = self._dead(new)
        self._last_step = step
        return Reading(
            step=step,
            count=count,
            layout=snapshot.layout,
            facts=self._facts,
            loss=median(losses[-MEDIAN_STEPS:]),
            first_loss=self._first_loss,
            losses=losses[-WINDOW:],
            course=self._course,
            rate=float(rates[-1]),
            warming_up=bool(rates[0] < rates[-1]),
            signal=middle(np.log10(self._signals)) if len(self._signals) else self._nothing,
            decades_at_start=self._decades_at_start,
            activation_size=self._layers(new, "activation_rms", "activation_std"),
            flat=self._layers(new, "flat", "saturated"),
            dead=dead,
            dead_at_start=self._dead_at_start,
            silent=middle(self._silent) / self._widths if len(self._silent) else self._nothing,
            silent_at_start=self._silent_at_start,
            dead_means=self._dead_means,
            promises=self._promises,
            trust=self._trust,
            evaluations=self._evaluations,
            spike=spike(steps, losses, self._unit),
            sound_start=sound_start,
        )

    def _begin(self, snapshot: Snapshot) -> None:
        layout = snapshot.layout
        self._columns = {metric.name: layout.columns(metric.name) for metric in layout.metrics}
        self._nothing = np.full(layout.n_layers, nan)
        self._widths = np.array([layer.width for layer in layout.layers])
        self._signals = self._silent = np.empty((0, layout.n_layers))
        first = float(snapshot.last_measured("loss", snapshot.first_step))
        loss = inf if isnan(first) else first
        # Where knowing nothing costs nothing (one sample, constant targets), the first loss serves.
        unit = self._facts.baseline
        self._unit = unit if isfinite(unit) and unit > 0.0 else loss if 0.0 < loss < inf else 1.0
        self._first_loss = loss / self._unit
        self._dead_at_start = self._at_start(snapshot, "dead") / self._widths
        self._silent_at_start = self._at_start(snapshot, "silent") / self._widths
        signal = np.log10(self._at_start(snapshot, "error_signal"))
        self._decades_at_start = float(signal[0] - signal[-1])

    def _at_start(self, snapshot: Snapshot, name: str) -> Row:
        if name not in self._columns:
            return self._nothing
        return np.asarray(snapshot.last_measured(name, snapshot.first_step))

    def _global(self, rows: Row, name: str) -> Row:
        column: Row = rows[:, self._columns[name].start]
        return column

    def _evaluate(self, steps: NDArray[np.int64], losses: Row, validations: Row) -> None:
        """Take the steps that follow; NaN where there was no evaluation."""
        begin, (total, count) = 0, self._since_evaluation
        for at in (validations == validations).nonzero()[0].tolist():
            total += float(losses[begin : at + 1].sum())
            training = total / (count + at + 1 - begin)
            self._evaluations = self._evaluations.after(
                int(steps[at]), float(validations[at]), training
            )
            begin, total, count = at + 1, 0.0, 0
        rest = losses[begin:]
        self._since_evaluation = total + float(rest.sum()), count + len(rest)

    def _newest(self, known: Row, new: Row, name: str, unit: float) -> Row:
        """The newest measurements of a global metric, in units."""
        values = self._global(new, name)
        measured = values[values == values]
        if not len(measured):
            return known
        return np.concatenate([known, measured / unit])[-STEP_PROBES:]

    def _measured(self, new: Row, name: str) -> Row:
        """The rows of a per-layer metric that were measured, ``(measurements, n_layers)``."""
        if name not in self._columns:
            return np.empty((0, len(self._widths)))
        block = new[:, self._columns[name]]
        measured = np.logical_or.reduce(block == block, axis=1)
        flags = measured.tolist()
        if False not in flags:
            return block
        found: Row = block[measured] if True in flags else block[:0]
        return found

    def _latest_rows(self, known: Row, new: Row, name: str) -> Row:
        """The newest measurements of a per-layer metric, ``(at most 5, n_layers)``."""
        measured = self._measured(new, name)
        if len(measured) < MEDIAN_STEPS:
            measured = np.concatenate([known, measured])
        return measured[-MEDIAN_STEPS:]

    def _layers(self, new: Row, *names: str) -> Row:
        """The newest values of the first of some per-layer metrics that is recorded."""
        for name in names:
            if name in self._columns:
                measured = self._measured(new, name)
                if len(measured):
                    self._latest[name] = measured[-1].copy()
                return self._latest.get(name, self._nothing)
        return self._nothing

    def _dead(self, new: Row) -> Row:
        """Shares of dead units; the mean of a probe not seen before is remembered."""
        before = self._latest.get("dead")
        dead: Row = self._layers(new, "dead") / self._widths
        if self._latest.get("dead") is not before:
            known = dead[dead == dead]
            self._dead_means = (*self._dead_means, float(known.mean()))[-DEAD_PROBES:]
        return dead


def any_measured(values: Row) -> bool:
    """Whether any of a few values is not NaN."""
    return True in (values == values).tolist()


def median(values: Row) -> float:
    """The median; NaN counts as infinite."""
    ordered = values.copy()
    ordered.sort()  # in half the time of np.sort; NaN comes last, behind infinity
    size = len(ordered)
    low, high = float(ordered[(size - 1) // 2]), float(ordered[size // 2])
    return 0.5 * ((inf if isnan(low) else low) + (inf if isnan(high) else high))


def middle(rows: Row) -> Row:
    """The median of each column of ``(rows, columns)``; a NaN ranks above everything.

    Of one or two rows the last: a mean of two would be the measurement of no step.
    """
    if len(rows) < 3:
        newest: Row = rows[-1].copy()
        return newest
    ordered = np.sort(rows, axis=0)
    upper: Row = ordered[len(rows) // 2]
    return upper if len(rows) % 2 else 0.5 * (ordered[len(rows) // 2 - 1] + upper)
