"""Probes: what is measured of a step, one number a layer.

A ``StepView`` holds the step's big arrays and never outlives it. A probe is a function of a view
that returns ``(n_layers,)``; adding one is a function and an entry in ``PROBES``: recording, the
history's column and the export follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite, sqrt

import numpy as np

from .layer_plan import LayerPlan
from .network import Network, Trace
from .optimizers import norm
from .record import Array, LayerInfo, Layout, Metric, Row
from .settings import ProbeSettings


class Cadence(StrEnum):
    """When a probe measures."""

    EVERY_STEP = "every step"
    ACTIVATIONS = "activations_every"
    DEAD = "dead_every"

    def due(self, step: int, settings: ProbeSettings) -> bool:
        """Whether a probe of this cadence measures at the step (from 1; step 1 always)."""
        if self is Cadence.EVERY_STEP:
            return True
        every = settings.activations_every if self is Cadence.ACTIVATIONS else settings.dead_every
        return (step - 1) % every == 0


@dataclass(frozen=True, slots=True)
class StepView:
    """The arrays of one step, before its update is added."""

    network: Network
    trace: Trace
    deltas: Sequence[Array]
    """dL/dz of each layer, ``(batch, fan_out)``."""
    update: Array
    """What will be added to the flat vector of all parameters."""
    probe_rows: Array
    """Inputs of the fixed probe set, ``(rows, inputs)``."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A measurement with the cadence it can afford."""

    measure: Callable[[StepView], Row]
    cadence: Cadence
    about: str


def rms(array: Array) -> float:
    """Root mean square of all entries; neither overflows nor vanishes before the entries do."""
    return norm(array) / sqrt(array.size)


def mean(array: Array) -> float:
    """Mean of all entries, right wherever a float64 can hold it."""
    usual = float(array.mean(dtype=np.float64))
    if not isfinite(usual) and np.isfinite(array).all():
        return float((array / array.size).sum(dtype=np.float64))
    return usual


def std(array: Array) -> float:
    """Standard deviation of all entries, safe for entries near the ends of the range."""
    return rms(array - array.dtype.type(mean(array)))


def error_signal(view: StepView) -> Row:
    """The rms over rows and units of the per-sample delta, batch x delta of the batch-mean loss."""
    return np.array([delta.shape[0] * rms(delta) for delta in view.deltas])


def weight_gradient_norm(view: StepView) -> Row:
    """``||dL/dW||_2`` before clipping."""
    return np.array([norm(gradient.W) for gradient in view.network.gradients])


def bias_gradient_norm(view: StepView) -> Row:
    """``||dL/db||_2`` before clipping."""
    return np.array([norm(gradient.b) for gradient in view.network.gradients])


def update_ratio(view: StepView) -> Row:
    """``log10(rms update / rms W)``; -inf where nothing is updated, NaN where W is zero."""
    updates = np.array([norm(update.W) for update in view.network.views(view.update)])
    weights = np.array([norm(layer.W) for layer in view.network.parameters])
    return np.where(weights > 0.0, np.log10(updates) - np.log10(weights), np.nan)


def preactivation_mean(view: StepView) -> Row:
    """Mean of z over rows and units."""
    return np.array([mean(layer.z) for layer in view.trace.layers])


def preactivation_std(view: StepView) -> Row:
    """Standard deviation of z over rows and units."""
    return np.array([std(layer.z) for layer in view.trace.layers])


def activation_mean(view: StepView) -> Row:
    """Mean of a over rows and units."""
    return np.array([mean(layer.a) for layer in view.trace.layers])


def activation_std(view: StepView) -> Row:
    """Standard deviation of a over rows and units."""
    return np.array([std(layer.a) for layer in view.trace.layers])


def saturated(view: StepView) -> Row:
    """Share of entries of a in the flat part of a bounded activation; NaN where unbounded."""
    return np.array(
        [
            np.nan
            if plan.activation.saturated is None
            else np.count_nonzero(plan.activation.saturated(layer.a)) / layer.a.size
            for plan, layer in zip(view.network.plans, view.trace.layers, strict=True)
        ]
    )


def silent(view: StepView) -> Row:
    """ReLU units at zero for every row of this batch; NaN for other activations."""
    return _count_silent(view.network.plans, view.trace)


def dead(view: StepView) -> Row:
    """ReLU units at zero on the whole fixed probe set; NaN for other activations.

    Batch normalization takes the probe set's own statistics, as in training: a unit that is dead
    so has a gradient of exactly zero.
    """
    plans = view.network.plans
    if not any(plan.activation.rectifier for plan in plans):
        return np.full(len(plans), np.nan)
    return _count_silent(plans, view.network.forward(view.probe_rows, training=True))


def _count_silent(plans: Sequence[LayerPlan], trace: Trace) -> Row:
    return np.array(
        [
            float(np.count_nonzero(layer.a.max(axis=0) <= 0.0))
            if plan.activation.rectifier
            else np.nan
            for plan, layer in zip(plans, trace.layers, strict=True)
        ]
    )


PROBES: dict[str, Probe] = {
    "error_signal": Probe(
        error_signal, Cadence.EVERY_STEP, "rms over rows and units of the per-sample delta"
    ),
    "weight_gradient_norm": Probe(
        weight_gradient_norm, Cadence.EVERY_STEP, "norm of dL/dW before clipping"
    ),
    "bias_gradient_norm": Probe(
        bias_gradient_norm, Cadence.EVERY_STEP, "norm of dL/db before clipping"
    ),
    "silent": Probe(silent, Cadence.EVERY_STEP, "ReLU units at zero for every row of the batch"),
    "update_ratio": Probe(update_ratio, Cadence.ACTIVATIONS, "log10(rms update / rms W)"),
    "preactivation_mean": Probe(preactivation_mean, Cadence.ACTIVATIONS, "mean of z"),
    "preactivation_std": Probe(preactivation_std, Cadence.ACTIVATIONS, "standard deviation of z"),
    "activation_mean": Probe(activation_mean, Cadence.ACTIVATIONS, "mean of a"),
    "activation_std": Probe(activation_std, Cadence.ACTIVATIONS, "standard deviation of a"),
    "saturated": Probe(saturated, Cadence.ACTIVATIONS, "share of a in the flat part"),
    "dead": Probe(dead, Cadence.DEAD, "ReLU units at zero on the whole fixed probe set"),
}


def layout_of(plans: Sequence[LayerPlan]) -> Layout:
    """The columns that a network of these layers records."""
    return Layout(
        layers=tuple(
            LayerInfo(
                index=plan.index,
                fan_in=plan.fan_in,
                width=plan.fan_out,
                activation=plan.activation.name,
                rectifier=plan.activation.rectifier,
                bounded=plan.activation.saturated is not None,
            )
            for plan in plans
        ),
        layer_metrics=tuple(
            Metric(name, probe.about, scheduled=probe.cadence is not Cadence.EVERY_STEP)
            for name, probe in PROBES.items()
        ),
    )


def measure(
    view: StepView,
    step: int,
    settings: ProbeSettings,
    layout: Layout,
    row: Row,
    *,
    everything: bool = False,
) -> None:
    """Fill the per-layer columns of a record's row with what is due at this step, or everything."""
    for name, probe in PROBES.items():
        if everything or probe.cadence.due(step, settings):
            row[layout.columns(name)] = probe.measure(view)
