"""The argument that names a recorded run, for the commands that take one."""

from __future__ import annotations

import argparse

RUN_WORDS = (
    "RUN is an id, the beginning of one, the name of its experiment (the newest of\n"
    "that name), or a path; backscope runs lists them.\n\n"
)
"""What a run can be called by."""


def add_run(command: argparse.ArgumentParser, about: str = "the run") -> None:
    """Add it; optional for argparse only, so that a misspelled option is named before it."""
    command.add_argument("run", nargs="?", metavar="RUN", help=about)
