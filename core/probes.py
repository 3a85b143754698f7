"""Probes: what is measured of a step, one number a layer.

A ``StepView`` holds the step's big arrays and never outlives it. A probe is a function of a view
that returns ``(n_layers,)``; adding one is a function and an entry in ``PROBES``: recording, the
history's column and the export follow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from .history.pyramid import APPLIES_TO
from .layer_plan import LayerPlan
from .layered import Layered
from .network import Network, Trace
from .record import Array, LayerInfo, Layout, Metric, Row
from .settings import ProbeSettings


class Cadence(StrEnum):
    """When a probe measures: the value is the setting that says so, if there is one."""

    EVERY_STEP = "every step"
    SIGNAL = "signal_every"
    ACTIVATIONS = "activations_every"
    TRUST = "trust_every"
    DEAD = "dead_every"


SCHEDULED = (Cadence.SIGNAL, Cadence.ACTIVATIONS, Cadence.TRUST, Cadence.DEAD)
"""Those that have a setting."""


@dataclass(frozen=True, slots=True)
class StepView:
    """The arrays of one step, before its update is added; what is layered, has one a layer."""

    network: Network
    delta: Layered
    """dL/dz, ``(batch, fan_out)``."""
    weight_gradients: Layered
    """dL/dW, ``(fan_in, fan_out)``."""
    bias_gradients: Layered
    """dL/db, ``(fan_out,)``."""
    z: Layered
    """Preactivations, ``(batch, fan_out)``."""
    n: Layered
    """What the activations saw: z, normalized where the layer normalizes, ``(batch, fan_out)``."""
    a: Layered
    """Activations, ``(batch, fan_out)``."""
    weights: Layered
    """W, ``(fan_in, fan_out)``."""
    weight_updates: Layered
    """What will be added to W."""
    probe_rows: Array
    """Inputs of the fixed probe set, ``(rows, inputs)``."""

    @classmethod
    def of(
        cls,
        network: Network,
        trace: Trace,
        deltas: Sequence[Array],
        update: Array,
        probe_rows: Array,
    ) -> StepView:
        """The view of a step that the network's own ``forward`` and ``backward`` made.

        Args:
            network: with its gradients.
            trace: of the forward pass.
            deltas: dL/dz of each layer.
            update: what will be added to the flat vector of all parameters.
            probe_rows: inputs of the fixed probe set.
        """
        return cls(
            network=network,
            delta=Layered(deltas),
            weight_gradients=Layered([gradient.W for gradient in network.gradients]),
            bias_gradients=Layered([gradient.b for gradient in network.gradients]),
            z=Layered([layer.z for layer in trace.layers]),
            n=Layered([layer.n for layer in trace.layers]),
            a=Layered([layer.a for layer in trace.layers]),
            weights=Layered([layer.W for layer in network.parameters]),
            weight_updates=Layered([part.W for part in network.views(update)]),
            probe_rows=probe_rows,
        )


@dataclass(frozen=True, slots=True)
class Probe:
    """A measurement with the cadence it can afford."""

    measure: Callable[[StepView], Array]
    cadence: Cadence
    about: str


def error_signal(view: StepView) -> Array:
    """The rms over rows and units of the per-sample delta, batch x delta of the batch-mean loss."""
    return view.delta.rms_of_terms()


def weight_gradient_norm(view: StepView) -> Array:
    """``||dL/dW||_2`` before clipping."""
    return view.weight_gradients.norms()


def bias_gradient_norm(view: StepView) -> Array:
    """``||dL/db||_2`` before clipping."""
    return view.bias_gradients.norms()


def update_ratio(view: StepView) -> Array:
    """``log10(rms update / rms W)``; -inf where nothing is updated, NaN where W is zero."""
    updates, weights = view.weight_updates.norms(), view.weights.norms()
    ratios: Array = np.log10(updates) - np.log10(weights)
    if 0.0 in weights.tolist():
        ratios[weights == 0.0] = np.nan
    return ratios


def preactivation_mean(view: StepView) -> Array:
    """Mean of z over rows and units."""
    return view.z.means()


def preactivation_std(view: StepView) -> Array:
    """Standard deviation of z over rows and units."""
    return view.z.stds()


def activation_mean(view: StepView) -> Array:
    """Mean of a over rows and units."""
    return view.a.means()


def activation_std(view: StepView) -> Array:
    """Standard deviation of a over rows and units."""
    return view.a.stds()


def activation_rms(view: StepView) -> Array:
    """Root mean square of a over rows and units."""
    return view.a.rms()


def saturated(view: StepView) -> Row:
    """Share of entries of a in the flat part of a bounded activation; NaN where unbounded."""
    return view.a.shares(view.network.saturations)


def flat(view: StepView) -> Row:
    """Share of entries whose slope is below 5 % of the largest slope of their activation.

    NaN for ReLU and leaky ReLU, half of which is flat by design: what is wrong with those shows in
    dead units. Of gelu and silu the narrow dip counts too, where the slope changes its sign.
    """
    return view.n.shares(view.network.flats, view.a)


def silent(view: StepView) -> Array:
    """ReLU units at zero for every row of this batch; NaN for other activations."""
    rectifiers = view.network.rectifiers
    return view.a.idle_units(rectifiers) if True in rectifiers else np.full(len(rectifiers), np.nan)


def dead(view: StepView) -> Array:
    """ReLU units at zero on the whole fixed probe set; NaN for other activations.

    Batch normalization takes the probe set's own statistics, as in training: a unit that is dead
    so has a gradient of exactly zero.
    """
    rectifiers = view.network.rectifiers
    if True not in rectifiers:
        return np.full(len(rectifiers), np.nan)
    network, rows = view.network, view.probe_rows
    batch = any(plan.normalization == "batch" for plan in network.plans)
    parts = [slice(None)] if batch else network.parts(len(rows))
    # A sum of numbers that are not negative is 0 only where all of them are.
    sums = [np.zeros(plan.fan_out, network.dtype) for plan in network.plans]
    for part in parts:
        for total, (kept, _) in zip(sums, network.walk(rows[part], training=True), strict=True):
            total += kept.a.sum(axis=0)
    counts = [float(np.count_nonzero(total == 0)) for total in sums]
    return np.where(rectifiers, counts, np.nan)


PROBES: dict[str, Probe] = {
    "error_signal": Probe(
        error_signal, Cadence.SIGNAL, "rms over rows and units of the per-sample delta"
    ),
    "weight_gradient_norm": Probe(
        weight_gradient_norm, Cadence.EVERY_STEP, "norm of dL/dW before clipping"
    ),
    "bias_gradient_norm": Probe(
        bias_gradient_norm, Cadence.ACTIVATIONS, "norm of dL/db before clipping"
    ),
    "silent": Probe(silent, Cadence.EVERY_STEP, "ReLU units at zero for every row of the batch"),
    "update_ratio": Probe(update_ratio, Cadence.ACTIVATIONS, "log10(rms update / rms W)"),
    "preactivation_mean": Probe(preactivation_mean, Cadence.ACTIVATIONS, "mean of z"),
    "preactivation_std": Probe(preactivation_std, Cadence.ACTIVATIONS, "standard deviation of z"),
    "activation_mean": Probe(activation_mean, Cadence.ACTIVATIONS, "mean of a"),
    "activation_std": Probe(activation_std, Cadence.ACTIVATIONS, "standard deviation of a"),
    "activation_rms": Probe(activation_rms, Cadence.ACTIVATIONS, "root mean square of a"),
    "saturated": Probe(saturated, Cadence.ACTIVATIONS, "share of a in the flat part"),
    "flat": Probe(
        flat, Cadence.ACTIVATIONS, "share of slopes below 5 % of the largest; not of ReLU"
    ),
    "dead": Probe(dead, Cadence.DEAD, "ReLU units at zero on the whole fixed probe set"),
}

_BY_CADENCE = {
    cadence: [(name, probe.measure) for name, probe in PROBES.items() if probe.cadence is cadence]
    for cadence in Cadence
}


def layout_of(plans: Sequence[LayerPlan], settings: ProbeSettings | None = None) -> Layout:
    """The columns that a network of these layers records.

    Args:
        plans: the layers.
        settings: which of them are not measured at every step; None: as by default.
    """
    given = settings or ProbeSettings()
    seldom = [cadence for cadence in SCHEDULED if getattr(given, cadence.value) != 1]
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
            Metric(name, probe.about, scheduled=probe.cadence in seldom)
            for name, probe in PROBES.items()
        ),
    )


Measuring = Mapping[Cadence, Sequence[tuple[slice, Callable[[], Array]]]]
"""For each cadence the columns of a record's row, and what measures their values."""


def measuring(view: StepView, layout: Layout) -> Measuring:
    """The probes bound to what they measure, but for those that no layer of the network has."""
    return {
        cadence: [
            (layout.columns(name), partial(measured, view))
            for name, measured in probes
            if name not in APPLIES_TO
            or any(getattr(layer, APPLIES_TO[name]) for layer in layout.layers)
        ]
        for cadence, probes in _BY_CADENCE.items()
    }
