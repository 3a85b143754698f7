"""Which checkpoints of a run are kept: those from before its last changes, and the last good one.

A checkpoint proves good only afterwards: when the losses that follow it have not risen. Until then
it waits, and the last one that has proved good is where a run that goes wrong can go back to. At
first that is the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from statistics import median
from typing import TYPE_CHECKING

from .history import Place

if TYPE_CHECKING:
    from .checkpoint import Checkpoint

MOST_CHANGES = 8
"""Checkpoints from before changes."""
MOST_BYTES = 128_000_000
"""Of the checkpoints from before changes together; and of the good one and the one that waits."""
LEAST_STEPS = 50
SHARE_OF_STEPS = 0.05
"""Steps from one look to the next, at least, and as a share of the steps done. A look costs a
quarter of the smallest step there is, or copying everything: one percent at most."""
RISE, SLACK = 1.2, 0.02
"""A loss has risen where its median is more than so many times the lowest median so far, and above
that by more than a share of the first median: chosen so that the noise of batches is no rise."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptCheckpoint:
    """A moment that a run can go back to."""

    checkpoint: Checkpoint
    place: Place
    """Where the history stood."""
    learning_rate: float
    """Of the step after it."""
    clip_norm: float
    """What the gradient of that step is clipped to; 0: it is not."""
    change: str = ""
    """What was changed right after it: ``clip norm off -> 1``; empty where nothing was."""

    @property
    def step(self) -> int:
        """Steps done by then."""
        return self.checkpoint.step


class KeptCheckpoints:
    """The checkpoints of one run; written by its thread, read by any.

    Attributes:
        before_changes: in their order, the newest last.
        last_good: the newest that has proved good; None where one takes too much memory.
        looked: steps done at the last look.
        due: how many steps must be done for the next one.
    """

    def __init__(self) -> None:
        self.before_changes: tuple[KeptCheckpoint, ...] = ()
        self.last_good: KeptCheckpoint | None = None
        self.looked = 0
        self.due: float = 0
        self._waiting: KeptCheckpoint | None = None
        self._first = inf
        self._lowest = inf

    def add(self, kept: KeptCheckpoint) -> None:
        """Keep one from before a change, and of the older ones as many as there is room for."""
        room = MOST_BYTES
        chosen: list[KeptCheckpoint] = []
        for each in reversed((*self.before_changes, kept)):
            room -= each.checkpoint.nbytes
            if room < 0 or len(chosen) == MOST_CHANGES:
                break
            chosen.append(each)
        self.before_changes = tuple(reversed(chosen))

    def look(
        self, step: int, nbytes: int, losses: list[float], take: Callable[[], KeptCheckpoint]
    ) -> None:
        """Judge the one that waits, and have the present wait in its place.

        Args:
            step: steps done.
            nbytes: what a checkpoint takes.
            losses: of the steps since the last look.
            take: makes a checkpoint of the present.
        """
        if 2 * nbytes > MOST_BYTES:
            self.due = inf
            return
        middle = median(losses) if losses else inf
        bound = max(RISE * self._lowest, self._lowest + SLACK * self._first)
        if self._waiting is not None and middle <= bound:
            self.last_good = self._waiting
        if self._first == inf:
            self._first = middle
        self._lowest = min(self._lowest, middle)
        self._waiting = taken = take()
        self.last_good = self.last_good or taken
        self.looked = step
        self.due = step + max(LEAST_STEPS, int(SHARE_OF_STEPS * step))

    def until(self, kept: KeptCheckpoint) -> KeptCheckpoints:
        """Those of a run that goes back to one of these: what came before it."""
        earlier = KeptCheckpoints()
        # Every change is an event, so that the number of events tells before from after.
        earlier.before_changes = tuple(
            each for each in self.before_changes if each.place.events < kept.place.events
        )
        earlier.last_good = kept
        earlier.looked = earlier.due = kept.step
        return earlier
