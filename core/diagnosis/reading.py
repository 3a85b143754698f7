"""The numbers that the rules judge by, read off a history at one check.

Losses are in units of the loss of knowing nothing and medians of 5 steps; the error signal is
compared between layers, as logarithms. So nothing depends on the scale of the loss, the size of the
batch or the width of a layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite, isnan, nan

import numpy as np
from numpy.typing import NDArray

from ..findings import Facts
from ..history import Snapshot
from ..record import Layout, NonFinite, Row

MEDIAN_STEPS = 5
WINDOW = 28
"""Steps that a check looks back."""
DEAD_PROBES = 5
OVERFIT_RATIO = 1.15
OVERFIT_LOSS = 0.1


@dataclass(frozen=True, slots=True)
class Evaluations:
    """What the validation losses said so far. All losses in units of knowing nothing."""

    best: float = inf
    best_step: int = 0
    training_at_best: float = nan
    newest: float = nan
    training: float = nan
    """Mean training loss between the evaluation before the newest and the newest."""
    worse: int = 0
    """Evaluations in a row that were clearly worse than the best."""
    pending: tuple[float, int] = (0.0, 0)
    """Sum and number of the training losses since the newest evaluation."""

    def after(self, steps: NDArray[np.int64], losses: Row, validations: Row) -> Evaluations:
        """With the steps that follow; NaN where there was no evaluation."""
        seen, begin = self, 0
        for at in map(int, np.flatnonzero(~np.isnan(validations))):
            total, count = seen._pending_with(losses[begin : at + 1])
            begin = at + 1
            newest, training = float(validations[at]), total / count
            if newest < seen.best:
                seen = replace(
                    seen, best=newest, best_step=int(steps[at]), training_at_best=training
                )
            clearly = newest > OVERFIT_RATIO * seen.best and newest > OVERFIT_LOSS
            seen = replace(
                seen,
                newest=newest,
                training=training,
                worse=seen.worse + 1 if clearly else 0,
                pending=(0.0, 0),
            )
        return replace(seen, pending=seen._pending_with(losses[begin:]))

    def _pending_with(self, losses: Row) -> tuple[float, int]:
        total, steps = self.pending
        return total + float(losses.sum()), steps + len(losses)


@dataclass(frozen=True, slots=True)
class Reading:
    """One check. Per layer means ``(n_layers,)``."""

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
    rate: float
    """Learning rate of the step."""
    signal: Row
    """Per layer: log10 of the error signal; -inf where it is exactly zero."""
    decades_at_start: float
    """What ``decades`` was at the first check."""
    activation_std: Row
    """Per layer."""
    saturated: Row
    """Per layer: share; NaN where it does not apply."""
    dead: Row
    """Per layer: share of the units; NaN where it does not apply."""
    dead_at_start: Row
    dead_means: tuple[float, ...]
    """Mean over the layers, of the newest ``DEAD_PROBES`` probes that checks have seen."""
    promise: float
    """Loss that a step promises to take away, -gradient . update; NaN where it cannot be told."""
    evaluations: Evaluations
    sound_start: bool = False
    """Nothing was wrong at the first check: initialization and inputs are not to blame."""
    nonfinite: NonFinite | None = None
    """Set where this step has the first value that is not finite."""

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return self.layout.n_layers

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
        self._decades_at_start = nan
        self._dead_step: int | None = None
        self._dead_at_start: Row = np.empty(0)  # (n_layers,) once begun
        self._dead_means: tuple[float, ...] = ()
        self._evaluations = Evaluations()

    def read(self, snapshot: Snapshot, step: int) -> Reading | None:
        """The numbers at a step; None where its row is gone. Steps must only ever grow.

        To be called under ``np.errstate(all="ignore")``: hostile numbers are expected.
        """
        if snapshot.resolution(step) > 1:
            return None
        layout = snapshot.layout
        if not len(self._dead_at_start):
            self._begin(snapshot)
        since = min(step + 1 - WINDOW, self._last_step + 1)
        parts = list(snapshot.rows(since, step + 1))
        steps, rows = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        losses, validations, rates, norms, clipped = (
            rows[:, layout.columns(name).start]
            for name in (
                "loss",
                "validation_loss",
                "learning_rate",
                "gradient_norm",
                "clipped_gradient_norm",
            )
        )
        losses, validations = losses / self._unit, validations / self._unit
        new = steps > self._last_step
        self._evaluations = self._evaluations.after(steps[new], losses[new], validations[new])
        self._last_step = step
        promise = nan
        if self._facts.plain_descent and rates[-WINDOW:][0] >= rates[-1]:  # no warm-up
            promise = median((rates * norms * (clipped / self._unit))[-WINDOW:])
        signals = rows[:, layout.columns("error_signal")]
        signals = signals[~np.isnan(signals).all(axis=1)][-MEDIAN_STEPS:]
        if not len(signals):
            signals = per_layer(snapshot, "error_signal", step)[np.newaxis]
        return Reading(
            step=step,
            count=step + 1 - snapshot.first_step,
            layout=layout,
            facts=self._facts,
            loss=median(losses[-MEDIAN_STEPS:]),
            first_loss=self._first_loss,
            losses=losses[-WINDOW:],
            rate=float(rates[-1]),
            signal=middle(np.log10(signals)),
            decades_at_start=self._decades_at_start,
            activation_std=per_layer(snapshot, "activation_std", step),
            saturated=per_layer(snapshot, "saturated", step),
            dead=self._dead(snapshot, step),
            dead_at_start=self._dead_at_start,
            dead_means=self._dead_means,
            promise=promise,
            evaluations=self._evaluations,
        )

    def _begin(self, snapshot: Snapshot) -> None:
        first = snapshot.last_measured("loss", snapshot.first_step)
        loss = inf if isnan(first) else float(first)
        # Where knowing nothing costs nothing (one sample, constant targets), the first loss serves.
        unit = self._facts.baseline
        self._unit = unit if isfinite(unit) and unit > 0.0 else loss if 0.0 < loss < inf else 1.0
        self._first_loss = loss / self._unit
        self._dead_at_start = shares(snapshot, snapshot.first_step)
        signal = np.log10(per_layer(snapshot, "error_signal", snapshot.first_step))
        self._decades_at_start = float(signal[0] - signal[-1])

    def _dead(self, snapshot: Snapshot, step: int) -> Row:
        """Shares of dead units; a probe not seen before is remembered."""
        dead = shares(snapshot, step)
        known = dead[~np.isnan(dead)]
        if len(known):
            measured = snapshot.measured_step("dead", step)
            if measured != self._dead_step:
                self._dead_step = measured
                self._dead_means = (*self._dead_means, float(known.mean()))[-DEAD_PROBES:]
        return dead


def median(values: Row) -> float:
    """The median; NaN counts as infinite."""
    ordered = sorted(inf if isnan(value) else value for value in values.tolist())
    return 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])


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


def per_layer(snapshot: Snapshot, name: str, step: int) -> Row:
    """The newest values of a metric; NaN in every layer where it is not recorded."""
    if all(metric.name != name for metric in snapshot.layout.layer_metrics):
        return np.full(snapshot.layout.n_layers, nan)
    return np.asarray(snapshot.last_measured(name, step))


def shares(snapshot: Snapshot, step: int) -> Row:
    """Dead units of each layer as a share of its width."""
    return per_layer(snapshot, "dead", step) / [layer.width for layer in snapshot.layout.layers]
