"""``backscope diagnose``: what is wrong, by an exported history."""

from __future__ import annotations

import argparse

from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED, FOUND, INTERRUPTED
from .command import Command
from .finding_options import add_fail_on, severity_of


def _options(diagnose: argparse.ArgumentParser) -> None:
    diagnose.add_argument(
        "file", nargs="?", metavar="FILE.csv", help="a history from --csv, or any with a loss"
    )
    diagnose.add_argument("--json", action="store_true", help="one JSON object on standard output")
    add_fail_on(diagnose, "exit with 4 if a finding is an error, or at least a warning")


def _answer(options: argparse.Namespace) -> int:
    from ..diagnose import run_diagnose

    return run_diagnose(options.file, as_json=options.json, fail_on=severity_of(options.fail_on))


DIAGNOSE = Command(
    name="diagnose",
    takes="FILE.csv",
    does="say what is wrong by an exported history",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, FOUND, INTERRUPTED, BROKEN_PIPE),
)
