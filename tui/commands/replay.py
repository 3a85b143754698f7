"""``backscope replay``: a recorded run on the dashboard."""

from __future__ import annotations

import argparse

from ..exit_codes import BAD_INPUT, DONE, FAILED, INTERRUPTED, TERMINATED
from ..guard import stand_by
from ..option_types import bandwidth, fps
from ..usage import UsageError
from .command import Command
from .run_argument import RUN_WORDS, add_run
from .watching_options import has_screen


def _options(replay: argparse.ArgumentParser) -> None:
    add_run(replay, "the run; the newest one if none")
    replay.add_argument("--fps", type=fps, metavar="N", help="N frames a second")
    replay.add_argument(
        "--bandwidth", type=bandwidth, metavar="KB", help="draw at most KB kilobytes a second"
    )


def _answer(options: argparse.Namespace) -> int:
    screen = has_screen()
    if screen:
        stand_by()  # it forks, so before what takes long to import
    from ...core.store.places import all_places
    from ...core.store.stored_run import StoredRun

    if options.run is not None:
        stored = StoredRun.wanted(options.run)
    else:
        places = all_places()
        if not places:
            raise UsageError("backscope replay: no runs are recorded yet; backscope run makes one")
        stored = StoredRun(places[0])
    if not screen:
        raise UsageError("backscope replay: needs a terminal; backscope export reads without one")
    from ..opening import open_recorded

    return open_recorded(stored, replay=True, fps=options.fps, bandwidth=options.bandwidth)


REPLAY = Command(
    name="replay",
    takes="[RUN]",
    does="show a recorded run again: move through it, play it",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, INTERRUPTED, TERMINATED),
    notes=RUN_WORDS,
)
