"""``backscope compare --headless`` and ``--json``: train without a screen, then say how it went."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from ...core.diagnosis import Diagnosis
from ...core.differences import differences
from ...core.experiment import Experiment
from ...core.history import Snapshot
from ...core.lockstep import Lockstep
from ...core.record import RunState
from ...core.report import report
from ...core.source import RunStatus
from ..headless import BY_STATE, drive_watched, if_anybody_reads
from ..progress import progress_on
from .comparison_text import comparison_text
from .observers import units_differ


def compare_headless(
    experiments: Sequence[Experiment],
    names: Sequence[str],
    *,
    as_json: bool = False,
    pace: float | None = None,
) -> int:
    """Train in lockstep, with progress on standard error and the summary on standard output.

    Args:
        experiments: what to train.
        names: what they are called.
        as_json: one JSON object instead of the table, and progress only on a terminal.
        pace: at most this many steps of each per second.

    Returns:
        The exit code: 0 all finished, 3 one diverged, 1 one failed, 128 + the signal that stopped
        them.

    Raises:
        InputError: the data cannot be used, or they cannot be compared.
        OSError: the summary could not be written.
    """
    lockstep = Lockstep.of(experiments, pace=pace)
    diagnoses = [Diagnosis(run.facts) for run in lockstep.runs]

    def look() -> tuple[RunStatus, Snapshot]:
        """Keep every diagnosis up to date; where the run stands that is furthest."""
        snapshots = [run.history.snapshot() for run in lockstep.runs]
        for diagnosis, snapshot in zip(diagnoses, snapshots, strict=True):
            diagnosis.update(snapshot)
        furthest = max(range(len(snapshots)), key=lambda run: snapshots[run].last_step)
        return lockstep.runs[furthest].status(), snapshots[furthest]

    stopped_by = drive_watched(lockstep, look, progress_on(sys.stderr, lines=not as_json))
    reports = [
        report(run, diagnosis) for run, diagnosis in zip(lockstep.runs, diagnoses, strict=True)
    ]
    changes = [list(differences(experiments[0], each)) for each in experiments]
    if sys.stdout is not None:
        if as_json:
            facts = {"runs": reports, "differences": changes}
            text = json.dumps(facts, allow_nan=False, indent=2) + "\n"
        else:
            runs = lockstep.runs
            units = [run.facts.baseline for run in runs] if units_differ(runs) else None
            text = comparison_text(reports, names, changes, units)
        with if_anybody_reads(stopped_by):
            sys.stdout.write(text)
    states = {run.state for run in lockstep.runs}
    for state in (RunState.FAILED, RunState.STOPPED, RunState.DIVERGED):
        if state in states:
            return BY_STATE.get(state, 128 + stopped_by)
    return BY_STATE[RunState.FINISHED]
