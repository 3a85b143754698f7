"""Is the diagnosis right? Runs with known faults, runs drawn at random, and the same runs changed.

Labelled by construction: healthy runs and nine kinds of fault, half of them to choose thresholds on
(tuning), half only to report (reported). Labelled by their outcome: configurations drawn at random.
Metamorphic: pairs that must get the same verdict. Beside Backscope stand three peers' published
rules on the same recordings. ``diagnosis_suite/suite.py`` says what is in it, ``recording.py`` how
probes are scheduled, ``outcome.py`` when a label counts.

    python benchmarks/diagnosis.py [--set SET] [--seed N] [--suites N] [--cache DIR] [--mistakes]
                                   [--json FILE] [--quick]

With ``--cache`` recordings are kept: once rules have changed, all is judged again in seconds.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from diagnosis_suite.case import Case, Part
from diagnosis_suite.figures import (
    family_figures,
    labelled_figures,
    metamorphic_figures,
    random_figures,
)
from diagnosis_suite.judging import Judged, judged
from diagnosis_suite.suite import BASES, SEED, cases
from diagnosis_suite.text import (
    family_lines,
    labelled_lines,
    metamorphic_lines,
    mistake_lines,
    random_lines,
)
from diagnosis_suite.workers import WORKERS, in_processes

SUITES = 4
"""As many as it takes for a share near 97 % to be known to 2 %."""
QUICK_STEPS = 40
"""Of each run, in a quick run."""
PARTS = tuple(part.value for part in Part)


def judge(task: tuple[Case, Path | None, bool]) -> Judged:
    """One run, in a process of its own."""
    return judged(*task)


def quickly(chosen: Sequence[Case]) -> list[Case]:
    """The first case of everything, and the metamorphic ones of one base, all of them cut short."""
    first: dict[tuple[str, str], Case] = {}
    for case in chosen:
        key = case.name if case.part is Part.METAMORPHIC else case.family
        if case.part is not Part.METAMORPHIC or case.family == BASES[0][0]:
            first.setdefault((case.part, key), case)
    return [cut_short(case) for case in first.values()]


def cut_short(case: Case) -> Case:
    """The same of few steps."""
    training = {**case.document["training"], "steps": QUICK_STEPS}
    return replace(case, document={**case.document, "training": training})


def figures(runs: Sequence[Judged], parts: Sequence[Part]) -> dict[str, Any]:
    """Every figure of the parts that were asked for."""
    found: dict[str, Any] = {}
    for part in (Part.TUNING, Part.REPORTED):
        if part in parts:
            found[part.value] = labelled_figures(runs, part)
    if found:
        found["families"] = family_figures(runs)
    if Part.RANDOM in parts:
        found["random"] = random_figures(runs)
    if Part.METAMORPHIC in parts:
        found["metamorphic"] = metamorphic_figures(runs)
    return found


def show(runs: Sequence[Judged], found: dict[str, Any]) -> None:
    """Print the figures as tables."""
    for name in ("tuning", "reported"):
        if name in found:
            print(*labelled_lines(found[name]), "", sep="\n")
    if "families" in found:
        print(*family_lines(found["families"]), "", sep="\n")
    if "random" in found:
        print(*random_lines(found["random"]), "", sep="\n")
    if "metamorphic" in found:
        print(*metamorphic_lines(found["metamorphic"], runs), "", sep="\n")


def as_json(runs: Sequence[Judged], found: dict[str, Any], seeds: Sequence[int]) -> str:
    """The figures and every run's verdict."""
    told = {
        "seeds": list(seeds),
        "figures": {
            name: [asdict(each) for each in value] if isinstance(value, tuple) else asdict(value)
            for name, value in found.items()
        },
        "runs": [
            {
                "name": run.name,
                "set": run.part.value,
                "label": run.label or ("bad" if run.outcome.bad else "good"),
                "counts": run.counts,
                "verdict": run.verdict(),
                "standing": [told.kind for told in run.standing()],
                "latency": run.latency if run.accepted else None,
                "end": min(run.outcome.end, 1e300),
                "settings": run.settings,
            }
            for run in runs
        ],
    }
    return json.dumps(told, indent=1)


def main() -> None:
    """Train, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--set", action="append", choices=PARTS, help="this set only; may be given again"
    )
    parser.add_argument("--seed", type=int, default=SEED, help="another suite of the same kinds")
    parser.add_argument(
        "--suites",
        type=int,
        default=SUITES,
        help="so many of them together: of this seed and the next",
    )
    parser.add_argument("--cache", type=Path, help="folder to keep recordings in")
    parser.add_argument(
        "--mistakes",
        nargs="*",
        choices=PARTS,
        metavar="SET",
        help="list the wrong verdicts, of the tuning half unless told: tune on no other",
    )
    parser.add_argument("--json", type=Path, help="write figures and verdicts to this file")
    parser.add_argument(
        "--clock",
        choices=("ticks", "machine"),
        default="ticks",
        help="what schedules the probes: ticks are the same on every machine",
    )
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes")
    parser.add_argument("--quick", action="store_true", help="a short run of each family")
    options = parser.parse_args()
    if options.suites < 1:
        parser.error("argument --suites: at least 1")
    parts = [Part(name) for name in options.set or PARTS]
    seeds = range(options.seed, options.seed + options.suites)
    chosen = [case for seed in seeds for case in cases(frozenset(parts), seed)]
    if options.quick:
        chosen = quickly(chosen)
    if options.cache is not None:
        options.cache.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    by_machine = options.clock == "machine"
    tasks = [(case, options.cache, by_machine) for case in chosen]
    runs = in_processes(judge, tasks, options.workers)
    told = " to ".join(map(str, dict.fromkeys((seeds[0], seeds[-1]))))
    print(f"{len(runs)} runs of seed {told} in {time.perf_counter() - started:.0f} s\n")
    found = figures(runs, parts)
    show(runs, found)
    if options.mistakes is not None:
        wanted = [Part(name) for name in options.mistakes] or [Part.TUNING]
        print(*mistake_lines(runs, wanted), sep="\n")
    if options.json is not None:
        options.json.write_text(as_json(runs, found, seeds), "utf-8")


if __name__ == "__main__":
    main()
