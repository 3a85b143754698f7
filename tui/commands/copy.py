"""``backscope copy``: a run as one file, also while it is being trained."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED
from ..option_types import filled
from ..safe_text import safe_text
from ..streams import say
from .command import Command


def _options(copy: argparse.ArgumentParser) -> None:
    copy.add_argument("run", type=filled, metavar="RUN", help=RUN_HELP)
    copy.add_argument("file", type=filled, metavar="FILE", help="the copy, one file")
    copy.add_argument("--force", action="store_true", help="overwrite FILE if it exists")


def _answer(options: argparse.Namespace) -> int:
    from ...core.store.copying import copy
    from ...core.store.places import find_place
    from ...core.store.stored_run import name_of
    from ..repair_text import LONGEST_PATH

    place, target = find_place(options.run, name_of), Path(options.file).absolute()
    copy(place, target, force=options.force)
    run, file = (safe_text(name, LONGEST_PATH) for name in (place.id, options.file))
    say(f"Copied run {run} to {file}\n")
    return DONE


RUN_HELP = "an id, the beginning of one that no other run has, a name, or a path"

COPY = Command(
    name="copy",
    takes="RUN FILE",
    does="copy a run into one file",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, BROKEN_PIPE),
)
