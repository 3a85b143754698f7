"""Ending the training of a run in whatever process it goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from ..errors import DataError, InputError
from .control import UnansweredError, ask
from .places import Place
from .stored_run import Life, StoredRun

PATIENCE = 60.0
"""Seconds that a run is given to come to the end of its step and write what is left."""
LONG = 2.0
"""Seconds after which a person wants to know what is waited for."""
_LOOK = 0.01


def stop(
    wanted: str,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[Place, int]:
    """Stop a run, with a checkpoint of where it stands; which one it was, and the steps done.

    A trainer that takes no commands is sent a SIGTERM, which has it do the same.

    Args:
        wanted: the run: an id, the beginning of one, a name or a path.
        clock: seconds, monotonic.
        sleep: waits so many seconds.
        tell: is told in one line what is waited for, once that takes long.

    Raises:
        InputError: there is no such run, or nobody trains it.
        DataError: it cannot be read, or does not stop.
    """
    stored = StoredRun.wanted(wanted)
    place = stored.place
    try:
        life, writer = stored.life, stored.writer
        if not life.live or writer is None:
            how = "its trainer has died" if life is Life.DEAD else f"it has {life.value}"
            raise InputError(f"run {place.id} is not being trained: {how}")
        try:
            ask(place.socket, "stop")
        except UnansweredError as error:
            _terminate(place, writer, str(error))
        asked, told = clock(), False
        while stored.writer == writer:
            waited = clock() - asked
            if waited > PATIENCE:
                raise DataError(
                    f"run {place.id} does not stop: process {writer}, which trains it, has not "
                    "come to the end of its step; it stops as soon as it does"
                )
            if waited > LONG and not told:
                told = True
                tell(f"waiting up to {PATIENCE:.0f} s for process {writer} to end its step")
            sleep(_LOOK)
        snapshot = stored.history.snapshot()
        return place, snapshot.last_step if snapshot.count else 0
    finally:
        stored.close()


def _terminate(place: Place, writer: int, why: str) -> None:
    try:
        if not writer:
            raise ProcessLookupError("it does not say which process it is")
        os.kill(writer, signal.SIGTERM)
    except OSError as error:
        raise DataError(f"run {place.id} cannot be stopped: {why}; {error}") from None
