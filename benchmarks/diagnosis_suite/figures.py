"""From judged runs to the figures: who was right, who was wrong, who cried wolf, and how soon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from statistics import median

from .case import HEALTHY, Part
from .judging import EARLY, Judged
from .peers import PEERS

BACKSCOPE = "Backscope"
CONTENDERS = (BACKSCOPE, *PEERS)
NORMAL_95 = 1.96
"""Standard deviations on either side that hold 95 % of a normal distribution."""

Verdict = Callable[[Judged, int | None], tuple[str, ...]]


def verdict_of(contender: str) -> Verdict:
    """What a contender says of a run up to a step (None: at its end): kinds it may mean."""
    if contender == BACKSCOPE:
        return lambda run, step: (run.verdict(step),)
    return lambda run, step: run.peer_verdict(contender, step)


def share(part: int, whole: int) -> float | None:
    """Part of a whole; None of nothing."""
    return part / whole if whole else None


def interval(part: int, whole: int) -> tuple[float, float]:
    """Between which shares the true one is at 95 % (Wilson, 1927, "Probable inference")."""
    if not whole:
        return 0.0, 1.0
    square, found = NORMAL_95**2, part / whole
    middle = (found + square / (2 * whole)) / (1 + square / whole)
    spread = found * (1 - found) / whole + square / (4 * whole**2)
    reach = NORMAL_95 * sqrt(spread) / (1 + square / whole)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One kind of finding, over the labelled runs that count."""

    kind: str
    runs: int
    precision: float | None
    recall: float | None
    latency: float | None
    """Median of the first steps after which it stood, where it ever did."""
    peers: dict[str, float | None]
    """The peers' recall."""


@dataclass(frozen=True, slots=True)
class LabelledFigures:
    """The labelled runs of one half."""

    part: str
    faulty: int
    healthy: int
    right: dict[str, float | None]
    """Faulty runs whose first finding is an accepted one, by contender."""
    false_alarms: dict[str, float | None]
    """Healthy runs with a warning or an error (an alarm), by contender; ours at the end."""
    ever: float | None
    """Healthy runs with a warning or an error of ours at any step."""
    classes: tuple[ClassFigures, ...]


@dataclass(frozen=True, slots=True)
class FamilyFigures:
    """One family of either half."""

    family: str
    made: int
    counting: int
    """Of those made: whose outcome bears out the label."""
    right: int
    latency: float | None


@dataclass(frozen=True, slots=True)
class RandomFigures:
    """Balanced accuracy of good or bad on the random set, by contender."""

    good: int
    bad: int
    early: dict[str, float | None]
    end: dict[str, float | None]
    early_rates: tuple[float | None, float | None]
    """Ours: share of the bad found, share of the good left alone."""
    end_rates: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class MetamorphicFigures:
    """Verdicts that differ from the base run's, by contender."""

    pairs: int
    changed: dict[str, int]


def labelled_figures(runs: Sequence[Judged], part: Part) -> LabelledFigures:
    """Figures of one half; runs whose outcome does not bear out their label are left out."""
    mine = [run for run in runs if run.part is part and run.counts]
    sick = [run for run in mine if run.label != HEALTHY]
    well = [run for run in mine if run.label == HEALTHY]
    return LabelledFigures(
        part=part.value,
        faulty=len(sick),
        healthy=len(well),
        right={name: _right(sick, name) for name in CONTENDERS},
        false_alarms={name: _alarmed(well, name) for name in CONTENDERS},
        ever=share(sum(bool(run.ever) for run in well), len(well)),
        classes=tuple(_class(mine, kind) for kind in dict.fromkeys(run.label for run in mine)),
    )


def _right(runs: Sequence[Judged], contender: str) -> float | None:
    verdict = verdict_of(contender)
    right = sum(not run.accepted.isdisjoint(verdict(run, None)) for run in runs)
    return share(right, len(runs))


def _alarmed(runs: Sequence[Judged], contender: str) -> float | None:
    verdict = verdict_of(contender)
    return share(sum(HEALTHY not in verdict(run, None) for run in runs), len(runs))


def _class(runs: Sequence[Judged], kind: str) -> ClassFigures:
    labelled = [run for run in runs if run.label == kind]
    named = [run for run in runs if run.verdict() == kind]
    return ClassFigures(
        kind=kind,
        runs=len(labelled),
        precision=share(sum(kind in run.accepted for run in named), len(named)),
        recall=share(sum(run.right for run in labelled), len(labelled)),
        latency=_latency(labelled),
        peers={name: _right(labelled, name) for name in PEERS},
    )


def _latency(runs: Sequence[Judged]) -> float | None:
    known = [run.latency for run in runs if run.latency is not None]
    return float(median(known)) if known else None


def family_figures(runs: Sequence[Judged]) -> tuple[FamilyFigures, ...]:
    """A line for each family of the labelled runs there are."""
    found = []
    labelled = [run for run in runs if run.label]
    for family in dict.fromkeys(run.family for run in labelled):
        made = [run for run in labelled if run.family == family]
        counting = [run for run in made if run.counts]
        right = sum(run.right for run in counting)
        found.append(FamilyFigures(family, len(made), len(counting), right, _latency(counting)))
    return tuple(found)


def random_figures(runs: Sequence[Judged]) -> RandomFigures:
    """Figures of the random set."""
    mine = [run for run in runs if run.part is Part.RANDOM]
    early = {name: _rates(mine, name, EARLY) for name in CONTENDERS}
    end = {name: _rates(mine, name, None) for name in CONTENDERS}
    bad = sum(run.outcome.bad for run in mine)
    return RandomFigures(
        good=len(mine) - bad,
        bad=bad,
        early={name: _balanced(rates) for name, rates in early.items()},
        end={name: _balanced(rates) for name, rates in end.items()},
        early_rates=early[BACKSCOPE],
        end_rates=end[BACKSCOPE],
    )


def called_bad(run: Judged, contender: str, step: int | None) -> bool:
    """Whether a contender has anything to say against the training of a run.

    Overfitting is left out, whoever says it: these runs are labelled by their training loss, which
    can neither bear it out nor deny it.
    """
    if contender == BACKSCOPE:
        return any(told.kind != "overfitting" for told in run.standing(step))
    return any(
        alarm.kinds != ("overfitting",) and (step is None or alarm.step <= step)
        for alarm in run.alarms[contender]
    )


def _rates(
    runs: Sequence[Judged], contender: str, step: int | None
) -> tuple[float | None, float | None]:
    bad = [run for run in runs if run.outcome.bad]
    good = [run for run in runs if not run.outcome.bad]
    found = sum(called_bad(run, contender, step) for run in bad)
    spared = sum(not called_bad(run, contender, step) for run in good)
    return share(found, len(bad)), share(spared, len(good))


def _balanced(rates: tuple[float | None, float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) / len(known) if known else None


def metamorphic_figures(runs: Sequence[Judged]) -> MetamorphicFigures:
    """Figures of the metamorphic set: each run against the first of its family."""
    pairs = metamorphic_pairs(runs)
    return MetamorphicFigures(
        pairs=len(pairs),
        changed={
            name: sum(verdict_of(name)(a, None) != verdict_of(name)(b, None) for a, b in pairs)
            for name in CONTENDERS
        },
    )


def metamorphic_pairs(runs: Sequence[Judged]) -> list[tuple[Judged, Judged]]:
    """Each changed run behind its base run."""
    mine = [run for run in runs if run.part is Part.METAMORPHIC]
    pairs = []
    for _, family in groupby(mine, key=lambda run: run.family):
        base, *others = family
        pairs += [(base, other) for other in others]
    return pairs
