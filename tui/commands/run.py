"""``backscope run``: train an experiment and watch it, or train it without a screen."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ...core.blas import use_threads
from ..exit_codes import DONE, EXIT_CODES
from ..guard import stand_by
from ..option_types import filled, share, whole_above_zero
from ..usage import UsageError
from .command import Command
from .experiment_options import add_experiment, experiment_of
from .finding_options import add_fail_on, severity_of
from .watching_options import (
    add_detach,
    add_watching,
    is_headless,
    require_no_screen,
    take_screen,
)


def _options(run: argparse.ArgumentParser) -> None:
    add_experiment(run, "steps to train")
    add_watching(run)
    run.add_argument(
        "--plot", action="store_true", help="with --headless: draw the loss and the error signal"
    )
    run.add_argument(
        "--csv",
        type=filled,
        metavar="FILE",
        help="with --headless or --json: write the history to FILE",
    )
    add_fail_on(
        run,
        "with --headless or --json: exit with 4 if at the end a finding stands that is an error, "
        "or at least a warning",
    )
    run.add_argument("--force", action="store_true", help="with --csv: overwrite FILE if it exists")
    add_detach(run)
    run.add_argument("--no-record", action="store_true", help="keep nothing of this run")
    run.add_argument(
        "--probe-budget",
        type=share,
        metavar="SHARE",
        help="share of the training time that measuring may take (0.05)",
    )
    run.add_argument(
        "--threads",
        type=whole_above_zero,
        metavar="N",
        help="threads of a matrix product (1, or what OMP_NUM_THREADS and its like say)",
    )


def _answer(options: argparse.Namespace) -> int:
    if options.detach:
        return _detach(options)
    headless = is_headless(options)
    if options.csv is not None and not headless:
        raise UsageError("backscope run: --csv goes with --headless; in the dashboard press c")
    if options.plot and (options.json or not headless):
        raise UsageError("backscope run: --plot goes with --headless")
    if options.fail_on is not None and not headless:
        raise UsageError("backscope run: --fail-on goes with --headless or --json")
    if options.force and options.csv is None:
        raise UsageError("backscope run: --force goes with --csv")
    if not headless:
        stand_by()  # before all that takes long to import
    if options.threads is not None:
        use_threads(options.threads)
    experiment = experiment_of(options)
    if headless:
        from ..headless import run_headless

        csv = None if options.csv is None else Path(options.csv)
        return run_headless(
            experiment,
            as_json=options.json,
            plot=options.plot,
            csv=csv,
            force=options.force,
            pace=options.pace,
            fail_on=severity_of(options.fail_on),
            record=not options.no_record,
        )
    take_screen("run")
    from ..opening import open_app

    return open_app(
        experiment,
        paused=options.paused,
        pace=options.pace,
        fps=options.fps,
        bandwidth=options.bandwidth,
        record=not options.no_record,
    )


def _detach(options: argparse.Namespace) -> int:
    require_no_screen(options)
    for name in ("csv", "plot", "fail_on", "no_record"):
        if getattr(options, name):
            raise UsageError(f"backscope run: --{name.replace('_', '-')} does not go with --detach")
    if options.threads is not None:
        use_threads(options.threads)
    experiment = experiment_of(options)
    from ..detaching import detach_new, write_detached

    place, process = detach_new(experiment, paused=options.paused, pace=options.pace)
    write_detached(place, process, experiment.name, sys.stdout, as_json=options.json)
    return DONE


RUN = Command(
    name="run",
    takes="NAME|FILE.toml",
    does="train a preset or an experiment and watch it",
    options=_options,
    answer=_answer,
    exit_codes=tuple(EXIT_CODES),
)
