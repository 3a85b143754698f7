"""The options that name an experiment and change it, and the experiment that they make."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...core.errors import InputError
from ..option_types import filled, whole, whole_above_zero

if TYPE_CHECKING:
    from ...core.experiment import Experiment


def add_experiment(parser: argparse.ArgumentParser, steps: str) -> None:
    """Add the experiment and what can be changed of it; ``steps`` is the help of ``--steps``."""
    # Optional for argparse only, so that a misspelled option is named before a missing name.
    parser.add_argument(
        "name", nargs="?", metavar="NAME|FILE.toml", help="a preset or an experiment file"
    )
    add_changes(parser, steps)


def add_changes(parser: argparse.ArgumentParser, steps: str) -> None:
    """Add what can be changed of any experiment; ``steps`` is the help of ``--steps``."""
    parser.add_argument("--seed", type=whole, metavar="N", help="seed of all randomness")
    parser.add_argument("--steps", type=whole_above_zero, metavar="N", help=steps)
    parser.add_argument(
        "--data", type=filled, metavar="FILE", help="use a .csv or .npz file of yours"
    )
    parser.add_argument(
        "--target", type=filled, metavar="COLUMN", help="the column to predict, for a .csv file"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change any key of the experiment, e.g. network.depth=20; repeatable",
    )


def experiment_of(
    options: argparse.Namespace, name: str | None = None, changes: Sequence[str] = ()
) -> Experiment:
    """The experiment of a name (None: the one that was given), changed by options and by more.

    Raises:
        InputError: it cannot be had; every problem.
    """
    from ...core.experiment import load_experiment, parse_override

    given = {
        "seed": options.seed,
        "training.steps": options.steps,
        "data.path": options.data,
        "data.target": options.target,
        "probes.budget": getattr(options, "probe_budget", None),
    }
    overrides = {key: value for key, value in given.items() if value is not None}
    problems: list[str] = []
    for setting in (*options.settings, *changes):
        try:
            overrides.update([parse_override(setting)])
        except InputError as error:
            problems += error.problems
    try:
        experiment = load_experiment(options.name if name is None else name, overrides)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(*problems)
    return experiment
