"""Which steps of a history are not there in full, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

from ..history import Snapshot
from ..history.pyramid import FOLD


@dataclass(frozen=True, slots=True)
class Missing:
    """How many steps."""

    coarser: int
    """Steps of which only the extremes over several are known."""
    gone: int
    """Steps of which nothing is known."""


def missing(snapshot: Snapshot) -> Missing:
    """The steps of a history of which there are no rows."""
    coarser = gone = row = 0
    view = snapshot._view
    while row < snapshot.count:
        start, row = row, min(view.rows.kept_from(row), snapshot.count)
        for at in range(start, row, FOLD):
            steps = min(FOLD, row - at)
            if any(level.find(at) is not None for level in view.levels):
                coarser += steps
            else:
                gone += steps
        while row < snapshot.count and (found := view.rows.find(row)) is not None:
            row += len(found[0].seconds) - found[1]
    return Missing(coarser, gone)
