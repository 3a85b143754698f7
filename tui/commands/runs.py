"""``backscope runs``: what runs are recorded."""

from __future__ import annotations

import argparse
import json
import sys

from ...core.errors import allowed_values
from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED
from ..option_types import filled
from ..streams import columns_of, say
from ..usage import UsageError, shown_word
from .command import Command

FIRST = "started"
"""What the list is sorted by unless something else is asked for."""


def _options(runs: argparse.ArgumentParser) -> None:
    runs.add_argument(
        "--sort",
        type=filled,
        metavar="COLUMN",
        help="id, name, state, started (the newest first), steps, loss or findings",
    )
    runs.add_argument("--json", action="store_true", help="a list of JSON objects")
    runs.add_argument(
        "--delete", type=filled, metavar="RUN", help="delete a run, unless it is being trained"
    )


def _answer(options: argparse.Namespace) -> int:
    if options.delete is not None:
        if options.json or options.sort is not None:
            raise UsageError("backscope runs: --delete goes alone")
        from ...core.store.deleting import delete
        from ...core.store.places import find_place

        # Not by the name of an experiment: which of its runs is meant would be a guess.
        place = find_place(options.delete, lambda place: "")
        delete(place)
        say(f"Deleted run {place.id}\n")
        return DONE
    from ...core.store.run_list import SORTS, RunList
    from ..runs_text import runs_facts, runs_table

    wanted = options.sort or FIRST
    if wanted not in SORTS:
        hint = allowed_values(wanted, SORTS)
        raise UsageError(f"backscope runs: --sort {shown_word(wanted)}: {hint}")
    found = sorted(RunList().read(), key=SORTS[wanted])
    if options.json:
        say(json.dumps(runs_facts(found), allow_nan=False, indent=2) + "\n")
    else:
        say(runs_table(found, columns_of(sys.stdout)))
    return DONE


RUNS = Command(
    name="runs",
    takes="[--delete RUN]",
    does="list the recorded runs, or delete one",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, BROKEN_PIPE),
    notes=("RUN is an id, the beginning of one that no other has, or a path.\n\n"),
)
