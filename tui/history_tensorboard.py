"""The history as an event file of TensorBoard: a scalar for each metric and layer of a step.

A per-layer metric ``dead`` has the tags ``dead/1``, ``dead/2`` and so on; what was not measured has
none. TensorBoard's scalars are float32: what those cannot hold becomes 0 or infinite, and is
counted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..core.errors import InputError
from ..core.history import Snapshot
from ..core.record import Layout
from .extras import need
from .history_csv import blank_when_nan

EVENT_FILES = "events.out.tfevents.*"
_PREFIX = "events"


def event_folder(folder: Path, *, force: bool) -> None:
    """Make the directory of an event file; with ``force`` those that are in it go.

    Raises:
        InputError: there are some already, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(folder.glob(EVENT_FILES))
        if there and not force:
            raise InputError(f"{there[0]}: exists; --force overwrites it")
        for path in there:
            path.unlink()
    except FileExistsError:
        raise InputError(f"{folder}: is no directory") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{folder}: cannot be written: {reason}") from None


def write_history_events(snapshot: Snapshot, started: float, folder: Path) -> int:
    """Write the steps whose rows are kept to a new event file.

    Args:
        snapshot: of the run.
        started: seconds since 1970.
        folder: of the file; it is there.

    Returns:
        How many values float32 could not hold.

    Raises:
        UsageError: tensorboardX is missing.
    """
    writers = need("tensorboardX.event_file_writer", "tensorboard")
    event_pb2 = need("tensorboardX.proto.event_pb2", "tensorboard")
    summary_pb2 = need("tensorboardX.proto.summary_pb2", "tensorboard")
    tags, blank = np.array(_tags(snapshot.layout), object), blank_when_nan(snapshot.layout)
    writer = writers.EventsWriter(str(folder / _PREFIX))
    beyond = 0
    try:
        for steps, values in snapshot.rows():
            present = ~(np.isnan(values) & blank)
            with np.errstate(over="ignore", under="ignore"):
                single = values.astype(np.float32)
            beyond += int(
                np.count_nonzero(np.isinf(single) & np.isfinite(values))
                + np.count_nonzero((single == 0) & (values != 0))
            )
            for at, step in enumerate(steps.tolist()):
                named = zip(tags[present[at]], single[at][present[at]].tolist(), strict=True)
                value = summary_pb2.Summary.Value
                summary = summary_pb2.Summary(
                    value=[value(tag=tag, simple_value=number) for tag, number in named]
                )
                when = started + snapshot.seconds_at(step)
                writer.write_event(event_pb2.Event(wall_time=when, step=step, summary=summary))
    finally:
        writer.close()
    return beyond


def _tags(layout: Layout) -> list[str]:
    tags: list[str] = []
    for metric in layout.metrics:
        own = [f"{metric.name}/{layer.index}" for layer in layout.layers]
        tags += own if layout.per_layer(metric.name) else [metric.name]
    return tags
