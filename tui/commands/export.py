"""``backscope export``: a recorded run in the form of other programs."""

from __future__ import annotations

import argparse

from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED
from ..option_types import filled
from ..usage import UsageError
from .command import Command
from .copy import RUN_HELP


def _options(export: argparse.ArgumentParser) -> None:
    export.add_argument("run", type=filled, metavar="RUN", help=RUN_HELP)
    export.add_argument(
        "--csv",
        type=filled,
        metavar="FILE",
        help="as run --csv writes it and diagnose reads it; - is standard output",
    )
    export.add_argument(
        "--parquet", type=filled, metavar="FILE", help="needs pip install 'backscope[parquet]'"
    )
    export.add_argument(
        "--tensorboard",
        type=filled,
        metavar="DIR",
        help="needs pip install 'backscope[tensorboard]'",
    )
    export.add_argument("--force", action="store_true", help="overwrite what exists")


def _answer(options: argparse.Namespace) -> int:
    forms = options.csv, options.parquet, options.tensorboard
    if sum(form is not None for form in forms) != 1:
        raise UsageError("backscope export: name one of --csv, --parquet, --tensorboard")
    from ..export import run_export

    csv, parquet, tensorboard = forms
    return run_export(
        options.run, csv=csv, parquet=parquet, tensorboard=tensorboard, force=options.force
    )


EXPORT = Command(
    name="export",
    takes="RUN --csv FILE",
    does="write a run as CSV, Parquet or TensorBoard files",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, BROKEN_PIPE),
)
