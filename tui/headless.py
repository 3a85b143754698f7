"""``backscope run --headless`` and ``--json``: train without a screen, then say how it went."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

from ..core.diagnosis import Diagnosing, Diagnosis
from ..core.errors import DataError
from ..core.experiment import Experiment
from ..core.findings import Severity, any_reaches
from ..core.history import Snapshot
from ..core.record import RunState
from ..core.report import report
from ..core.run import Run
from ..core.source import RunStatus
from ..core.trainer import Trainer
from .exit_codes import DIVERGED, DONE, FAILED, FOUND
from .history_csv import write_history_csv
from .output_file import open_output, start_over
from .progress import INTERVAL, Progress, Silence, progress_on
from .report_text import report_text
from .streams import close_output, columns_of, warn
from .training import Driven

if TYPE_CHECKING:
    from ..core.store.recording import Recording

BY_STATE = {RunState.FINISHED: DONE, RunState.DIVERGED: DIVERGED, RunState.FAILED: FAILED}
"""The exit code of a run that ended so; a stopped one answers for the signal that stopped it."""

PLOT_WIDTH = 80

_Handler = Callable[[int, FrameType | None], Any] | int


def run_headless(
    experiment: Experiment,
    *,
    as_json: bool = False,
    plot: bool = False,
    csv: Path | None = None,
    force: bool = False,
    pace: float | None = None,
    fail_on: Severity | None = None,
    record: bool = False,
) -> int:
    """Train, with progress on standard error and the summary on standard output.

    Args:
        experiment: what to train.
        as_json: one JSON object instead of the summary, and progress only on a terminal.
        plot: pictures of the loss and the error signal after the summary.
        csv: where to write the history; the file is opened before the training starts.
        force: ``csv`` may exist and is overwritten.
        pace: at most this many steps per second.
        fail_on: how severe a finding must be, to count.
        record: keep the run on the disk; where that cannot be done, it is trained all the same.

    Returns:
        The exit code: 0 finished, 4 finished with a finding that counts, 3 diverged, 1 failed, 128
        + the signal that stopped the run.

    Raises:
        InputError: the data cannot be used, or ``csv`` must not or cannot be opened.
        OSError: the history or the summary could not be written, to a full disk for one.
    """
    run = Run(Trainer(experiment), pace=pace)
    with nullcontext() if csv is None else open_output(csv, force=force) as file:
        with recorded(run) if record else nullcontext() as recording:
            diagnosis = Diagnosis(run.facts) if recording is None else recording.diagnosis
            stopped_by = drive(run, progress_on(sys.stderr, lines=not as_json), diagnosis)
        lost = None if file is None else _save(run, file)
    # A full disk must not cost the summary, nor a reader of the summary who has gone the history.
    if sys.stdout is not None:
        with if_anybody_reads(stopped_by):
            write_report(run, sys.stdout, as_json=as_json, diagnosis=diagnosis)
            if plot:
                write_plots(run, sys.stdout)
    if lost is not None:
        raise OSError(lost.errno, lost.strerror, str(csv))
    code = BY_STATE.get(run.status().state, 128 + stopped_by)
    # Whoever asks about findings wants to know first whether the run came to its end.
    found = code == 0 and any_reaches(diagnosis.update(run.history.snapshot()), fail_on)
    return FOUND if found else code


def resume_headless(recording: Recording, *, as_json: bool = False) -> int:
    """Go on with a recorded run, with progress and the summary as for a new one; the exit code.

    Raises:
        OSError: the summary could not be written.
    """
    run, diagnosis = recording.run, recording.diagnosis
    with _recording(recording):
        stopped_by = drive(run, progress_on(sys.stderr, lines=not as_json), diagnosis)
    if sys.stdout is not None:
        with if_anybody_reads(stopped_by):
            write_report(run, sys.stdout, as_json=as_json, diagnosis=diagnosis)
    return BY_STATE.get(run.status().state, 128 + stopped_by)


@contextmanager
def recorded(run: Run) -> Iterator[Recording | None]:
    """Record a run that has not begun while this is open; what prevents it is told in one line."""
    from ..core.store.recording import Recording

    try:
        recording = Recording.of_new(run)
    except DataError as error:
        warn(str(error))
        yield None
        return
    with _recording(recording):
        yield recording


@contextmanager
def _recording(recording: Recording) -> Iterator[None]:
    recording.start()
    if recording.notice:
        warn(recording.notice)
    try:
        yield
    finally:
        recording.finish()
        if recording.problem:
            warn(f"the end of this run is not recorded: {recording.problem}")


def _save(run: Run, file: TextIO) -> OSError | None:
    """Write the history and close its file; what prevented it, if anything."""
    try:
        with file:
            start_over(file)
            write_history_csv(run.history.snapshot(), run.facts, file)
    except OSError as error:
        return error
    return None


def drive(run: Run, progress: Progress, diagnosis: Diagnosing | None = None) -> int:
    """Train one run as ``drive_watched`` does.

    ``diagnosis`` is kept up to date, so that it sees every step before its row is dropped.
    """

    def look() -> tuple[RunStatus, Snapshot]:
        snapshot = run.history.snapshot()
        if diagnosis is not None:
            diagnosis.update(snapshot)
        return run.status(), snapshot

    return drive_watched(run, look, progress)


class _Unseen(Silence):
    """Says nothing, and ends a run that nobody will find."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def show(self, status: RunStatus, snapshot: Snapshot) -> None:
        """Stop the run once its files have been deleted: no command would ever reach it."""
        if self._recording.is_deleted:
            self._recording.run.stop()


