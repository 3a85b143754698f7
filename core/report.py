"""A run as a plain dictionary: what ``--json`` prints and what the printed summary is made of.

Only strings, numbers, booleans, None, lists and dictionaries. A number that is not finite is the
string ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``; what was not measured, or does not apply (dead
units of a layer that is no ReLU), is None.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .diagnosis import Diagnosing, Diagnosis
from .experiment import command_line
from .history import Snapshot
from .machine import this_machine
from .plain import plain
from .record import LayerInfo, Metric
from .source import Source

APPLIES_TO: dict[str, str] = {"saturated": "bounded", "silent": "rectifier", "dead": "rectifier"}
"""Metrics that only some layers have, and the field of ``LayerInfo`` that says which."""
COUNTS = ("silent", "dead")
"""Metrics that count units."""


def report(source: Source, diagnosis: Diagnosing | None = None) -> dict[str, Any]:
    """Everything there is to say of a run as it stands, in the order in which it is read.

    ``loss`` and ``accuracy`` under ``train`` are those of the last step's batch, before its update;
    under ``validation`` the newest measured. ``layers`` holds the newest measured values at
    ``layers_step``, the last step without a value that is not finite; ``layers_at_start`` those of
    the first step. ``seconds`` is training time without pauses. ``machine`` is what their last bits
    and their speed depend on. ``undecided`` is what cannot be judged as things stand, and why;
    ``events`` what happened, spikes of the loss included.

    Args:
        source: the run.
        diagnosis: of this run, kept up to date while it went on. Without one the findings are made
            now, from the rows that are still kept: of a run of many thousand steps those of its
            beginning and its end.
    """
    snapshot, status, experiment = source.history.snapshot(), source.status(), source.experiment
    diagnosis = diagnosis or Diagnosis(source.facts)
    findings = diagnosis.update(snapshot)
    end = _last_finite_step(snapshot)
    return {
        "version": __version__,
        "experiment": experiment.name,
        "title": experiment.title,
        "command": command_line(experiment),
        "seed": experiment.seed,
        "state": status.state.value,
        "steps": status.step,
        "steps_planned": status.planned,
        "seconds": plain(status.seconds),
        "steps_per_second": plain(status.step / status.seconds if status.seconds > 0 else None),
        "loss": _train_and_validation(snapshot, "loss"),
        "accuracy": _train_and_validation(snapshot, "accuracy"),
        "first_nonfinite": plain(snapshot.nonfinite),
        "error_signal": _signal(snapshot, end),
        "error_signal_at_start": _signal(snapshot, snapshot.first_step),
        "layers_step": end,
        "layers": _layers(snapshot, end),
        "layers_at_start": _layers(snapshot, snapshot.first_step),
        "findings": plain(findings),
        "undecided": plain(diagnosis.undecided),
        "events": plain(diagnosis.marked(snapshot).events),
        "error": status.error or None,
        "settings": plain(experiment.to_dict()),
        "machine": plain(this_machine()),
    }


def _last_finite_step(snapshot: Snapshot) -> int:
    """The step before the first value that is not finite; the last one where all are."""
    if snapshot.nonfinite is None:
        return snapshot.last_step
    return max(snapshot.first_step, snapshot.nonfinite.step - 1)


def _train_and_validation(snapshot: Snapshot, name: str) -> dict[str, Any]:
    names = {"train": name, "validation": f"validation_{name}"}
    if not snapshot.count:
        return dict.fromkeys(names)
    metrics = {metric.name: metric for metric in snapshot.layout.metrics}
    return {
        part: _measured(float(snapshot.last_measured(metric)), metrics[metric])
        for part, metric in names.items()
    }


def _measured(value: float, metric: Metric) -> Any:
    """What JSON shows of a value; NaN of a scheduled metric means that it was not measured."""
    if math.isnan(value) and metric.scheduled:
        return None
    return int(value) if metric.name in COUNTS and math.isfinite(value) else plain(value)


def _layers(snapshot: Snapshot, step: int) -> list[dict[str, Any]]:
    layout = snapshot.layout
    layers: list[dict[str, Any]] = [
        {"index": layer.index, "width": layer.width, "activation": layer.activation}
        for layer in layout.layers
    ]
    for metric in layout.layer_metrics:
        values = _values(snapshot, metric.name, step)
        for entry, layer, value in zip(layers, layout.layers, values, strict=True):
            shown = snapshot.count and _applies(metric, layer)
            entry[metric.name] = _measured(float(value), metric) if shown else None
    return layers


def _applies(metric: Metric, layer: LayerInfo) -> bool:
    field = APPLIES_TO.get(metric.name)
    return field is None or bool(getattr(layer, field))


def _values(snapshot: Snapshot, name: str, step: int) -> NDArray[np.float64]:
    """A per-layer metric, ``(n_layers,)``: the newest measured at or before ``step``."""
    if not snapshot.count:
        return np.full(snapshot.layout.n_layers, np.nan)
    return np.asarray(snapshot.last_measured(name, step), dtype=np.float64)


def _signal(snapshot: Snapshot, step: int) -> dict[str, Any]:
    """How the error signal's rms changes on its way from the last layer back to the first.

    ``decades`` is log10(first / last), ``factor_per_layer`` the same as a mean factor per layer,
    ``factors`` each layer's rms over that of the next one; None where both are exactly zero.
    """
    signal = _values(snapshot, "error_signal", step)
    if not snapshot.count or len(signal) < 2:
        return {"decades": None, "factor_per_layer": None, "factors": []}
    with np.errstate(all="ignore"):
        logs = np.log10(signal)
        decades = logs[0] - logs[-1]
        mean = 10.0 ** (decades / (len(signal) - 1))
        factors = 10.0 ** (logs[:-1] - logs[1:])
    nothing = (signal[:-1] == 0) & (signal[1:] == 0)
    return {
        "decades": plain(decades),
        "factor_per_layer": plain(mean),
        "factors": [None if none else plain(x) for x, none in zip(factors, nothing, strict=True)],
    }
