"""A case: one experiment with what is wrong with it by construction, or the promise to find out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

HEALTHY = "none"
"""The label of a run with which nothing is wrong, and the verdict that nothing is."""

Document = dict[str, Any]
"""An experiment under the keys of the file format."""


class Part(StrEnum):
    """What a case is there for."""

    TUNING = "tuning"
    """Labelled by construction; thresholds may be chosen on it."""
    REPORTED = "reported"
    """Labelled by construction; only ever reported."""
    RANDOM = "random"
    """Labelled by how it ended."""
    METAMORPHIC = "metamorphic"
    """One of two that must get the same verdict."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run to be judged."""

    name: str
    """Its family and number."""
    family: str
    part: Part
    document: Mapping[str, Any]
    label: str = ""
    """The kind of finding that is right, ``HEALTHY``, or nothing where the outcome will tell."""
    accepted: frozenset[str] = frozenset()
    """Kinds of which any is right as the first finding; the label among them."""


def between(rng: Any, low: float, high: float) -> float:
    """A number drawn log-uniformly, of three digits: it is read in lists of mistakes."""
    return float(f"{low * (high / low) ** rng.random():.3g}")


def one_of(rng: Any, *choices: Any) -> Any:
    """One of these, each as likely."""
    return choices[int(rng.integers(len(choices)))]


def experiment(rng: Any, data: Document, network: Document, training: Document) -> Document:
    """The document of a run, with a seed of its own."""
    return {
        "seed": int(rng.integers(2**31)),
        "data": data,
        "network": network,
        "training": {"batch_size": 32, "steps": 300} | training,
    }
