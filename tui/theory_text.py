"""Theory against measurement, as it is printed: a table, and what it means in words."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator

import numpy as np

from ..core.diagnosis.structural_rules import EXPLODING_DECADES, VANISHING_DECADES
from ..core.experiment import Experiment
from ..core.plain import plain
from ..core.record import Row
from ..core.settings import NetworkSettings
from ..core.theory import Comparison
from .number_format import factor_text, short
from .report_text import MISSING, WIDTH
from .safe_text import safe_text
from .text_table import text_table

HEADINGS = (
    "layer",
    "width",
    "activation",
    "sqrt(q)",
    "sqrt(chi)",
    "predicted",
    "measured",
    "difference",
)
AGREEMENT = 0.3
"""Decades within which theory and a network of 128 units a layer agree."""
WIDE = 64
"""Units from which on a layer is wide enough for that."""


def theory_text(experiment: Experiment, comparison: Comparison) -> str:
    """A line for each layer, then a few sentences; no line is wider than 79 cells."""
    prediction, measured = comparison.prediction, comparison.measured
    columns = zip(
        comparison.layers,
        np.sqrt(prediction.q),
        prediction.factors,
        prediction.decades,
        measured,
        _differences(comparison),
        strict=True,
    )
    rows = [
        (
            str(layer.index),
            str(layer.width),
            layer.activation,
            *(MISSING if math.isnan(size) else short(float(size)) for size in (std, factor)),
            *map(_decades, decades),
        )
        for layer, std, factor, *decades in columns
    ]
    lines = [f"{safe_text(experiment.name or 'experiment')}: the error signal at initialization"]
    lines += ["", *text_table(HEADINGS, rows, left=("activation",)), ""]
    lines += _wrapped(
        "sqrt(q): standard deviation of z; sqrt(chi): the error signal over the next layer's, both "
        "predicted. Predicted, measured: log10 of the error signal over the last layer's; measured "
        f"is the median of {len(comparison.seeds)} seeds, {comparison.seeds[0]} to "
        f"{comparison.seeds[-1]}."
    )
    lines += ["", *_wrapped(" ".join(_meaning(comparison)))]
    for how in _extensions(experiment.network):
        lines += _wrapped(how)
    return "\n".join(lines) + "\n"


def theory_json(experiment: Experiment, comparison: Comparison) -> str:
    """The same as one JSON object; null is what cannot be told."""
    prediction = comparison.prediction
    columns = {
        "sqrt_q": np.sqrt(prediction.q),
        "sqrt_chi": prediction.factors,
        "predicted": prediction.decades,
        "measured": comparison.measured,
        "difference": _differences(comparison),
    }
    layers = [
        {"index": layer.index, "width": layer.width, "activation": layer.activation}
        | {name: _told(column[i]) for name, column in columns.items()}
        for i, layer in enumerate(comparison.layers)
    ]
    said = {
        "experiment": experiment.name,
        "seeds": comparison.seeds,
        "applies": not prediction.unknown,
        "why_not": prediction.unknown or None,
        "assumes": prediction.assumes or None,
        "layers": layers,
        "meaning": " ".join(_meaning(comparison)),
    }
    return json.dumps(plain(said), allow_nan=False, indent=2) + "\n"


def _meaning(comparison: Comparison) -> Iterator[str]:
    """What the factors come to over the depth, and whether theory may be believed."""
    prediction, last = comparison.prediction, len(comparison.layers)
    if prediction.unknown:
        yield f"Theory says nothing here: {prediction.unknown}."
        return
    if last < 2:
        yield "One layer: nothing to compare."
        return
    decades = float(prediction.decades[0])
    if decades == -math.inf:
        yield "Predicted: no error signal at all reaches layer 1."
    else:
        factor = factor_text(10.0 ** (decades / (last - 1)))
        yield (
            f"Predicted: {factor} per layer on average, which over {last - 1} layers comes to "
            f"10^{_decades(decades)} from layer {last} back to layer 1: {_in_words(decades)}."
        )
    wrong = _differences(comparison)
    if not np.isfinite(wrong).all():
        underflow = not np.isnan(comparison.measured).any()
        what = "exactly 0, too small to be a number" if underflow else "not finite"
        first = int(np.flatnonzero(~np.isfinite(wrong))[-1]) + 1
        yield f"Measured: the error signal of layer {first} and those before is {what}."
        return
    worst = float(np.abs(wrong).max())
    yield f"Measured and predicted differ by {worst:.2f} decades at most."
    narrowest = min(layer.width for layer in comparison.layers[:-1])
    if worst > AGREEMENT and narrowest < WIDE:
        yield f"Theory is of wide layers; the narrowest here has {narrowest} units."


def _in_words(decades: float) -> str:
    if decades < VANISHING_DECADES:
        return "it vanishes, and the first layers hardly learn"
    if decades > EXPLODING_DECADES:
        return "it explodes, and no one learning rate suits all layers"
    return "it reaches every layer"


def _extensions(network: NetworkSettings) -> Iterator[str]:
    """How theory treats what a plain network does not have."""
    if network.normalization == "batch":
        yield (
            "Batch normalization: chi = E[f'^2] / Var[f] over many uncorrelated rows (Yang et al. "
            "2019); for ReLU sqrt(pi / (pi - 1)) = 1.21 a layer, which trains all the same."
        )
    if network.normalization == "layer":
        yield "Layer normalization: z has variance 1, and delta is divided by what z had."
    if network.residual:
        yield "Residual connections add 1 to the chi of their block: sqrt(1 + chi) a block."
    if network.dropout:
        yield (
            f"Dropout multiplies mean squares by 1 / (1 - {network.dropout:g}), on the way there "
            "and back."
        )


def _differences(comparison: Comparison) -> Row:
    """Measured minus predicted, in decades; 0 where neither lets anything through."""
    with np.errstate(invalid="ignore"):
        wrong = comparison.measured - comparison.prediction.decades
    both_nothing = np.isneginf(comparison.measured) & np.isneginf(comparison.prediction.decades)
    return np.where(both_nothing, 0.0, wrong)


def _told(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _decades(value: float) -> str:
    # Adding 0.0 makes "-0.00" positive.
    return MISSING if math.isnan(value) else f"{round(value, 2) + 0.0:+.2f}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
