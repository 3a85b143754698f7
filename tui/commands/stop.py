"""``backscope stop``: end the training of a run in another process; it can be gone on with."""

from __future__ import annotations

import argparse
import sys

from ..exit_codes import BAD_INPUT, DONE, FAILED
from ..streams import warn
from ..usage import UsageError
from .command import Command
from .run_argument import RUN_WORDS, add_run


def _options(stop: argparse.ArgumentParser) -> None:
    add_run(stop)


def _answer(options: argparse.Namespace) -> int:
    from ...core.store.run_list import RunList
    from ...core.store.stopping import stop

    if options.run is None:
        live = [run.place.id for run in RunList().read() if run.live]
        which = f"being trained: {', '.join(live)}" if live else "none is being trained"
        raise UsageError(f"backscope stop: needs a run; {which}")
    place, step = stop(options.run, tell=warn)
    sys.stdout.write(
        f"Run {place.id} has stopped after step {step:,}.\n"
        f"  go on with it:  backscope resume {place.word}\n"
    )
    return DONE


STOP = Command(
    name="stop",
    takes="RUN",
    does="end a run in another process; it can be resumed",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT),
    notes=RUN_WORDS,
)
