"""The history as a Parquet file: one row a step, one column a metric and layer.

The columns are those of the csv file but for ``facts``, which stand in the file's metadata under
the key ``backscope``. What was not measured at a step, or does not apply to a layer, is null.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from ..core.findings import Facts
from ..core.history import Snapshot
from ..core.history_facts import facts_line
from ..core.history_table import SECONDS, STEP
from .extras import need
from .history_csv import blank_when_nan, column_names

METADATA = b"backscope"
GROUP_BYTES = 32 << 20
"""Of a row group: what is held in memory at once."""


def write_history_parquet(snapshot: Snapshot, facts: Facts, file: IO[bytes]) -> None:
    """Write the steps whose rows are kept, a row group at a time.

    Raises:
        UsageError: pyarrow is missing.
    """
    arrow, parquet = need("pyarrow", "parquet"), need("pyarrow.parquet", "parquet")
    names = column_names(snapshot.layout)
    fields = [(STEP, arrow.int64()), *((name, arrow.float64()) for name in (SECONDS, *names))]
    known = {METADATA: facts_line(snapshot, facts).encode()}
    schema = arrow.schema(fields, metadata=known)
    blank = blank_when_nan(snapshot.layout)
    with parquet.ParquetWriter(file, schema) as writer:
        for steps, values in _groups(snapshot):
            seconds = np.array([snapshot.seconds_at(step) for step in steps.tolist()])
            absent = np.isnan(values) & blank
            columns = [arrow.array(steps), arrow.array(seconds)]
            columns += [
                arrow.array(np.ascontiguousarray(values[:, at]), mask=absent[:, at].copy())
                for at in range(values.shape[1])
            ]
            writer.write_table(arrow.table(columns, schema=schema))


def _groups(snapshot: Snapshot) -> Iterator[tuple[Any, Any]]:
    """Steps and values of one row group after the other."""
    steps: list[Any] = []
    rows: list[Any] = []
    for some, values in snapshot.rows():
        steps.append(some)
        rows.append(values)
        if sum(part.nbytes for part in rows) >= GROUP_BYTES:
            yield np.concatenate(steps), np.concatenate(rows)
            steps, rows = [], []
    if steps:
        yield np.concatenate(steps), np.concatenate(rows)
