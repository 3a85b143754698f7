"""``backscope cure``: a whole consultation without a screen."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED, INTERRUPTED
from ..option_types import filled, whole_above_zero
from ..usage import UsageError
from .command import Command
from .experiment_options import add_experiment, experiment_of


def _options(cure: argparse.ArgumentParser) -> None:
    add_experiment(cure, "steps to train, as planned by the experiment")
    cure.add_argument(
        "--budget",
        type=whole_above_zero,
        metavar="N",
        help="steps of each run (400, or as many as are planned)",
    )
    cure.add_argument(
        "--write",
        type=filled,
        metavar="FILE",
        help="write the cured experiment to FILE",
    )
    cure.add_argument(
        "--force", action="store_true", help="with --write: overwrite FILE if it exists"
    )
    cure.add_argument("--json", action="store_true", help="one JSON object on standard output")


def _answer(options: argparse.Namespace) -> int:
    if options.force and options.write is None:
        raise UsageError("backscope cure: --force goes with --write")
    experiment = experiment_of(options)
    from ..cure import run_cure

    return run_cure(
        experiment,
        budget=options.budget,
        as_json=options.json,
        write=None if options.write is None else Path(options.write),
        force=options.force,
    )


CURE = Command(
    name="cure",
    takes="NAME|FILE.toml",
    does="say what is wrong, and try the cures on one seed",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE),
)
