"""What came of a repair, in words."""

from __future__ import annotations

from ..core.store.repairing import Repaired
from .safe_text import safe_text

LONGEST_PATH = 1_000
"""Cells of a path."""


def repair_text(done: Repaired, into: str) -> str:
    """What there is and where, what is lost, and whether the run can go on: a line each."""
    there = f"{counted(done.steps, 'step')}, {counted(done.chunks, 'chunk')}"
    lost = ", ".join(
        counted(count, what)
        for count, what in (
            (done.lost_steps, "step"),
            (done.lost_chunks, "chunk"),
            (done.lost_events, "event"),
        )
        if count
    )
    resumed = (
        "It has no whole checkpoint: it cannot be resumed."
        if done.checkpoint is None
        else f"It can be resumed from step {done.checkpoint:,}."
    )
    return (
        f"Whole: {there}, {counted(done.events, 'event')}, in {safe_text(into, LONGEST_PATH)}\n"
        f"Lost: {lost or 'nothing'}\n{resumed}\n"
    )


def counted(count: int, what: str) -> str:
    """So many of something.

    >>> counted(1, "step"), counted(2_000, "step")
    ('1 step', '2,000 steps')
    """
    return f"{count:,} {what}" + ("" if count == 1 else "s")
