"""``backscope gradcheck``: backpropagation held against finite differences."""

from __future__ import annotations

import argparse

from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED, INTERRUPTED
from ..streams import say
from .command import Command
from .experiment_options import add_experiment, experiment_of


def _options(gradcheck: argparse.ArgumentParser) -> None:
    # Nothing is trained; but the options of a run can be pasted here.
    add_experiment(gradcheck, argparse.SUPPRESS)


def _answer(options: argparse.Namespace) -> int:
    from ...core.gradcheck import check_gradients
    from ..gradcheck_text import gradcheck_text

    experiment = experiment_of(options)
    checks = check_gradients(experiment)
    say(gradcheck_text(checks))
    return DONE if all(check.verdict != "FAIL" for check in checks) else FAILED


GRADCHECK = Command(
    name="gradcheck",
    takes="NAME|FILE.toml",
    does="check backpropagation against finite differences",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE),
)
