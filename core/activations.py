"""Activations: what a unit makes of its preactivation, value and slope side by side.

The table ``ACTIVATIONS`` at the end is the whole list. Every function takes float32 or float64 and
gives the same type back, in a new array. NaN goes through, but for a slope that is a step: it takes
NaN for one side. Where f(z) is finite, nothing warns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .record import Array

FLAT_SLOPE = 0.05
"""Of an activation's largest slope: below it, next to nothing of the error signal gets through."""


@dataclass(frozen=True, slots=True, eq=False)  # equal are those of one entry of the table
class Activation:
    """One activation f: its value, its slope f' and what is known about it."""

    name: str
    value: Callable[[Array], Array]
    """``value(z) -> a``, which is f(z)."""
    slope: Callable[[Array, Array], Array]
    """``slope(z, a) -> f'(z)``, where ``a = value(z)`` often spares computing f again."""
    gain: float
    """The factor on weights of variance 1 / fan_in that keeps the size of the signal.

    As ``torch.nn.init.calculate_gain`` where PyTorch has one, else ``signal_gain(value)``.
    """
    rectifier: bool = False
    """Value and slope are exactly 0 for every z <= 0: units can be silent and dead."""
    saturated: Callable[[Array], NDArray[np.bool_]] | None = None
    """Which entries of ``a`` lie in a flat part; None where the activation is unbounded."""
    steepest: float = field(init=False)
    """The largest slope there is."""
    half_flat: bool = field(init=False)
    """Flat over a quarter or more of z ~ N(0, 1): flat by design, as ReLU and its like."""
    rising: bool = field(init=False)
    """No slope is below 0."""

    def __post_init__(self) -> None:
        z = np.linspace(-10.0, 10.0, 2001)
        signed = self.slope(z, self.value(z))
        slopes = np.abs(signed)
        density = np.exp(-z * z / 2)
        object.__setattr__(self, "steepest", float(slopes.max()))
        share = density[slopes < FLAT_SLOPE * slopes.max()].sum() / density.sum()
        object.__setattr__(self, "half_flat", bool(share > 0.25))
        object.__setattr__(self, "rising", bool(signed.min() >= 0.0))

    def flat(self, z: Array, a: Array) -> NDArray[np.bool_]:
        """Which entries have a slope below ``FLAT_SLOPE`` of the largest there is.

        Args:
            z: what the activation sees.
            a: ``value(z)``.
        """
        slopes = self.slope(z, a)
        return (slopes if self.rising else np.abs(slopes)) < FLAT_SLOPE * self.steepest


def signal_gain(value: Callable[[Array], Array]) -> float:
    """The gain 1 / sqrt(E f(z)^2), z ~ N(0, 1): with it a mean square of 1 stays 1.

    The integral is a sum over a fine grid on [-10, 10]; Gauss-Hermite quadrature errs at kinks.
    """
    z = np.linspace(-10.0, 10.0, 2001)
    density = np.exp(-z * z / 2)
    return float(np.sqrt(density.sum() / (density * value(z) ** 2).sum()))


LEAK = 0.01
"""Slope of leaky ReLU below 0."""

# Klambauer et al., "Self-normalizing neural networks" (2017), equation 14.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def _sigmoid(z: Array) -> Array:
    # exp(-z) overflows to inf far below 0, and 1 / inf = 0 is the right answer there.
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def _elu(z: Array) -> Array:
    return np.maximum(z, 0) + np.expm1(np.minimum(z, 0))


def _selu(z: Array) -> Array:
    return SELU_SCALE * (np.maximum(z, 0) + SELU_ALPHA * np.expm1(np.minimum(z, 0)))


def _selu_slope(z: Array, a: Array) -> Array:
    return np.where(z > 0, SELU_SCALE, a + SELU_SCALE * SELU_ALPHA)


def _softplus(z: Array) -> Array:
    # log(1 + exp(z)), written so that nothing can overflow.
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _silu(z: Array) -> Array:
    return z * _sigmoid(z)


