"""The suite: which families there are, how many runs of each, what verdict is right for them.

Everything follows from one seed. A family's runs are split by the seed into the half that
thresholds may be chosen on and the half that is only ever reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import faults, healthy
from .case import HEALTHY, Case, Document, Part
from .configurations import configuration
from .metamorphic import CHANGES, WIDTH, changed

SEED = 20_261_125
CONFIGURATIONS = 160

Draw = Callable[[Any, int], Document]


@dataclass(frozen=True, slots=True)
class Family:
    """Runs made in one way."""

    name: str
    count: int
    draw: Draw
    label: str = HEALTHY
    also: tuple[str, ...] = ()
    """Other kinds that are as right."""
    why: str = ""
    """What makes them as right."""

    @property
    def accepted(self) -> frozenset[str]:
        """Every kind that is right as the first finding."""
        return frozenset((self.label, *self.also))


FAMILIES = (
    Family("shallow", 35, healthy.shallow),
    Family("deep", 24, healthy.deep),
    Family("normalized", 20, healthy.normalized),
    Family("residual", 14, healthy.residual),
    Family("optimizers", 21, healthy.optimizers),
    Family("regularized", 18, healthy.regularized),
    Family("inputs", 20, faults.inputs, "unnormalized_inputs"),
    Family("symmetric", 14, faults.symmetric, "symmetric_initialization"),
    Family("vanishing", 24, faults.vanishing, "vanishing_gradient"),
    Family("exploding", 20, faults.exploding, "exploding_gradient"),
    Family(
        "rate, unbounded",
        18,
        faults.too_large_unbounded,
        "learning_rate_too_large",
        ("divergence", "dying_relu"),
        "the event without its cause; a leap that leaves ReLU units dead is the same event",
    ),
    Family(
        "rate, bounded",
        15,
        faults.too_large_bounded,
        "learning_rate_too_large",
        ("divergence",),
        "the event without its cause",
    ),
    Family("born dead", 10, faults.born_dead, "dying_relu"),
    Family(
        "dying",
        16,
        faults.dying,
        "dying_relu",
        ("learning_rate_too_large", "divergence"),
        "the rate is what kills the units; one that kills them may end the run first",
    ),
    Family("saturated", 12, faults.saturated, "saturation"),
    Family("rate too small", 16, faults.too_small, "learning_rate_too_small"),
    Family("overfitting", 16, faults.overfitting, "overfitting"),
)

BASES: tuple[tuple[str, Draw], ...] = (
    *((f.name, f.draw) for f in FAMILIES if f.name in ("shallow", "deep", "normalized")),
    *(
        (f.name, f.draw)
        for f in FAMILIES
        if f.label != HEALTHY and f.name not in ("rate, bounded", "dying")
    ),
)
"""What the metamorphic pairs are made of: one for each kind, and three healthy ones."""


def labelled(seed: int = SEED) -> Iterator[Case]:
    """Both halves of the runs that are labelled by construction."""
    for at, family in enumerate(FAMILIES):
        rng = _stream(seed, 0, at)
        coin = int(rng.integers(2))
        tuning = rng.permutation(family.count) < (family.count + coin) // 2
        for number in range(family.count):
            yield Case(
                f"{family.name} {number}",
                family.name,
                Part.TUNING if tuning[number] else Part.REPORTED,
                family.draw(_stream(seed, 0, at, number), number),
                family.label,
                family.accepted,
            )


def random_set(seed: int = SEED, count: int = CONFIGURATIONS) -> Iterator[Case]:
    """Configurations whose outcome is their label."""
    for number in range(count):
        document = configuration(_stream(seed, 1, number), number)
        yield Case(f"random {number}", "random", Part.RANDOM, document)


def metamorphic_set(seed: int = SEED) -> Iterator[Case]:
    """Base runs, each followed by the same with one of ``CHANGES``; ``family`` is the base."""
    for at, (name, draw) in enumerate(BASES):
        rng = _stream(seed, 2, at)
        base = draw(rng, int(rng.integers(12)))
        base["network"]["width"] = WIDTH
        yield Case(name, name, Part.METAMORPHIC, base)
        for change in CHANGES:
            yield Case(f"{name}, {change}", name, Part.METAMORPHIC, changed(base, change))


def cases(parts: frozenset[Part], seed: int = SEED) -> list[Case]:
    """All cases of these parts."""
    everything = [*labelled(seed), *random_set(seed), *metamorphic_set(seed)]
    return [case for case in everything if case.part in parts]


def _stream(seed: int, *key: int) -> Any:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
