"""Who is timed: one table, and the check that all of them train the same network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from math import isclose
from typing import Protocol

from .backscope_step import ALL, FEW, BackscopeStep
from .jax_jit import JaxJit
from .sklearn_epochs import SklearnEpochs
from .textbook import Textbook
from .torch_eager import TorchEager
from .workloads import Exercise

GUARD_STEPS = 10
TOLERANCE = {"float32": 1e-3, "float64": 1e-9}
"""Relative difference of the losses after ``GUARD_STEPS`` that rounding explains."""


class Contender(Protocol):
    """A network that is being trained."""

    def advance(self, steps: int) -> int:
        """Train about so many steps; how many they were."""

    def loss(self) -> float | None:
        """The loss of all rows; None where it cannot be compared."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How to make a contender, what it needs, and when it takes part."""

    make: Callable[[Exercise], Contender]
    package: str = ""
    """The package to install for it; empty: none."""
    optimizers: tuple[str, ...] = ("sgd", "adam")


BACKSCOPE, TEXTBOOK, PYTORCH = "Backscope", "textbook NumPy", "PyTorch eager"

CONTENDERS: dict[str, Entry] = {
    BACKSCOPE: Entry(BackscopeStep),
    "Backscope: loss, norms, silent": Entry(lambda exercise: BackscopeStep(exercise, FEW)),
    "Backscope: everything": Entry(lambda exercise: BackscopeStep(exercise, ALL)),
    TEXTBOOK: Entry(Textbook),
    PYTORCH: Entry(TorchEager, "torch"),
    "PyTorch eager, fused": Entry(
        lambda exercise: TorchEager(exercise, fused=True), "torch", optimizers=("adam",)
    ),
    "JAX jit": Entry(JaxJit, "jax"),
    "scikit-learn": Entry(SklearnEpochs, "scikit-learn"),
}
"""In the order in which they are shown; the first is what all are compared with."""


def versions() -> dict[str, str | None]:
    """The packages that contenders need, and their versions; None: not installed."""
    packages = dict.fromkeys(entry.package for entry in CONTENDERS.values() if entry.package)
    return {package: _version(package) for package in packages}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def make_contenders(exercise: Exercise) -> dict[str, Contender]:
    """Every contender that is installed and takes part, at its first step, by name."""
    installed = versions()
    return {
        name: entry.make(exercise)
        for name, entry in CONTENDERS.items()
        if exercise.workload.optimizer in entry.optimizers
        and (not entry.package or installed[entry.package] is not None)
    }


def check_same_training(exercise: Exercise, contenders: Mapping[str, Contender]) -> None:
    """Train all a few steps and make sure that they have come to the same loss.

    Raises:
        RuntimeError: one has not, so that it does other work and no time is worth comparing.
    """
    losses: dict[str, float] = {}
    for name, contender in contenders.items():
        contender.advance(GUARD_STEPS)
        loss = contender.loss()
        if loss is not None:
            losses[name] = loss
    expected = next(iter(losses.values()))
    tolerance = TOLERANCE[exercise.dtype]
    for name, loss in losses.items():
        if not isclose(loss, expected, rel_tol=tolerance):
            raise RuntimeError(
                f"{exercise.workload.name}: after {GUARD_STEPS} steps the loss of {name} is "
                f"{loss!r}, not {expected!r}: it trains another network"
            )
