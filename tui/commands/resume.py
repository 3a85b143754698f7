"""``backscope resume``: go on with a recorded run from its last checkpoint."""

from __future__ import annotations

import argparse
import sys

from ..exit_codes import BAD_INPUT, DIVERGED, DONE, FAILED, INTERRUPTED, TERMINATED
from ..safe_text import safe_text
from ..usage import UsageError
from .command import Command
from .watching_options import add_watching, is_headless, take_screen


def _options(resume: argparse.ArgumentParser) -> None:
    # Optional for argparse only, so that a misspelled option is named before a missing run.
    resume.add_argument("run", nargs="?", metavar="RUN", help="the run")
    add_watching(resume)


def _answer(options: argparse.Namespace) -> int:
    if options.run is None:
        raise UsageError("backscope resume: needs a run; backscope runs lists them")
    headless = is_headless(options)
    if not headless:
        take_screen("resume")
    from ...core.store.recording import Recording
    from ...core.store.stored_run import StoredRun

    stored = StoredRun.wanted(options.run)
    place, inexact = stored.place, stored.why_inexact()
    stored.close()
    recording = Recording.resumed(place, paused=options.paused)
    recording.run.set_pace(options.pace)
    notice = f"not to the last bit as it would have gone on: {inexact}" if inexact else ""
    if headless:
        from ..headless import resume_headless

        if notice:
            sys.stderr.write(f"backscope: {safe_text(notice, 1_000)}\n")
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
    notes=(
        "RUN is an id, the beginning of one, the name of its experiment (the newest of\n"
        "that name), or a path; backscope runs lists them.\n\n"
    ),
)
