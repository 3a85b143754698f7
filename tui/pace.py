"""Slow motion: the steps per second that a person can choose from."""

from __future__ import annotations

from collections.abc import Callable

PACES: tuple[float, ...] = (100.0, 30.0, 10.0, 3.0, 1.0)
"""From fast to slow; without any of them training goes as fast as it can (None)."""


def slower(pace: float | None) -> float | None:
    """The next slower pace; the slowest stays."""
    return next((p for p in PACES if pace is None or p < pace), pace)


def faster(pace: float | None) -> float | None:
    """The next faster pace; beyond the fastest there is no limit (None)."""
    if pace is None:
        return None
    return next((p for p in reversed(PACES) if p > pace), None)


CHANGES: dict[str, Callable[[float | None], float | None]] = {"slower": slower, "faster": faster}
