"""The figures as tables, and the mistakes as a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backscope.tui.text_table import text_table

from .case import HEALTHY, Part
from .figures import (
    BACKSCOPE,
    CONTENDERS,
    FamilyFigures,
    LabelledFigures,
    MetamorphicFigures,
    RandomFigures,
    called_bad,
    interval,
    metamorphic_pairs,
)
from .judging import EARLY, Judged
from .outcome import BAD

SHORT = {"absolute": "abs", "AUTOTRAINER": "AUTO", "SageMaker": "Sage", "SageMaker, tensors": "S,t"}
"""Peers above narrow columns."""


def labelled_lines(found: LabelledFigures) -> Iterator[str]:
    """Right class and false alarms by contender, then each class."""
    yield f"{found.part}: {found.faulty} faulty runs, {found.healthy} healthy ones"
    rows = [
        (name, percent(found.right[name]), percent(found.false_alarms[name])) for name in CONTENDERS
    ]
    yield from text_table(("", "right class", "false alarms"), rows, left=("",))
    for what, shares, runs in (
        ("right class", found.right, found.faulty),
        ("false alarms", found.false_alarms, found.healthy),
    ):
        part = round((shares[BACKSCOPE] or 0.0) * runs)
        low, high = interval(part, runs)
        yield f"{BACKSCOPE}, {what}: {part} of {runs}, at 95 % {percent(low)} to {percent(high)}"
    yield f"healthy runs that were ever warned of: {percent(found.ever)}"
    yield ""
    rows = [
        (
            each.kind,
            f"{each.runs}",
            percent(each.precision),
            percent(each.recall),
            steps(each.latency) if each.kind != HEALTHY else "",
            *(percent(recall) for recall in each.peers.values()),
        )
        for each in found.classes
    ]
    peers = tuple(SHORT[name] for name in found.classes[0].peers) if found.classes else ()
    headings = ("class", "runs", "precision", "recall", "steps", *peers)
    yield from text_table(headings, rows, left=("class",))


def family_lines(found: Sequence[FamilyFigures]) -> Iterator[str]:
    """How many runs of each family count, and how many were judged right."""
    rows = [
        (each.family, f"{each.made}", f"{each.counting}", f"{each.right}", steps(each.latency))
        for each in found
    ]
    yield from text_table(("family", "made", "count", "right", "steps"), rows, left=("family",))
    yield f"{sum(each.made - each.counting for each in found)} do not count: their outcome"
    yield "does not bear out their label."


def random_lines(found: RandomFigures) -> Iterator[str]:
    """Balanced accuracy by contender."""
    yield f"random: {found.good} good, {found.bad} bad (a last loss of {BAD} or more)"
    rows = [(name, number(found.early[name]), number(found.end[name])) for name in CONTENDERS]
    headings = ("balanced accuracy", f"by step {EARLY}", "at the end")
    yield from text_table(headings, rows, left=(headings[0],))
    for when, rates in ((headings[1], found.early_rates), (headings[2], found.end_rates)):
        bad, good = map(percent, rates)
        yield f"{BACKSCOPE} {when}: {bad} of the bad found, {good} of the good left alone"


def metamorphic_lines(found: MetamorphicFigures, runs: Sequence[Judged]) -> Iterator[str]:
    """Changed verdicts by contender, and which of ours."""
    yield f"metamorphic: verdicts that changed, of {found.pairs}"
    rows = [(name, f"{count}") for name, count in found.changed.items()]
    yield from text_table(("", "changed"), rows, left=("",))
    for base, other in metamorphic_pairs(runs):
        if base.verdict() != other.verdict():
            yield f"{other.name}: {base.verdict()} -> {other.verdict()}"


def mistake_lines(runs: Sequence[Judged], parts: Sequence[Part]) -> Iterator[str]:
    """Every wrong verdict: what it should be, what it is, the numbers, the experiment."""
    for run in runs:
        if run.part not in parts or not run.counts:
            continue
        if run.part is Part.RANDOM:
            if called_bad(run, BACKSCOPE, None) == run.outcome.bad:
                continue
            label = "bad" if run.outcome.bad else "good"
        elif not run.label or run.right:
            continue
        else:
            label = run.label
        yield f"{run.part.value}, {run.name}: {label}, called {run.verdict()}"
        yield (
            f"    loss {run.outcome.first:.3g} -> {run.outcome.end:.3g}, validation "
            f"{run.outcome.validation_best:.3g} -> {run.outcome.validation_end:.3g}"
        )
        for told in run.standing():
            yield f"    {told.severity.value} {told.kind}: {told.evidence}"
        gone = set(run.ever) - {told.kind for told in run.standing()}
        if gone:
            yield f"    stood once: {', '.join(sorted(gone))}"
        yield f"    {run.settings}"


def percent(value: float | None) -> str:
    """A share."""
    return "-" if value is None else f"{100 * value:.1f} %"


def number(value: float | None) -> str:
    """A figure between 0 and 1."""
    return "-" if value is None else f"{value:.3f}"


def steps(value: float | None) -> str:
    """A median of steps."""
    return "-" if value is None else f"{value:g}"
