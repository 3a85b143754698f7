"""The command in a pseudo-terminal: started, waited for, and what its run has left on the disk."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp

from emulated_link import EmulatedLink, environment

from backscope.core.store.places import HOME

COMMAND = (sys.executable, "-m", "backscope")
RUN = ("run", "vanishing", "--steps", "1000000000")
PATIENCE = 60.0


@contextmanager
def home() -> Iterator[Path]:
    """A directory for the runs of one trial, gone afterwards."""
    folder = Path(mkdtemp(prefix="backscope-terminal-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recording_there(folder: Path) -> dict[str, str]:
    """The environment of a command that records there."""
    return {**environment(), HOME: str(folder)}


def opened(folder: Path, *words: str, size: tuple[int, int] = (120, 40)) -> EmulatedLink:
    """The command with these words in a terminal, recording there."""
    return EmulatedLink((*COMMAND, *words), size, environment=recording_there(folder))


def wait_until(seen: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for something.

    Raises:
        RuntimeError: it did not come.
    """
    end = time.monotonic() + patience
    while not seen():
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.01)


def wait_for_training(link: EmulatedLink, folder: Path) -> None:
    """Until the dashboard says so, and there are steps on the disk."""
    if link.wait_for(b"training", patience=PATIENCE) is None:
        raise RuntimeError("the dashboard did not come")
    wait_until(lambda: stands(folder)[1] > 0, "the first steps")


def child_of(pid: int) -> int:
    """The first child of a process: the app behind its guard."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and it is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def stands(folder: Path) -> tuple[str, int, int]:
    """State, last step and step of the newest checkpoint of the only run there; read by SQLite."""
    found = list(folder.glob("runs/*/run.db"))
    if not found:
        return "", 0, 0
    try:
        with closing(sqlite3.connect(f"{found[0].as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT value FROM meta WHERE key='progress'").fetchall()
            kept = connection.execute("SELECT max(step) FROM checkpoint").fetchone()[0]
    except sqlite3.OperationalError:  # it is being made
        return "", 0, 0
    if not rows:
        return "", 0, 0
    progress = json.loads(rows[0][0])
    return progress["state"], progress["first_step"] + progress["count"] - 1, kept or 0


def usage(pid: int) -> dict[str, float]:
    """Megabytes in memory, threads and descriptors of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return {
        "RSS MB": int(status.split("VmRSS:")[1].split()[0]) / 1024,
        "PSS MB": int(rollup.split("\nPss:")[1].split()[0]) / 1024,
        "threads": int(status.split("Threads:")[1].split()[0]),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
    }
