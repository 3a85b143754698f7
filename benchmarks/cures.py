"""Do the cures work? Every faulty run of the suite is diagnosed, and each of its cures tried.

A cure is of what the diagnosis found, right or wrong, as a person would get it: a consultation,
with the same seed and the same number of steps, at most 400. It has worked where the loss is below
half of the sick run's, or below 0.7 of knowing nothing; of overfitting the validation loss.

    python benchmarks/cures.py [--family NAME] [--mistakes] [--json FILE] [--quick]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from diagnosis_suite.case import HEALTHY, Case
from diagnosis_suite.figures import share
from diagnosis_suite.outcome import Outcome
from diagnosis_suite.recording import recorded
from diagnosis_suite.suite import FAMILIES, SEED, labelled
from diagnosis_suite.text import percent
from diagnosis_suite.workers import WORKERS, in_processes

from backscope.core.consultation import BUDGET, consult
from backscope.core.experiment import Experiment
from backscope.tui.text_table import text_table

CLAIM = 0.95
"""Of the first-ranked cures, this share works: what is claimed."""
QUICK_STEPS = 40
SICK = tuple(family.name for family in FAMILIES if family.label != HEALTHY)


@dataclass(frozen=True, slots=True)
class Tried:
    """One cure."""

    title: str
    promised: bool
    """It is offered as one that works."""
    worked: bool
    loss: float | None
    """In units of knowing nothing; None where it could not be tried."""
    refused: str


@dataclass(frozen=True, slots=True)
class Treated:
    """A faulty run and what came of its cures, in their order."""

    name: str
    family: str
    found: str
    """The first finding; empty where there was none."""
    loss: float
    tried: tuple[Tried, ...]


def treat(task: tuple[Case, Path | None, int]) -> Treated | None:
    """Hold a consultation over a case; None where its fault did no harm, and so is none."""
    case, folder, budget = task
    if not Outcome.of(recorded(case, folder)).bears_out(case) and budget == BUDGET:
        return None
    consultation = consult(Experiment.from_dict(dict(case.document)), budget)
    finding = consultation.finding
    if finding is None:
        return Treated(case.name, case.family, "", consultation.sick.loss, ())
    return Treated(
        case.name,
        case.family,
        finding.kind,
        consultation.sick.score(finding),
        tuple(
            Tried(
                title=trial.cure.title,
                promised=trial.cure.works,
                worked=trial.accepted,
                loss=None if trial.outcome is None else trial.outcome.score(finding),
                refused=trial.refused,
            )
            for trial in consultation.trials
        ),
    )


def lines(runs: Sequence[Treated]) -> Iterator[str]:
    """A line for each family, and the sums."""
    rows = []
    for family in (*dict.fromkeys(run.family for run in runs), ""):
        mine = [run for run in runs if family in ("", run.family)]
        found = [run for run in mine if run.tried]
        tried = [cure for run in found for cure in run.tried if not cure.refused]
        promised = [cure.worked for cure in tried if cure.promised]
        others = [cure.worked for cure in tried if not cure.promised]
        rows.append(
            (
                family or "all",
                f"{len(mine)}",
                f"{len(found)}",
                percent(share(sum(run.tried[0].worked for run in found), len(found))),
                percent(share(sum(any(c.worked for c in run.tried) for run in found), len(found))),
                percent(share(sum(promised), len(promised))),
                percent(share(sum(others), len(others))),
            )
        )
    headings = ("family", "runs", "found", "first works", "any works", "promised", "advised")
    yield from text_table(headings, rows, left=("family",))
    yield "promised: of all cures offered as working, those that did; advised: of those"
    yield "offered as commonly advised that do not work, those that did all the same"
    found = [run for run in runs if run.tried]
    first = share(sum(run.tried[0].worked for run in found), len(found))
    verdict = "-" if first is None else "yes" if first >= CLAIM else "NO"
    yield f"first-ranked cures that work: {percent(first)}, at least {percent(CLAIM)}: {verdict}"


def mistakes(runs: Sequence[Treated]) -> Iterator[str]:
    """Runs whose first cure has not worked."""
    for run in runs:
        if not run.tried or run.tried[0].worked:
            continue
        yield f"{run.name}: found {run.found}, loss {run.loss:.3g}"
        for cure in run.tried:
            came = cure.refused if cure.loss is None else f"{cure.loss:.3g}"
            yield f"    {'+' if cure.worked else '-'} {cure.title}: {came}"


def main() -> None:
    """Treat, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", action="append", choices=SICK, help="may be given again")
    parser.add_argument("--seed", type=int, default=SEED, help="another suite of the same kinds")
    parser.add_argument("--cache", type=Path, help="folder to keep recordings in")
    parser.add_argument("--mistakes", action="store_true", help="list first cures that do not work")
    parser.add_argument("--json", type=Path, help="write everything to this file")
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes")
    parser.add_argument("--quick", action="store_true", help="one family, few steps")
    options = parser.parse_args()
    families = options.family or (SICK[:1] if options.quick else SICK)
    budget = QUICK_STEPS if options.quick else BUDGET
    chosen = [case for case in labelled(options.seed) if case.family in families]
    if options.quick:
        chosen = chosen[: 2 * WORKERS]
    if options.cache is not None:
        options.cache.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    answers = in_processes(
        treat, [(case, options.cache, budget) for case in chosen], options.workers
    )
    runs = [run for run in answers if run is not None]
    print(f"{len(runs)} faulty runs of seed {options.seed}, {time.perf_counter() - started:.0f} s")
    print(*lines(runs), sep="\n")
    if options.mistakes:
        print("", *mistakes(runs), sep="\n")
    if options.json is not None:
        told = [asdict(run) for run in runs]
        options.json.write_text(json.dumps(told, indent=1), "utf-8")


if __name__ == "__main__":
    main()