def _silu_slope(z: Array, a: Array) -> Array:
    gate = _sigmoid(z)
    return gate + a * (1 - gate)


def normal_tail(x: Array) -> Array:
    """Q(x) = P(Z > x) = erfc(x / sqrt(2)) / 2 of a standard normal Z, for x >= 0.

    The absolute error is below 1e-15; the relative one is 2e-14 at x = 3, 1e-8 at 8, 4e-6 at 37.
    Source: G. West, "Better approximations to cumulative normal functions" (2005), after J. F. Hart
    et al., "Computer Approximations" (1968). One formula serves all x: no array is taken apart.
    """
    x = np.minimum(x, 40)  # Q(40) is 0 in float64, and 40 * 40 cannot overflow
    above, below = 3.52624965998911e-2 * x, 8.83883476483184e-2 * x
    below = (below + 1.75566716318264) * x
    for p, q in (
        (0.700383064443688, 16.064177579207),
        (6.37396220353165, 86.7807322029461),
        (33.912866078383, 296.564248779674),
        (112.079291497871, 637.333633378831),
        (221.213596169931, 793.826512519948),
    ):
        above = (above + p) * x
        below = (below + q) * x
    return (above + 220.206867912376) / (below + 440.413735824752) * np.exp(x * x / -2)


def _gelu(z: Array) -> Array:
    # z Phi(z), where Phi(z) is 1 - Q(z) above 0 and Q(-z) below: no digits cancel on either side.
    size = np.abs(z)
    return np.maximum(z, 0) - size * normal_tail(size)


def _gelu_slope(z: Array, a: Array) -> Array:
    # Phi(z) + z phi(z). Phi(z) = a / z costs a tenth of the formula above; at z = 0 it is 1/2.
    cdf: Array = np.divide(a, z, out=np.full_like(z, 0.5), where=np.abs(z) > 1e-30)
    near = np.clip(z, -40, 40)  # beyond, the density is 0 in float64
    density: Array = np.exp(near * near / -2) / math.sqrt(2 * math.pi)
    return cdf + near * density


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(
        "sigmoid",
        value=_sigmoid,
        slope=lambda z, a: a * (1 - a),
        gain=1.0,
        saturated=lambda a: (a < 0.015) | (a > 0.985),
    ),
    "tanh": Activation(
        "tanh",
        value=np.tanh,
        slope=lambda z, a: 1 - a * a,
        gain=5 / 3,
        saturated=lambda a: np.abs(a) > 0.97,
    ),
    "relu": Activation(
        "relu",
        value=lambda z: np.maximum(z, 0),
        slope=lambda z, a: (a > 0).astype(a.dtype),
        gain=math.sqrt(2),
        rectifier=True,
    ),
    "leaky_relu": Activation(
        "leaky_relu",
        value=lambda z: np.maximum(z, LEAK * z),
        slope=lambda z, a: np.maximum(np.sign(z), LEAK),
        gain=math.sqrt(2 / (1 + LEAK**2)),
    ),
    "elu": Activation(
        "elu",
        value=_elu,
        slope=lambda z, a: 1 + np.minimum(a, 0),
        gain=signal_gain(_elu),
    ),
    "selu": Activation("selu", value=_selu, slope=_selu_slope, gain=3 / 4),
    "gelu": Activation("gelu", value=_gelu, slope=_gelu_slope, gain=signal_gain(_gelu)),
    "silu": Activation("silu", value=_silu, slope=_silu_slope, gain=signal_gain(_silu)),
    "softplus": Activation(
        "softplus",
        value=_softplus,
        slope=lambda z, a: -np.expm1(-a),
        gain=signal_gain(_softplus),
    ),
    "identity": Activation(
        "identity",
        value=np.copy,
        slope=lambda z, a: np.ones_like(z),
        gain=1.0,
    ),
}
