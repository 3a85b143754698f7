"""``backscope theory``: what theory says of the first step, beside what is measured."""

from __future__ import annotations

import argparse

from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED, INTERRUPTED
from ..streams import say
from .command import Command
from .experiment_options import add_experiment, experiment_of


def _options(theory: argparse.ArgumentParser) -> None:
    add_experiment(theory, argparse.SUPPRESS)
    theory.add_argument("--json", action="store_true", help="one JSON object on standard output")


def _answer(options: argparse.Namespace) -> int:
    from ...core.theory import compare_with_theory
    from ..theory_text import theory_json, theory_text

    experiment = experiment_of(options)
    show = theory_json if options.json else theory_text
    say(show(experiment, compare_with_theory(experiment)))
    return DONE


THEORY = Command(
    name="theory",
    takes="NAME|FILE.toml",
    does="compare the first step's error signal with theory",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE),
)
