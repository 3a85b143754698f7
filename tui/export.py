"""``backscope export``: a recorded run in the form of other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from ..core.errors import InputError
from ..core.findings import Facts
from ..core.history import Snapshot
from ..core.store.missing import missing
from ..core.store.stored_run import StoredRun
from .exit_codes import DONE
from .extras import need
from .history_csv import write_history_csv
from .history_parquet import write_history_parquet
from .history_tensorboard import event_folder, write_history_events
from .output_file import STANDARD_OUTPUT, open_output, start_over
from .repair_text import LONGEST_PATH, counted
from .safe_text import safe_text
from .streams import complain, say


def run_export(
    word: str, *, csv: str | None, parquet: str | None, tensorboard: str | None, force: bool
) -> int:
    """Export a run in one of the three forms; the exit code. The csv file ``-`` is standard output.

    Raises:
        InputError: there is no such run, or the file must not or cannot be written.
        DataError: the run cannot be read.
        UsageError: a library is missing.
        OSError: there is no room for all of it.
    """
    run = StoredRun.wanted(word)
    piped = csv == STANDARD_OUTPUT
    try:
        snapshot, facts = run.history.snapshot(), run.description.facts
        notes: list[str] = []
        if piped:
            where = "standard output"
            if sys.stdout is None:
                raise InputError("-: standard output is closed")
            write_history_csv(snapshot, facts, sys.stdout)
        elif tensorboard is not None:
            need("tensorboardX", "tensorboard")
            where = tensorboard
            event_folder(Path(where), force=force)
            beyond = write_history_events(snapshot, run.description.started, Path(where))
            if beyond:
                notes.append(
                    f"{counted(beyond, 'value')} beyond TensorBoard's float32: written as 0 or inf"
                )
        elif parquet is not None:
            need("pyarrow", "parquet")
            where = parquet
            _write(Path(where), snapshot, facts, _parquet, force=force)
        else:
            assert csv is not None, "one of the three is asked for"
            where = csv
            _write(Path(where), snapshot, facts, write_history_csv, force=force)
        notes += _left_out(run, snapshot)
    finally:
        run.close()
    for note in notes:
        print(f"backscope: {note}", file=sys.stderr)  # noqa: T201
    name, where = safe_text(run.place.id, LONGEST_PATH), safe_text(where, LONGEST_PATH)
    done = f"Exported {counted(snapshot.count, 'step')} of run {name} to {where}"
    if piped:
        complain(done)
    else:
        say(done + "\n")
    return DONE


def _write(
    path: Path,
    snapshot: Snapshot,
    facts: Facts,
    write: Callable[[Snapshot, Facts, TextIO], None],
    *,
    force: bool,
) -> None:
    """Write a file; one that is new and not whole does not stay."""
    new = not os.path.exists(path)
    file = open_output(path, force=force)
    complete = False
    try:
        with file:
            start_over(file)
            write(snapshot, facts, file)
        complete = True
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        if new and not complete:
            with suppress(OSError):
                path.unlink()


def _parquet(snapshot: Snapshot, facts: Facts, file: TextIO) -> None:
    write_history_parquet(snapshot, facts, file.buffer)


def _left_out(run: StoredRun, snapshot: Snapshot) -> list[str]:
    """What of the run could not be exported, in one line; nothing where all was."""
    absent = missing(snapshot)
    parts = [
        f"{counted(steps, 'step')} {what}"
        for steps, what in (
            (absent.gone, "of which nothing is known"),
            (absent.coarser, "of which only coarser values are known"),
        )
        if steps
    ]
    if run.history.damaged:
        parts.append(f"{counted(run.history.damaged, 'chunk')} damaged")
    return ["left out: " + ", ".join(parts)] if parts else []
