"""Initializers: how the weights of a layer are drawn before training.

The table ``INITIALIZERS`` at the end is the whole list. An entry draws one matrix,
``(rng, fan_in, fan_out, std) -> W (fan_in, fan_out)`` in float64, and says which variance its
weights have; only normal, uniform and constant look at ``std``. The gain of an experiment is
multiplied in by the caller.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Draw = Callable[["np.random.Generator", int, int, float], NDArray[np.float64]]
"""``(rng, fan_in, fan_out, std) -> W (fan_in, fan_out)``."""

Variance = Callable[[int, int, float], float]
"""``(fan_in, fan_out, std)`` -> the variance of each weight."""


@dataclass(frozen=True, slots=True)
class Initializer:
    """How one matrix is drawn, and what is known of it beforehand."""

    draw: Draw
    variance: Variance | None
    """None where nothing is drawn: the weights are not random."""

    def __call__(
        self, rng: np.random.Generator, fan_in: int, fan_out: int, std: float
    ) -> NDArray[np.float64]:
        """Draw one matrix."""
        return self.draw(rng, fan_in, fan_out, std)


def _xavier(fan_in: int, fan_out: int, std: float) -> float:
    """Glorot & Bengio, "Understanding the difficulty ..." (2010), equations 12 and 16."""
    return 2 / (fan_in + fan_out)


def _he(fan_in: int, fan_out: int, std: float) -> float:
    """He et al., "Delving deep into rectifiers" (2015), equation 10: the gain of ReLU is in it."""
    return 2 / fan_in


def _lecun(fan_in: int, fan_out: int, std: float) -> float:
    """LeCun et al., "Efficient backprop" (1998), equation 16."""
    return 1 / fan_in


def _rotation(fan_in: int, fan_out: int, std: float) -> float:
    """The vectors that are orthonormal have this many entries, whose squares add up to 1."""
    return 1 / max(fan_in, fan_out)


def _given(fan_in: int, fan_out: int, std: float) -> float:
    return std * std


def _normal(variance: Variance) -> Initializer:
    """Independent normal weights of this variance and mean 0, not truncated."""

    def draw(
        rng: np.random.Generator, fan_in: int, fan_out: int, std: float
    ) -> NDArray[np.float64]:
        return math.sqrt(variance(fan_in, fan_out, std)) * rng.standard_normal((fan_in, fan_out))

    return Initializer(draw, variance)


def _uniform(variance: Variance) -> Initializer:
    """Independent uniform weights of this variance: between -sqrt(3 variance) and its opposite."""

    def draw(
        rng: np.random.Generator, fan_in: int, fan_out: int, std: float
    ) -> NDArray[np.float64]:
        bound = math.sqrt(3 * variance(fan_in, fan_out, std))
        return rng.uniform(-bound, bound, (fan_in, fan_out))

    return Initializer(draw, variance)


def _orthogonal(
    rng: np.random.Generator, fan_in: int, fan_out: int, std: float
) -> NDArray[np.float64]:
    """Orthonormal columns, or rows where there are fewer of them; uniform over all such matrices.

    QR alone favors some rotations. Making the diagonal of R positive leaves one Q for each matrix
    drawn and hence the Haar measure: F. Mezzadri, "How to generate random matrices from the
    classical compact groups", Notices of the AMS 54 (2007) 592-604.
    """
    q, r = np.linalg.qr(rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out))))
    q *= np.copysign(1, r.diagonal())
    return q if fan_in >= fan_out else np.ascontiguousarray(q.T)


def _plain_normal(
    rng: np.random.Generator, fan_in: int, fan_out: int, std: float
) -> NDArray[np.float64]:
    return std * rng.standard_normal((fan_in, fan_out))


def _plain_uniform(
    rng: np.random.Generator, fan_in: int, fan_out: int, std: float
) -> NDArray[np.float64]:
    """Between -sqrt(3) std and sqrt(3) std, so that ``std`` is their standard deviation."""
    return math.sqrt(3) * std * rng.uniform(-1, 1, (fan_in, fan_out))


def _constant(
    rng: np.random.Generator, fan_in: int, fan_out: int, std: float
) -> NDArray[np.float64]:
    """Every weight is ``std``."""
    return np.full((fan_in, fan_out), float(std))


def _zeros(rng: np.random.Generator, fan_in: int, fan_out: int, std: float) -> NDArray[np.float64]:
    return np.zeros((fan_in, fan_out))


INITIALIZERS: dict[str, Initializer] = {
    "xavier_normal": _normal(_xavier),
    "xavier_uniform": _uniform(_xavier),
    "glorot_normal": _normal(_xavier),
    "glorot_uniform": _uniform(_xavier),
    "he_normal": _normal(_he),
    "he_uniform": _uniform(_he),
    "kaiming_normal": _normal(_he),
    "kaiming_uniform": _uniform(_he),
    "lecun_normal": _normal(_lecun),
    "lecun_uniform": _uniform(_lecun),
    "orthogonal": Initializer(_orthogonal, _rotation),
    "normal": Initializer(_plain_normal, _given),
    "uniform": Initializer(_plain_uniform, _given),
    "constant": Initializer(_constant, None),
    "zeros": Initializer(_zeros, None),
}
