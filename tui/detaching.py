"""Detaching a run: a process of its own trains it, and a person is told how to watch it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from ..core.errors import DataError, InputError
from ..core.record import RunState
from .safe_text import safe_text
from .trainer_process import start_trainer

if TYPE_CHECKING:
    from ..core.experiment import Experiment
    from ..core.store.places import Place
    from .training import Training


def detach_new(
    experiment: Experiment, *, paused: bool = False, pace: float | None = None
) -> tuple[Place, int]:
    """Begin to train an experiment in a process of its own; where it is recorded, and the process.

    Raises:
        InputError: it cannot be trained.
        DataError: it cannot be recorded, or no process can be had.
    """
    from ..core.run import Run
    from ..core.store.recording import Recording
    from ..core.trainer import Trainer

    recording = Recording.of_new(Run(Trainer(experiment), paused=paused))
    recording.begin_with_checkpoint()
    recording.hand_over()
    recording.finish()
    process = start_trainer(recording.place, lock=recording.lock, paused=paused, pace=pace)
    return recording.place, process


def hand_over(training: Training[Any]) -> int:
    """Stop a recorded run here, and have a process of its own go on with it; blocks.

    It goes on from the step that it has stopped at, bit for bit; its lock is never free.

    Args:
        training: of a run that is recorded.

    Returns:
        The process.

    Raises:
        InputError: it has ended meanwhile.
        DataError: it could not be recorded to its last step, or no process can be had.
    """
    recording = training.recording
    assert recording is not None, "only what is recorded is handed over"
    run = recording.run
    paused, pace = run.status().state is RunState.PAUSED, run.pace
    recording.hand_over()
    training.stop()
    training.finished.wait()
    state = run.status().state
    if state is RunState.STOPPED and not recording.problem:
        return start_trainer(recording.place, lock=recording.lock, paused=paused, pace=pace)
    recording.lock.release()
    if recording.problem:
        raise DataError(recording.problem)
    raise InputError(f"it has {state.value} meanwhile")


def going_on(training: Training[Any]) -> Callable[[float | None], Any] | None:
    """What builds a run that goes on here with one that was stopped; None: it has ended."""
    assert training.recording is not None, "only what is recorded goes on"
    run = training.recording.run
    if run.status().state is not RunState.STOPPED:
        return None
    kept: list[Any] = []
    run.keep(kept.append)
    return lambda pace: run.fork(kept[0])


def detached_text(place: Place, process: int, name: str) -> str:
    """What a person is told of a run that has been detached."""
    run, word = safe_text(place.id, 100), shlex.quote(safe_text(place.word, 1_000))
    called = f" ({safe_text(name, 100)})" if name else ""
    return (
        f"Run {run}{called} trains in a process of its own, {process}.\n"
        f"  watch it:  backscope watch {word}\n"
        f"  stop it:   backscope stop {word}\n"
    )


def write_detached(place: Place, process: int, name: str, stream: TextIO, *, as_json: bool) -> None:
    """Write that, or the same as one JSON object."""
    if not as_json:
        stream.write(detached_text(place, process, name))
        return
    said = {"id": place.id, "name": name, "process": process, "directory": str(place.directory)}
    stream.write(json.dumps(said, indent=2) + "\n")
