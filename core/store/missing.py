"""Which steps of a history are not there in full, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

from ..history import Snapshot


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
        at, row = row, min(view.rows.kept_from(row), snapshot.count)
        while at < row:
            known = next((each for each in view.levels if each.find(at) is not None), None)
            if known is not None:
                stop = min(at - at % known.unit + known.unit, row)
                coarser += stop - at
            else:
                starts = (each.kept_from(at) for each in view.levels)
                stop = min((row, *(start for start in starts if start > at)))
                gone += stop - at
            at = stop
        while row < snapshot.count and (found := view.rows.find(row)) is not None:
            row += len(found[0].seconds) - found[1]
    return Missing(coarser, gone)