def drive_unseen(recording: Recording) -> int:
    """Train one run as ``drive_watched`` does, for as long as its recording can be found."""
    return drive(recording.run, _Unseen(recording))


def drive_watched(
    runs: Driven, look: Callable[[], tuple[RunStatus, Snapshot]], progress: Progress
) -> int:
    """Train to the end in a thread of its own, showing progress; give the signal that stopped it.

    The first Ctrl-C (or SIGTERM) stops training after its current step; a second one ends the
    program at once. 0: no signal came.

    Args:
        runs: what to drive.
        look: is called again and again, and tells where training stands.
        progress: is told so; once that fails (nobody reads it any more, or the disk is full)
            training goes on in silence.
    """
    worker = threading.Thread(target=runs.drive, name="training", daemon=True)
    with _stopped_by_signals(runs) as received:
        worker.start()
        try:
            while worker.is_alive():
                worker.join(INTERVAL)
                status, snapshot = look()
                try:
                    progress.show(status, snapshot)
                except OSError:
                    progress = Silence()
        finally:
            with suppress(OSError):
                progress.clear()
    return received[0] if received else 0


@contextmanager
def if_anybody_reads(stopped_by: int) -> Iterator[None]:
    """Write to standard output; after a signal, it is no failure that this cannot be done.

    A terminal that hangs up sends a signal, and takes no summary any more.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError:
        if not stopped_by:
            raise
        close_output()


def write_report(
    run: Run, stream: TextIO, *, as_json: bool, diagnosis: Diagnosing | None = None
) -> None:
    """Write the summary, or the one JSON object, of a run as it stands."""
    facts = report(run, diagnosis)
    text = json.dumps(facts, allow_nan=False, indent=2) + "\n" if as_json else report_text(facts)
    stream.write(text)


def write_plots(run: Run, stream: TextIO) -> None:
    """Draw the run, as wide as the terminal and with the characters that it can show."""
    from .glyphs import BRAILLE, detect_glyphs
    from .run_plots import run_plots

    width = min(columns_of(stream) or PLOT_WIDTH, PLOT_WIDTH)
    glyphs = detect_glyphs(stream.encoding or "", os.environ.get("TERM", ""))
    stream.write("\n" + run_plots(run.history.snapshot(), width=width, box=glyphs is BRAILLE))


@contextmanager
def _stopped_by_signals(runs: Driven) -> Iterator[list[int]]:
    """While this is open, signals that end programs stop the runs; yields those that came."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received  # Python takes signals in the main thread only.
        return

    def stop(number: int, frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(number, before[number])
        runs.stop()

    before: dict[int, _Handler] = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        handler = signal.getsignal(number)
        # A shell starts jobs in the background with SIGINT ignored, and means it.
        if handler is not None and handler is not signal.SIG_IGN:
            before[number] = handler
    for taken in before:
        signal.signal(taken, stop)
    try:
        yield received
    finally:
        for taken, handler in before.items():
            signal.signal(taken, handler)
