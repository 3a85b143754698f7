"""What a diagnosis finds, and what it must know of a run besides the records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import nan

import numpy as np

from .record import Array, Row

FINDING_KINDS: tuple[str, ...] = (
    "vanishing_gradient",
    "exploding_gradient",
    "divergence",
    "dying_relu",
    "saturation",
    "learning_rate_too_large",
    "learning_rate_too_small",
    "overfitting",
    "unnormalized_inputs",
    "symmetric_initialization",
)

UNIT_SPREAD = 1e-3
"""Units whose z differ by less than this share of its rms are the same unit."""


class Severity(StrEnum):
    """How much a finding matters."""

    NOTICE = "notice"
    """It is so, and the network learns all the same."""
    WARNING = "warning"
    """It is so, and may do harm."""
    ERROR = "error"
    """It is so, and the network does not learn."""

    @property
    def rank(self) -> int:
        """0 for a notice, 1 for a warning, 2 for an error: for comparing."""
        return (Severity.NOTICE, Severity.WARNING, Severity.ERROR).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found, with the numbers that decided."""

    kind: str
    """One of ``FINDING_KINDS``."""
    severity: Severity
    since_step: int
    """The first step at which it stood and since when it has not ceased."""
    layers: tuple[int, ...]
    """The layers concerned, 1-based; empty where it concerns none in particular."""
    evidence: Mapping[str, float]
    """What was measured, and the ``threshold`` (or thresholds) it was held against; finite."""
    message: str
    """One or two sentences: what it is and what it means, with the numbers."""

    @property
    def born_dead(self) -> bool:
        """Of ``dying_relu``: the units were dead at the first step; the start is to blame."""
        idle = "silent" if "silent_share" in self.evidence else "dead"
        names = (f"{idle}_share", f"{idle}_share_at_start", "rise_threshold")
        now, at_start, rise = (self.evidence.get(name, nan) for name in names)
        return self.kind == "dying_relu" and now - at_start < rise


def any_reaches(findings: Iterable[Finding], severity: Severity | None) -> bool:
    """Whether one of the findings is at least this severe; of None none is."""
    return severity is not None and any(each.severity.rank >= severity.rank for each in findings)


@dataclass(frozen=True, slots=True)
class Undecided:
    """One thing that cannot be told of a run as it stands: no evidence either way."""

    kind: str
    """One of ``FINDING_KINDS``."""
    reason: str
    """Why: it is too early, or what it takes is not recorded. A few words."""


@dataclass(frozen=True, slots=True)
class InputFacts:
    """How the training inputs lie, as the network sees them; constant features are left out."""

    offset: float
    """Median over the features of abs(mean) / standard deviation."""
    spread: float
    """90th over 25th percentile of the features' standard deviations."""
    rms: float
    """Root mean square of all entries."""

    @classmethod
    def of(cls, X: Array) -> InputFacts:
        """Measure inputs ``(rows, features)``; NaN for what cannot be told of so few."""
        with np.errstate(all="ignore"):
            values = np.asarray(X, np.float64)
            largest = float(np.abs(values).max(initial=0.0)) or 1.0
            scaled = values / largest  # squares of 1e200 would overflow
            std = scaled.std(axis=0) if len(scaled) else np.zeros(scaled.shape[1])
            varying = std > 0.0
            if not varying.any():
                offset = spread = float("nan")
            else:
                offsets = np.abs(scaled.mean(axis=0)[varying]) / std[varying]
                offset = float(_quantiles(offsets, 0.5)[0])
                spread = float(np.divide(*_quantiles(std[varying], 0.9, 0.25)))
            return cls(offset, spread, largest * float(np.sqrt(np.mean(scaled**2))))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules must know of a run besides its records."""

    steps_planned: int
    baseline: float
    """The loss of knowing nothing: the unit of every loss here."""
    inputs: InputFacts | None = None
    """None: not known, and not judged."""
    symmetric: bool = False
    """All units of the first hidden layer compute the same at the first step."""
    batch_normalized: bool = False
    """Hidden layers are batch-normalized: some growth of the error signal is then harmless."""


def units_identical(z: Array) -> bool:
    """Whether all units of a layer compute the same: z ``(rows, units)``, before normalization.

    True where the spread of z across the units is below ``UNIT_SPREAD`` of its rms, or z is zero
    throughout. One unit alone is no symmetry.
    """
    if z.shape[1] < 2 or not np.isfinite(z).all():
        return False
    largest = float(np.abs(z).max(initial=0.0))
    if largest == 0.0:
        return True
    scaled = np.asarray(z, np.float64) / largest
    spread = np.sqrt(np.mean(scaled.var(axis=1)))
    return bool(spread < UNIT_SPREAD * np.sqrt(np.mean(scaled**2)))


def _quantiles(values: Array, *shares: float) -> Row:
    """As ``np.quantile``, which imports ``numpy.ma`` at its first call: before the first screen."""
    ordered = np.sort(values)
    places: Row = np.interp(np.array(shares) * (len(ordered) - 1), np.arange(len(ordered)), ordered)
    return places
