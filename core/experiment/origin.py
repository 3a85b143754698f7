"""Saying where a key at fault was given, for problems that show only when the data is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import InputError
from .overrides import option_names
from .shown import printable

if TYPE_CHECKING:
    from .experiment import Experiment

_KEY = re.compile(r"(?:data|network|training|probes)\.\w+(?=[:, ])")


@contextmanager
def told_by_origin(experiment: Experiment) -> Iterator[None]:
    """While an experiment is made ready: its problems name the file or the option at fault.

    A problem that opens with a key (``training.loss: ...``) gets the experiment's file in front,
    or has the key replaced by the option that gave it. One that opens with a data file says where
    it is from already.

    Raises:
        InputError: what was raised inside, so changed.
    """
    try:
        yield
    except InputError as error:
        options = option_names(dict(experiment.overrides))
        lines = (_placed(line, experiment.name, options) for line in error.problems)
        raise InputError(*lines) from None


def _placed(line: str, name: str, options: dict[str, str]) -> str:
    found = _KEY.match(line)
    if found is None:
        return line
    if found[0] in options:
        return f"{printable(options[found[0]])}{line[found.end() :]}"
    return f"{printable(name)}: {line}" if name else line
