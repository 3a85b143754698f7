"""Creating files that a person asked for, under names that never overwrite another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO

from ..core.errors import InputError

_TRIES = 10_000


def file_stem(name: str, step: int | None = None) -> str:
    """A harmless file name, without its ending, for a run's name and a step, if there is one.

    >>> file_stem("my run/../x.toml", 200)
    'x-step-200'
    """
    base = name.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".toml")
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", base).strip("-.")[:60]
    return (word or "backscope") + (f"-step-{step}" if step is not None else "")


def new_file(folder: Path, stem: str, suffix: str) -> tuple[Path, IO[str]]:
    """Create and open ``stem + suffix`` for writing text; a counter keeps it from overwriting.

    Raises:
        InputError: the folder cannot be written to.
    """
    for number in range(1, _TRIES):
        counter = f"-{number}" if number > 1 else ""
        path = folder / f"{stem}{counter}{suffix}"
        try:
            return path, path.open("x", encoding="utf-8", newline="")
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    raise InputError(f"{folder}: too many files named {stem}*{suffix} already")
