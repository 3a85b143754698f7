"""A process that trains one recorded run and shows nothing: it outlives terminals and connections.

It goes on from the run's last checkpoint, in a session of its own, and takes commands through the
run's socket. Whoever starts it waits until it trains, and may pass on the lock of the run, so that
the run is never without a writer.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.blas import use_one_thread_unless_asked
from ..core.errors import DataError, InputError
from .safe_text import safe_text

if TYPE_CHECKING:
    from ..core.store.lock import Lock
    from ..core.store.places import Place

NONE = -1
"""In place of a file's number: there is none."""


def start_trainer(
    place: Place,
    *,
    lock: Lock | None = None,
    paused: bool = False,
    pace: float | None = None,
) -> int:
    """Have a process of its own train a recorded run on, and wait until it does; its number.

    Args:
        place: of the run, which is not written to by anybody.
        lock: of the run, to be passed on; None: the process takes it. It is released here.
        paused: hold the run before its next step.
        pace: at most this many steps per second; None: as fast as it goes.

    Raises:
        InputError, DataError: it cannot be trained on, or no process can be had: one line.
    """
    hears, says = os.pipe()
    held = NONE if lock is None else lock.descriptor
    words = [sys.executable, "-m", __name__, str(place.database)]
    words += ["--ready", str(says), "--lock", str(held)]
    words += ["--paused"] if paused else []
    words += [] if pace is None else ["--pace", repr(pace)]
    try:
        with open(hears, "rb") as answer:
            try:
                log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                try:
                    process = subprocess.Popen(
                        words,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                        pass_fds=[each for each in (says, held) if each != NONE],
                    )
                finally:
                    os.close(log)
            finally:
                os.close(says)
            said = answer.read()
    except OSError as error:
        raise DataError(f"no process can be had that trains on: {error}") from error
    finally:
        if lock is not None:
            lock.release()
    process.wait()  # it has left a child behind, which is nobody's here
    try:
        heard = json.loads(said)
        if not heard["problem"]:
            return int(heard["process"])
        kind = InputError if heard["asked"] else DataError
    except (ValueError, KeyError, TypeError):
        log_name = safe_text(str(place.log), 1_000)
        raise DataError(f"the process ended at once; {log_name} has what it said") from None
    raise kind(heard["problem"])


def main(argv: Sequence[str] | None = None) -> int:
    """Train, until the run ends or a signal or a command stops it; the exit code."""
    words = argparse.ArgumentParser(prog="backscope trainer")
    words.add_argument("database", type=Path)
    words.add_argument("--ready", type=int, default=NONE)
    words.add_argument("--lock", type=int, default=NONE)
    words.add_argument("--paused", action="store_true")
    words.add_argument("--pace", type=float)
    options = words.parse_args(argv)
    if os.fork():
        os._exit(0)  # nobody has to wait for what is left, and it leads no session
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it has no terminal that could hang up
    use_one_thread_unless_asked()

    from ..core.store.lock import Lock
    from ..core.store.places import Place
    from ..core.store.recording import Recording
    from .exit_codes import FAILED
    from .headless import BY_STATE, drive_unseen

    place = Place(options.database.parent, options.database.name)
    lock = None if options.lock == NONE else Lock.inherited(options.lock)
    try:
        recording = Recording.resumed(place, paused=options.paused, lock=lock)
    except (InputError, DataError) as error:
        _say(options.ready, problem=str(error), asked=isinstance(error, InputError))
        return FAILED
    run = recording.run
    run.set_pace(options.pace)
    recording.start()
    _log(f"process {os.getpid()} goes on after step {run.step:,}")
    _say(options.ready, problem="", process=os.getpid())
    try:
        stopped_by = drive_unseen(recording)
    finally:
        recording.finish()
    status = run.status()
    _log(f"{status.state.value} after step {status.step:,}")
    if recording.problem:
        _log(f"the end of this run is not recorded: {recording.problem}")
    if status.error:
        _log(status.error)
    return BY_STATE.get(status.state, 128 + stopped_by if stopped_by else 0)


def _say(ready: int, **said: Any) -> None:
    """Tell whoever has started this process how that went; nobody may be there any more."""
    if ready != NONE:
        with suppress(OSError), open(ready, "w") as listener:
            json.dump(said, listener)


def _log(line: str) -> None:
    with suppress(OSError):  # a full disk must not end the training
        print(time.strftime("%Y-%m-%d %H:%M:%S"), line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
