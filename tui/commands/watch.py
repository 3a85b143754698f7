"""``backscope watch``: the dashboard of a run that another process trains."""

from __future__ import annotations

import argparse

from ..exit_codes import BAD_INPUT, DONE, FAILED, INTERRUPTED, TERMINATED
from ..guard import stand_by
from ..option_types import bandwidth, fps
from ..usage import UsageError
from .command import Command
from .run_argument import RUN_WORDS, add_run
from .watching_options import has_screen


def _options(watch: argparse.ArgumentParser) -> None:
    add_run(watch, "the run; the newest one that is being trained if none")
    watch.add_argument("--fps", type=fps, metavar="N", help="N frames a second")
    watch.add_argument(
        "--bandwidth", type=bandwidth, metavar="KB", help="draw at most KB kilobytes a second"
    )


def _answer(options: argparse.Namespace) -> int:
    screen = has_screen()
    if screen:
        stand_by()  # it forks, so before what takes long to import
    from ...core.store.run_list import RunList
    from ...core.store.stored_run import StoredRun

    if options.run is not None:
        stored = StoredRun.wanted(options.run)
    else:
        live = next((run for run in RunList().read() if run.live), None)
        if live is None:
            raise UsageError(
                "backscope watch: no run is being trained; backscope replay shows the newest one"
            )
        stored = StoredRun(live.place)
    if not screen:
        raise UsageError("backscope watch: needs a terminal; backscope runs lists without one")
    from ..opening import open_recorded

    return open_recorded(stored, fps=options.fps, bandwidth=options.bandwidth)


WATCH = Command(
    name="watch",
    takes="[RUN]",
    does="watch and command a run that another process trains",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, INTERRUPTED, TERMINATED),
    notes=RUN_WORDS,
)
