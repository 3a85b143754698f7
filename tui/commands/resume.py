"""``backscope resume``: go on with a recorded run from its last checkpoint."""

from __future__ import annotations

import argparse
import sys

from ..exit_codes import BAD_INPUT, DIVERGED, DONE, FAILED, INTERRUPTED, TERMINATED
from ..streams import warn
from ..usage import UsageError
from .command import Command
from .run_argument import RUN_WORDS, add_run
from .watching_options import (
    add_detach,
    add_watching,
    is_headless,
    require_no_screen,
    take_screen,
)


def _options(resume: argparse.ArgumentParser) -> None:
    add_run(resume)
    add_watching(resume)
    add_detach(resume)


def _answer(options: argparse.Namespace) -> int:
    if options.run is None:
        raise UsageError("backscope resume: needs a run; backscope runs lists them")
    if options.detach:
        require_no_screen(options)
    headless = options.detach or is_headless(options)
    if not headless:
        take_screen("resume")
    from ...core.store.recording import Recording
    from ...core.store.stored_run import StoredRun

    stored = StoredRun.wanted(options.run)
    place, inexact = stored.place, stored.why_inexact()
    name = stored.description.experiment.name
    stored.close()
    notice = f"not to the last bit as it would have gone on: {inexact}" if inexact else ""
    if headless and notice:
        warn(notice)
    if options.detach:
        from ..detaching import write_detached
        from ..trainer_process import start_trainer

        process = start_trainer(place, paused=options.paused, pace=options.pace)
        write_detached(place, process, name, sys.stdout, as_json=options.json)
        return DONE
    recording = Recording.resumed(place, paused=options.paused)
    recording.run.set_pace(options.pace)
    if headless:
        from ..headless import resume_headless

        return resume_headless(recording, as_json=options.json)
    from ..opening import open_resumed

    return open_resumed(recording, notice, fps=options.fps, bandwidth=options.bandwidth)


RESUME = Command(
    name="resume",
    takes="RUN",
    does="go on with a recorded run from its last checkpoint",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, DIVERGED, INTERRUPTED, TERMINATED),
    notes=RUN_WORDS,
)
