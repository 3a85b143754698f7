"""The error signal that theory predicts at initialization, from initializer and activation alone.

In a wide layer with random weights each preactivation is normal: z ~ N(b, q). What the layer before
gives out decides q; q decides how large the slopes are; these, and the weights on the way back,
decide how much of the error signal each layer hands on (Poole et al. 2016, "Exponential
expressivity in deep neural networks through transient chaos", equation 3; Schoenholz et al. 2017,
"Deep information propagation", equations 9 and 10):

    q_l = sigma_w^2 fan_in E[a_(l-1)^2]        a = f(z)
    chi_l = sigma_w^2 fan_out E[f'(z_l)^2]     sigma_w and fan_out of layer l+1
    delta_l / delta_(l+1) = sqrt(chi_l)

with each layer's own q, widths and weights instead of their limits. What a bias that all units
share does is exact: it is the mean of z. The same recursion, with the terms that follow from their
definitions, serves dropout, residual connections and both normalizations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import asinh, inf, isfinite, log10, nan, sqrt
from typing import NamedTuple

import numpy as np

from .activations import ACTIVATIONS
from .findings import InputFacts
from .initializers import INITIALIZERS
from .layer_plan import LayerPlan, plan_layers
from .normalization import EPSILON
from .record import LayerInfo, Row
from .settings import NetworkSettings

REACH = 10.0
"""Standard deviations to both sides that are integrated over."""
CELLS = 400
"""Cells of equal width over them, and as many that are finest about z = 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What theory says of a network at its initial weights. Rows are ``(n_layers,)``.

    Attributes:
        q: variance of z around the bias; NaN where it cannot be told.
        decades: log10 of the error signal over that of the last layer; NaN likewise.
        unknown: why nothing is predicted; empty where something is.
        assumes: what is taken for granted besides wide layers; empty: nothing.
    """

    q: Row
    decades: Row
    unknown: str = ""
    assumes: str = ""

    @property
    def factors(self) -> Row:
        """sqrt(chi): each layer's error signal over the next one's; NaN for the last layer."""
        with np.errstate(invalid="ignore"):  # of nothing and nothing there is no ratio
            decades = np.append(self.decades[:-1] - self.decades[1:], nan)
        factors: Row = np.float_power(10.0, decades)
        return factors


class Moments(NamedTuple):
    """Means over a normal z."""

    value: float
    """E[f(z)]."""
    square: float
    """E[f(z)^2]."""
    slope_square: float
    """E[f'(z)^2]."""


class _Signal(NamedTuple):
    """What a layer hands forward."""

    mean: float
    """Over the units, of their outputs."""
    square: float
    """Over the units and the draw of the weights, of the outputs' squares."""
    spread: float
    """Variance of a unit's output over the rows of a batch; asked for by batch normalization."""


class _Passage(NamedTuple):
    """What a layer does to the error signal on its way back."""

    plan: LayerPlan
    back: float
    """sigma_w^2 fan_out: the mean square that goes back through W, of the layer's delta."""
    slope: float
    """Mean square of delta, of what arrives at the layer's output."""


def predicted_signal(
    settings: NetworkSettings, layers: Sequence[LayerInfo], inputs: InputFacts | None
) -> Prediction:
    """The error signal's profile at initialization, by mean-field theory.

    Args:
        settings: activation, initializer and what else decides it.
        layers: of the network; their widths are asked for.
        inputs: how they lie; their rms is asked for.
    """
    nothing = np.full(len(layers), nan)
    if why := _why_unknown(settings):
        return Prediction(nothing, nothing, unknown=why)
    mean_square = nan if inputs is None else inputs.rms * inputs.rms
    if not 0.0 < mean_square < inf:
        return Prediction(nothing, nothing, unknown="the size of the inputs is not known")
    hidden = [layer.width for layer in layers[:-1]]
    plans = plan_layers(settings, hidden, layers[0].fan_in, layers[-1].width)
    outputs = [_Signal(0.0, mean_square, mean_square)]
    q: list[float] = []
    passages: list[_Passage] = []
    for plan in plans:
        variance = _weight_variance(settings, plan)
        q.append(variance * plan.fan_in * outputs[-1].square)
        if not isfinite(q[-1]):
            return Prediction(nothing, nothing, unknown=f"z of layer {plan.index} overflows")
        over_rows = variance * plan.fan_in * outputs[-1].spread
        signal, slope = _through(plan, settings.bias, q[-1], over_rows)
        if plan.skip_from is not None:
            signal = _sum(signal, outputs[plan.skip_from])
        outputs.append(signal)
        passages.append(_Passage(plan, variance * plan.fan_out, slope))
    return Prediction(np.array(q), np.array(_going_back(passages)), assumes=_assumed(settings))


@lru_cache(2048)
def moments(activation: str, mean: float, variance: float) -> Moments:
    """The means of an activation over z ~ N(mean, variance)."""
    f = ACTIVATIONS[activation]
    if std := sqrt(variance):
        places, weights = _cells(-mean / std, 10.0 ** round(log10(std)))
        z = mean + std * places
    else:
        z, weights = np.array([mean]), np.ones(1)
    with np.errstate(all="ignore"):
        a = f.value(z)
        slopes = f.slope(z, a)
        return Moments(*(float(weights @ values) for values in (a, a * a, slopes * slopes)))


@lru_cache(64)
def _cells(zero: float, scale: float) -> tuple[Row, Row]:
    """Middles of cells from -10 to 10 standard deviations, and the normal weight of each.

    A sum over cells, as Gauss-Hermite quadrature errs at kinks. They are fine everywhere, and
    finest about z = 0, where activations bend; z = 0 itself, and so every kink, lies between two.

    Args:
        zero: where z is 0, in standard deviations from the mean.
        scale: the standard deviation, roughly.
    """
    first, last = (asinh((end - zero) * scale) for end in (-REACH, REACH))
    even = np.linspace(-REACH, REACH, CELLS + 1)
    zoomed = np.sinh(np.linspace(first, last, CELLS + 1)) / scale + zero
    edges = np.sort(np.clip(np.append(np.append(even, zoomed), zero), -REACH, REACH))
    middles = (edges[1:] + edges[:-1]) / 2
    weights = np.diff(edges) * np.exp(middles * middles / -2)
    return middles, weights / weights.sum()


def _why_unknown(settings: NetworkSettings) -> str:
    """Why theory says nothing of a network: its parameters are not drawn at random."""
    if settings.initial_W or settings.initial_b:
        return "the initial weights are given, not drawn"
    if INITIALIZERS[settings.initializer].variance is None:
        return f"{settings.initializer} draws no random weights, so all units of a layer are one"
    return ""


def _assumed(settings: NetworkSettings) -> str:
    if settings.normalization == "batch":
        return "many rows in a batch, and uncorrelated ones (Yang et al. 2019)"
    return ""


def _weight_variance(settings: NetworkSettings, plan: LayerPlan) -> float:
    variance = INITIALIZERS[settings.initializer].variance
    assert variance is not None, "asked only where weights are drawn"
    return settings.gain**2 * variance(plan.fan_in, plan.fan_out, settings.std)


def _through(plan: LayerPlan, bias: float, q: float, over_rows: float) -> tuple[_Signal, float]:
    """What a layer gives out, before its residual connection, and what its slopes do to delta.

    Normalization leaves z with variance 1 and divides delta by the standard deviation it took away:
    that over the units, or, in batch normalization, that over the rows. (It also takes two of n
    directions out of delta, by 1 - 2 / n; as 1 / variance is by 2 / n larger in the mean than 1 /
    mean variance, neither is seen.)
    """
    mean, variance, factor = bias, q, 1.0
    if plan.normalization != "none":
        removed = over_rows if plan.normalization == "batch" else q
        mean, variance, factor = 0.0, removed / (removed + EPSILON), 1.0 / (removed + EPSILON)
    # Layers that differ in the fifth digit share their means.
    over_z = moments(plan.activation.name, mean, float(f"{variance:.4g}"))
    # Dropout: what is kept is divided by its share, so that squares grow by 1 / kept.
    kept = 1.0 - plan.dropout
    square = over_z.square / kept
    signal = _Signal(over_z.value, square, square - over_z.value**2)
    return signal, factor * over_z.slope_square / kept


def _sum(signal: _Signal, carried: _Signal) -> _Signal:
    """With what a residual connection adds: independent of it but for the means."""
    return _Signal(
        signal.mean + carried.mean,
        signal.square + carried.square + 2.0 * signal.mean * carried.mean,
        signal.spread + carried.spread,
    )


def _going_back(passages: list[_Passage]) -> list[float]:
    """log10 of each layer's error signal over the last one's: ``Network.backward`` in mean squares.

    In logarithms, as a thousand layers leave no float64 to hold the product.
    """
    decades: list[float] = []
    arriving = 0.0
    waiting: dict[int, float] = {}
    for at in reversed(range(len(passages))):
        plan, back, slope = passages[at]
        if plan.skip_from is not None:
            waiting[plan.skip_from] = _added(arriving, waiting.get(plan.skip_from, -inf))
        delta = arriving + _log10(slope) if at + 1 < len(passages) else 0.0
        decades.append(delta / 2)
        arriving = _added(delta + _log10(back), waiting.pop(at, -inf))
    return decades[::-1]


def _log10(value: float) -> float:
    return log10(value) if value > 0.0 else -inf


def _added(one: float, other: float) -> float:
    """log10 of the sum of two numbers that are given as log10."""
    greater, less = max(one, other), min(one, other)
    return greater if less == -inf else greater + log10(1.0 + 10.0 ** (less - greater))
