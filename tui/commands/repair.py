"""``backscope repair``: what is whole of a damaged run, as a run of its own."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED
from ..option_types import filled
from ..streams import say
from .command import Command
from .copy import RUN_HELP


def _options(repair: argparse.ArgumentParser) -> None:
    repair.add_argument("run", type=filled, metavar="FILE", help=f"a damaged run: {RUN_HELP}")
    repair.add_argument(
        "--into", type=filled, metavar="NEW", help="the new file (FILE-repaired.db, beside FILE)"
    )
    repair.add_argument("--force", action="store_true", help="overwrite NEW if it exists")


def _answer(options: argparse.Namespace) -> int:
    from ...core.store.places import find_place
    from ...core.store.repairing import repair
    from ...core.store.stored_run import name_of
    from ..repair_text import repair_text

    place = find_place(options.run, name_of)
    beside = place.database.with_name(f"{place.database.stem}-repaired.db")
    into = beside if options.into is None else Path(options.into).absolute()
    done = repair(place, into, force=options.force)
    say(repair_text(done, options.into or str(into)))
    return DONE


REPAIR = Command(
    name="repair",
    takes="FILE [--into NEW]",
    does="write what is whole of a damaged run",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, BROKEN_PIPE),
    notes="FILE itself is not changed.\n\n",
)
