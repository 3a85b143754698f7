"""Opening the app: on one experiment, on several, or on the gallery."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..core.experiment import Experiment
from .app import BackscopeApp
from .capture import CapturedText
from .governor import ALONE, Governor
from .session import run_app
from .training import live_run, record_new

if TYPE_CHECKING:
    from ..core.store.recording import Recording
    from ..core.store.stored_run import StoredRun
    from .training import DrivenSource, Recorded


def open_app(
    experiment: Experiment,
    *,
    paused: bool = False,
    pace: float | None = None,
    fps: float | None = None,
    bandwidth: float | None = None,
    record: bool = True,
) -> int:
    """Train an experiment and show it until the person quits; the exit code.

    ``fps`` and ``bandwidth`` are as for ``Governor``. ``record``: it and every run in its place.

    0 after quitting, however the run went; 130, 143, 129 after SIGINT (or Ctrl-C), SIGTERM, SIGHUP.

    Raises:
        InputError: the experiment cannot be trained.
    """
    log = CapturedText()
    governor = Governor(fps, bandwidth)
    app = BackscopeApp(
        experiment,
        paused=paused,
        pace=pace,
        governor=governor,
        record=record_new if record else None,
        log=log,
    )
    return run_app(app, log)


def open_comparison(
    experiments: Sequence[Experiment],
    names: Sequence[str],
    *,
    paused: bool = False,
    pace: float | None = None,
    fps: float | None = None,
    bandwidth: float | None = None,
) -> int:
    """Train several experiments in lockstep and show them; otherwise as ``open_app``.

    Raises:
        InputError: one of them cannot be trained, or they cannot be compared.
    """
    from .compare.observers import Naming

    log = CapturedText()
    beside = experiments, Naming(tuple(names))
    governor = Governor(fps, bandwidth)
    app = BackscopeApp(beside=beside, paused=paused, pace=pace, governor=governor, log=log)
    return run_app(app, log)


def open_recorded(
    stored: StoredRun,
    *,
    replay: bool = False,
    fps: float | None = None,
    bandwidth: float | None = None,
) -> int:
    """Show a run on the disk; otherwise as ``open_app``. What is trained from there is recorded.

    Args:
        stored: the run. While another process trains it, it is followed.
        replay: show what is recorded of it in any case.
        fps: as for ``Governor``.
        bandwidth: likewise.
    """
    log = CapturedText()
    governor = Governor(fps, bandwidth, ALONE)
    from ..core.store.followed import followed_or_replayed
    from ..core.store.replayed import ReplayedRun

    recorded = ReplayedRun(stored) if replay else followed_or_replayed(stored)
    app = BackscopeApp(recorded=recorded, governor=governor, record=record_new, log=log)
    return run_app(app, log)


def open_resumed(
    recording: Recording,
    notice: str = "",
    *,
    fps: float | None = None,
    bandwidth: float | None = None,
) -> int:
    """Go on with a recorded run and show it; otherwise as ``open_app``.

    Args:
        recording: of the run, which nobody drives yet.
        notice: what a person should know of how it goes on; empty: nothing.
        fps: as for ``Governor``.
        bandwidth: likewise.
    """
    run, waiting = recording.run, [recording]
    if notice:
        recording.notice = notice

    def source(experiment: Experiment, *, paused: bool, pace: float | None) -> DrivenSource:
        return run if waiting else live_run(experiment, paused=paused, pace=pace)

    def record(source: DrivenSource) -> Recorded:
        if not waiting:
            return record_new(source)
        waiting.clear()
        recording.start()
        return recording

    log = CapturedText()
    app = BackscopeApp(
        run.experiment,
        pace=run.pace,
        governor=Governor(fps, bandwidth),
        source_factory=source,
        record=record,
        log=log,
    )
    try:
        return run_app(app, log)
    finally:
        recording.finish()


def open_gallery() -> int:
    """Show the gallery until the person quits; the exit code, as for ``open_app``."""
    log = CapturedText()
    return run_app(BackscopeApp(record=record_new, log=log), log)
