"""``backscope cure``: say what is wrong, try every cure on the same seed, write what helped."""

from __future__ import annotations

import json
import os
import sys
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from ..core.consultation import Consultation, Trial, consult, consultation_report
from ..core.experiment import Experiment, to_toml
from ..core.run import Run
from .cure_text import consultation_text, cured_story
from .number_format import short
from .output_file import late_output
from .progress import Progress, RewrittenLine, Silence, progress_on

CURED, NOT_CURED = 0, 1


def run_cure(
    experiment: Experiment,
    *,
    budget: int | None = None,
    as_json: bool = False,
    write: Path | None = None,
    force: bool = False,
) -> int:
    """Consult, with progress on standard error and what came of it on standard output.

    Args:
        experiment: the patient.
        budget: steps for each run; None: as ``consult`` chooses.
        as_json: one JSON object instead of the text.
        write: where to write the cured experiment; refused before the work starts, and made once
            there is one, so that no empty file is left behind whatever ends the work.
        force: ``write`` may exist and is overwritten.

    Returns:
        The exit code: 0 cured, or nothing to cure; 1 no cure was accepted.

    Raises:
        InputError: the data cannot be used, or ``write`` must not or cannot be opened.
    """
    with nullcontext() if write is None else late_output(write, force=force) as put:
        told = _Told(progress_on(sys.stderr, lines=not as_json))
        try:
            consultation = consult(experiment, budget, told)
        finally:
            told.clear()
        trial, written = consultation.accepted, None
        try:
            if write is not None and put is not None and trial is not None:
                put(to_toml(cured_experiment(consultation, trial, write.parent)))
                written = write
        finally:  # what was found out is not lost with the file
            _say(consultation, as_json, written)
    return CURED if consultation.finding is None or trial is not None else NOT_CURED


def cured_experiment(consultation: Consultation, trial: Trial, folder: Path) -> Experiment:
    """The experiment of an accepted trial as a file of its own, in ``folder``.

    Title and story say what it cures; its data is found from there.
    """
    experiment = trial.experiment
    assert experiment is not None, "an accepted cure was run"
    patient = consultation.experiment
    title = f"{patient.title or patient.name or 'Experiment'}, cured: {trial.cure.title}"
    told = replace(experiment, title=title, story=cured_story(consultation, trial))
    path = experiment.data.path
    if path and os.path.abspath(experiment.folder) != os.path.abspath(folder):
        found = os.path.abspath(experiment.folder / path)
        told = replace(told, data=replace(experiment.data, path=found))
    return told


class _Told:
    """Progress of the runs of a consultation: on a terminal all the time, else a line for each."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._live = isinstance(progress, RewrittenLine)

    def __call__(self, what: str, run: Run, steps: int) -> None:
        status = run.status()
        ended = status.state.final or status.step >= steps
        if not (self._live or ended):
            return
        loss = float(run.history.snapshot().latest("loss"))
        state = " (diverged)" if status.state.value == "diverged" else ""
        try:
            self._progress.say(
                f"{what}: step {status.step:,} of {steps:,}, loss {short(loss)}{state}"
            )
        except OSError:
            self._progress = Silence()  # nobody reads it any more

    def clear(self) -> None:
        """Leave nothing unfinished behind."""
        with suppress(OSError):
            self._progress.clear()


def _say(consultation: Consultation, as_json: bool, written: Path | None) -> None:
    stream: TextIO | None = sys.stdout
    if stream is None:
        return
    if as_json:
        facts = consultation_report(consultation)
        facts["written"] = None if written is None else str(written)
        stream.write(json.dumps(facts, allow_nan=False, indent=2) + "\n")
    else:
        stream.write(consultation_text(consultation, written))
