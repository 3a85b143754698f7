"""``backscope compare``: up to four runs in lockstep, side by side."""

from __future__ import annotations

import argparse
import os

from ...core.errors import InputError
from ..exit_codes import EXIT_CODES
from ..guard import stand_by
from ..usage import UsageError
from .command import Command
from .experiment_options import add_changes, experiment_of
from .watching_options import add_watching, is_headless, take_screen


def _options(compare: argparse.ArgumentParser) -> None:
    compare.add_argument("names", nargs="*", metavar="NAME|FILE.toml", help="what to compare")
    add_changes(compare, "steps to train")
    add_watching(compare)


def _answer(options: argparse.Namespace) -> int:
    headless = is_headless(options)
    if not headless:
        stand_by()  # before all that takes long to import
    from ...core.lockstep import FEWEST, MOST

    if not FEWEST <= len(options.names) <= MOST:
        raise UsageError(
            f"backscope compare: name {FEWEST} to {MOST} presets or files, "
            f"not {len(options.names)}; backscope presets lists the presets"
        )
    problems: list[str] = []
    experiments = []
    for name in options.names:
        try:
            experiments.append(experiment_of(options, *_name_and_changes(name)))
        except InputError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise InputError(*problems)
    if headless:
        from ..compare.headless import compare_headless

        return compare_headless(experiments, options.names, as_json=options.json, pace=options.pace)
    take_screen("compare")
    from ..opening import open_comparison

    return open_comparison(
        experiments,
        options.names,
        paused=options.paused,
        pace=options.pace,
        fps=options.fps,
        bandwidth=options.bandwidth,
    )


def _name_and_changes(word: str) -> tuple[str, list[str]]:
    """``vanishing:seed=3`` is a name and what is changed of it; a file that exists is a name."""
    if os.path.exists(word):
        return word, []
    name, *changes = word.split(":")
    return (name, changes) if all("=" in change for change in changes) else (word, [])


COMPARE = Command(
    name="compare",
    takes="A B [C D]",
    does="train up to four side by side, in one window",
    options=_options,
    answer=_answer,
    exit_codes=tuple(EXIT_CODES),
    notes=(
        "A, B, C and D are presets or files; options are for all of them. To change one\n"
        "alone, write NAME:KEY=VALUE, as in vanishing:seed=3:network.depth=20.\n\n"
    ),
)
