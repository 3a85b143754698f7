"""Is what a run on the disk says what was measured? Every number, bit by bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backscope.core.history import Snapshot
from backscope.core.record import Event, Row

from .experiments import Reference

COLUMNS = 40
"""Of the envelopes that are compared."""


def wrong_values(found: Snapshot, reference: Reference, since: int = 1) -> int:
    """Values of the rows from a step on that are not those measured, bit by bit; holes are none."""
    wrong = 0
    for steps, values in found.rows(since):
        measured = reference.rows[steps[0] - 1 : steps[-1]]
        wrong += differing(values, measured)
    return wrong


def wrong_extremes(found: Snapshot, reference: Reference) -> int:
    """Values of the envelopes of all metrics over all steps that are not those of the rows."""
    if not found.count:
        return 0
    measured, wrong = reference.history(found.count), 0
    for metric in found.layout.metrics:
        one, other = (
            each.envelope(metric.name, 1, found.count + 1, COLUMNS) for each in (found, measured)
        )
        wrong += differing(one.low, other.low) + differing(one.high, other.high)
        wrong += int((one.bad != other.bad).sum())
    return wrong


def wrong_events(found: Snapshot, events: Sequence[Event]) -> int:
    """Events that did not happen so, or are missing; those of the newest step may still come."""
    true = zip(found.events, events, strict=False)
    wrong = sum(one != other for one, other in true) + max(len(found.events) - len(events), 0)
    happened = sum(event.step < found.last_step for event in events)
    return wrong + max(happened - len(found.events), 0)


def differing(found: Row, measured: Row) -> int:
    """How many values differ in any bit."""
    bits = [np.ascontiguousarray(each, np.float64).view(np.uint64) for each in (found, measured)]
    return int((bits[0] != bits[1]).sum())
