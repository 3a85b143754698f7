"""Commands to a run that another process trains, and how they are answered there.

Whoever records a live run listens on a socket in the run's directory, which its owner alone may
open. Each command is a connection of its own: one line of JSON there, one line back.

    {"do": "rate", "factor": 0.5}
    {"status": {"state": "running", "step": 1200, ...}, "unwritten": ""}

``COMMANDS`` is the whole list. What cannot be done is answered by ``{"problem": "one line"}``. What
is measured does not come this way: it is read from the database.
"""

from __future__ import annotations

import json
import os
import select
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError, allowed_values
from ..interventions import Intervention, Outcome
from ..plain import plain
from ..quoting import quoted
from ..record import RunState
from ..source import Commanded, RunStatus
from .description import experiment_to_meta

LONGEST_NAME = 100
"""Bytes of a socket's path that every system takes; Linux takes 107."""
LONGEST_LINE = 1_000_000
PATIENCE = 60.0
"""Seconds within which a change of the running network must have been made."""
UNWRITTEN = "unwritten"
"""In every answer under this: why nothing can be recorded at present; empty: it can."""
_HASTE = 1.0
"""Seconds within which whoever has connected must say what is to be done."""
_REST = 0.1
"""Seconds before another is let in where one could not be."""
_BACKLOG = 16


class UnansweredError(Exception):
    """Nobody has answered a command; one line of text that says why."""


Command = Callable[[Commanded, Mapping[str, Any]], dict[str, Any]]


def _commanded(do: Callable[[Commanded, Mapping[str, Any]], None]) -> Command:
    """A command of a run that has not ended."""

    def command(run: Commanded, wanted: Mapping[str, Any]) -> dict[str, Any]:
        state = run.status().state
        if state.final:
            raise InputError(f"it has {state.value} already")
        do(run, wanted)
        return {}

    return command


def _intervene(run: Commanded, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Make a change; answered when it is made."""
    made = threading.Event()
    outcomes: list[Outcome] = []

    def answer(outcome: Outcome) -> None:
        outcomes.append(outcome)
        made.set()

    run.intervene(Intervention(str(wanted["kind"]), float(wanted["value"])), answer)
    waited = 0.0
    while not made.wait(_HASTE):
        waited += _HASTE
        state = run.status().state
        if state.final:
            raise InputError(f"it has {state.value} before this could be done")
        if waited >= PATIENCE:
            raise InputError("its step takes so long that the change still waits")
    return {"outcome": asdict(outcomes[0])}


def _pace(run: Commanded, wanted: Mapping[str, Any]) -> None:
    pace = wanted["steps_per_second"]
    run.set_pace(None if pace is None else float(pace))


COMMANDS: dict[str, Command] = {
    "status": lambda run, wanted: {},
    "experiment": lambda run, wanted: {"experiment": experiment_to_meta(run.experiment)},
    "pause": _commanded(lambda run, wanted: run.pause()),
    "resume": _commanded(lambda run, wanted: run.resume()),
    "step": _commanded(lambda run, wanted: run.step_once()),
    "stop": _commanded(lambda run, wanted: run.stop()),
    "rate": _commanded(lambda run, wanted: run.change_rate(float(wanted["factor"]))),
    "pace": _commanded(_pace),
    "intervene": _intervene,
}
"""By name; what each needs beside its name is in the line with it."""


def answer(run: Commanded, line: bytes) -> dict[str, Any]:
    """Carry out one line, and say what came of it."""
    try:
        wanted = json.loads(line)
        name = str(wanted["do"])
        if name not in COMMANDS:
            raise InputError(f"do {quoted(name)}: {allowed_values(name, COMMANDS)}")
        said = COMMANDS[name](run, wanted)
    except InputError as error:
        return {"problem": error.problems[0]}
    except KeyError as error:
        return {"problem": f"the command has no {error}"}
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        return {"problem": f"expected a command: {error}"}
    return {**said, "status": plain(run.status())}


class ControlServer:
    """Takes commands to a run until ``close``.

    Args:
        run: what is commanded.
        path: of the socket; what lies there is in the way.
        after: called once a command was carried out.
        problem: why nothing can be recorded at present; empty: it can.

    Raises:
        OSError: no socket can be made there.
    """

    def __init__(
        self,
        run: Commanded,
        path: Path,
        after: Callable[[], None] = lambda: None,
        problem: Callable[[], str] = lambda: "",
    ) -> None:
        self._run = run
        self._path = path
        self._after = after
        self._problem = problem
        self._closing = False
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _short(path) as name:
                self._listener.bind(name)
            path.chmod(0o600)
            self._listener.listen(_BACKLOG)
        except OSError:
            self._listener.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more commands; safe to call twice."""
        if self._closing:
            return
        self._closing = True
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock,
            _short(self._path) as name,
        ):
            knock.settimeout(_HASTE)
            knock.connect(name)
        self._thread.join(_HASTE)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # the process may have no file to spare; whoever asks is still there
                time.sleep(_REST)
                continue
            if self._closing:
                connection.close()
                return
            # One that says nothing keeps nobody else waiting.
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _attend(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # whoever asked may have gone
            connection.settimeout(_HASTE)
            with connection.makefile("rb") as lines:
                line = lines.readline(LONGEST_LINE)
            if line and not _has_left(connection):
                said = {**answer(self._run, line), UNWRITTEN: self._problem()}
                self._after()
                connection.sendall(json.dumps(said).encode() + b"\n")


def _has_left(connection: socket.socket) -> bool:
    """Whether whoever asked waits no longer: told that nobody answers, they have asked anew."""
    poll = select.poll()
    poll.register(connection, 0)  # hanging up is told in any case
    return bool(poll.poll(0))


def ask(path: Path, do: str, patience: float = _HASTE, **values: Any) -> dict[str, Any]:
    """Have a command carried out by whoever trains, and give what was answered.

    Args:
        path: of the socket.
        do: one of ``COMMANDS``.
        patience: seconds to wait for the answer.
        values: what the command needs.

    Raises:
        InputError: it was understood, and cannot be done: one line.
        UnansweredError: nobody is there, or nobody answers.
    """
    line = json.dumps({"do": do, **values}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(patience)
            with _short(path) as name:
                connection.connect(name)
            connection.sendall(line)
            with connection.makefile("rb") as lines:
                said = json.loads(lines.readline(LONGEST_LINE) or b"{}")
    except TimeoutError:
        raise UnansweredError(f"no answer within {patience:g} s") from None
    except (FileNotFoundError, ConnectionRefusedError):
        raise UnansweredError("nobody takes commands") from None
    except BlockingIOError:
        raise UnansweredError("too many others wait for it") from None
    except (OSError, ValueError) as error:
        raise UnansweredError(str(error)) from None
    if not isinstance(said, dict) or not said:
        raise UnansweredError("nobody takes commands any more")
    if "problem" in said:
        raise InputError(str(said["problem"]))
    return said


def status_of(said: Mapping[str, Any]) -> RunStatus:
    """The status in an answer.

    Raises:
        UnansweredError: there is none.
    """
    try:
        values = dict(said["status"])
        return RunStatus(**{**values, "state": RunState(values["state"])})
    except (KeyError, TypeError, ValueError) as error:
        raise UnansweredError(f"an answer that is none: {error}") from None


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of a socket that is short enough for the system, while this is open."""
    if len(os.fsencode(path)) <= LONGEST_NAME:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="backscope-") as directory:
        link = Path(directory) / "run"
        link.symlink_to(path.parent.absolute(), target_is_directory=True)
        yield str(link / path.name)
