"""What came of a consultation, as it is printed: the finding, a table before and after, reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isinf, isnan
from pathlib import Path

from ..core.consultation import HALVED, LEARNED, Consultation, Outcome, Trial
from ..core.differences import differences
from ..core.experiment import command_line
from ..core.findings import Finding
from ..core.losses import units_differ
from ..core.plain import plain
from .number_format import percent_text, short
from .report_text import MISSING, finding_lines, wrapped
from .safe_text import safe_text
from .text_table import text_table

SICK = "as it is"
ADVISED = "often advised:"
EMPTY = ("",) * 6


def consultation_text(consultation: Consultation, written: Path | None = None) -> str:
    """The consultation in lines of at most 79 cells; a command or a path may be longer.

    Args:
        consultation: what was found and tried.
        written: where the cured experiment was written, if anywhere.
    """
    parts = (_patient(consultation), *_findings(consultation), _outcome(consultation, written))
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def cured_story(consultation: Consultation, trial: Trial) -> str:
    """The story of a cured experiment: what was wrong, what was changed, and what came of it."""
    finding, sick = consultation.finding, consultation.sick
    assert finding is not None, "without a finding nothing is tried"
    assert trial.outcome is not None, "an accepted cure was run"
    assert trial.experiment is not None, "an accepted cure was run"
    patient, relative = consultation.experiment, _units_differ(consultation)
    unit = "in units of knowing nothing" if relative else f"knowing nothing: {short(sick.baseline)}"
    lines = [
        *wrapped(f"WHAT WAS WRONG: {finding.kind}. {finding.message}"),
        "",
        *wrapped(f"THE CURE, {trial.cure.title}: {_changed(consultation, trial)}."),
        "",
        *wrapped(f"WHY: {trial.cure.reason}"),
        "",
        *wrapped(
            f"YOU WILL SEE {_loss_name(finding)} of {_loss(trial.outcome, finding, relative)} "
            f"after {consultation.budget:,} steps, where {patient.name or 'the sick run'} has "
            f"{_loss(sick, finding, relative)} ({unit})."
        ),
    ]
    return "\n".join(line.strip() for line in lines) + "\n"


def _patient(consultation: Consultation) -> Iterator[str]:
    experiment = consultation.experiment
    if experiment.title:
        yield safe_text(experiment.title)
    yield from wrapped(
        f"{safe_text(experiment.name or 'experiment')}, seed {experiment.seed}: "
        f"{consultation.budget:,} of {consultation.planned:,} planned steps for each run"
    )


def _findings(consultation: Consultation) -> Iterator[Iterator[str]]:
    finding = consultation.finding
    if finding is None:
        return
    yield finding_lines(plain(finding))
    others = [f"{each.severity} {each.kind}" for each in consultation.findings[1:]]
    if others:
        yield iter(wrapped(f"also: {', '.join(others)}"))
    yield _table(consultation, finding)
    yield _reasons(consultation)


def _table(consultation: Consultation, finding: Finding) -> Iterator[str]:
    validation = finding.kind == "overfitting"
    headings = ("", " ", "val. loss" if validation else "loss", "accuracy", "signal", "dead", "  ")
    relative = _units_differ(consultation)
    rows = [(SICK, "", *_cells(consultation.sick, finding, relative), "")]
    advised = False
    for trial in consultation.trials:
        if not trial.cure.works and not advised:
            advised = True
            rows.append((ADVISED, *EMPTY))
        rows.append(_row(trial, finding, relative))
    yield from text_table(headings, rows, left=("", " ", "  "))
    yield from wrapped(
        f"loss: {_loss_name(finding)} at the end "
        + (
            "in units of that of knowing nothing, which differs"
            if relative
            else f"(knowing nothing: {short(consultation.sick.baseline)})"
        )
        + "; signal: log10 of the error signal, first layer / "
        "last; dead: share of the ReLU units. "
        f"Cured: a loss below {HALVED:g} of the sick one, or below it and below {LEARNED:g} of "
        "knowing nothing.",
    )


def _row(trial: Trial, finding: Finding, relative: bool) -> tuple[str, ...]:
    title, how = safe_text(trial.cure.title), trial.cure.how.value
    if trial.outcome is None:
        return (title, how, MISSING, MISSING, MISSING, MISSING, "not tried")
    verdict = "cured" if trial.accepted else "no cure"
    return (title, how, *_cells(trial.outcome, finding, relative), verdict)


def _cells(outcome: Outcome, finding: Finding, relative: bool) -> tuple[str, ...]:
    return (
        _loss(outcome, finding, relative),
        _number(outcome.accuracy, percent_text),
        _number(outcome.decades, lambda value: f"{round(value, 1) + 0.0:.1f}"),
        _number(outcome.dead, percent_text),
    )


def _number(value: float, show: Callable[[float], str]) -> str:
    return MISSING if isnan(value) else show(value)


def _units_differ(consultation: Consultation) -> bool:
    """Whether some cure makes other losses: of targets in another unit, for one."""
    tried = [
        (trial.experiment.training.loss, trial.outcome.baseline)
        for trial in consultation.trials
        if trial.experiment is not None and trial.outcome is not None
    ]
    sick = consultation.experiment.training.loss, consultation.sick.baseline
    return units_differ([sick, *tried])


def _loss(outcome: Outcome, finding: Finding, relative: bool) -> str:
    loss = outcome.validation_loss if finding.kind == "overfitting" else outcome.loss
    loss = outcome.score(finding) if relative else loss
    return "diverged" if isinf(loss) else _number(loss, short)


def _loss_name(finding: Finding) -> str:
    return "a validation loss" if finding.kind == "overfitting" else "a training loss"


def _reasons(consultation: Consultation) -> Iterator[str]:
    told: set[str] = set()
    for trial in consultation.trials:
        cure = trial.cure
        if cure.title in told:
            continue  # the same cure, applied in another way
        told.add(cure.title)
        yield from wrapped(f"- {safe_text(cure.title)}: {safe_text(cure.reason, 1_000)}")
        if trial.refused:
            yield from wrapped(f"not tried: {safe_text(trial.refused, 1_000)}", first="  ")


def _outcome(consultation: Consultation, written: Path | None) -> Iterator[str]:
    trial = consultation.accepted
    if consultation.finding is None:
        yield from wrapped(
            f"No finding in {consultation.budget:,} steps: nothing to cure, and nothing was tried."
        )
        if consultation.budget < consultation.planned:
            yield f"(--budget {consultation.planned} looks at all of the steps planned.)"
    elif trial is None or trial.experiment is None:
        yield "No cure was accepted."
    else:
        yield from wrapped(
            f"cured by {safe_text(trial.cure.title)}: {_changed(consultation, trial)}"
        )
        if command := command_line(trial.experiment):
            yield f"run it: {safe_text(command, 10_000)}"
        if written is not None:
            yield f"written: {safe_text(str(written), 1_000)}"


def _changed(consultation: Consultation, trial: Trial) -> str:
    assert trial.experiment is not None, "asked of cures that were run"
    said = differences(consultation.experiment, trial.experiment)
    return safe_text(", ".join(said), 1_000)
