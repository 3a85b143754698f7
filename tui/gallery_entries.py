"""What the gallery lists: the presets, and the experiments in the folder one stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import InputError
from ..core.experiment import Experiment, load_experiment
from ..presets import preset_names

MOST_FILES = 100
_HEADER = re.compile(rb"^\s*\[(data|network|training)\]", re.MULTILINE)
_LONGEST = 65_536


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the gallery: an experiment, or why there is none."""

    name: str
    experiment: Experiment | None
    problems: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is called; a broken file has no title."""
        return self.experiment.title if self.experiment else ""

    def matches(self, words: str) -> bool:
        """Whether each of the words is somewhere in the name, title or story."""
        story = self.experiment.story if self.experiment else ""
        text = f"{self.name} {self.title} {story}".casefold()
        return all(word in text for word in words.casefold().split())


def load_entries(folder: Path) -> tuple[Entry, ...]:
    """All presets, then the experiments in ``folder``; a file that is none is not listed."""
    return tuple(load_entry(name) for name in (*preset_names(), *experiment_files(folder)))


def load_entry(name: str) -> Entry:
    """A preset or a file, read; every problem of a broken one is kept."""
    try:
        return Entry(name, load_experiment(name))
    except InputError as error:
        return Entry(name, None, error.problems)


def experiment_files(folder: Path) -> tuple[str, ...]:
    """The ``.toml`` files of a folder that have a table of an experiment, by name."""
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError:
        return ()
    return tuple(str(path) for path in paths[:MOST_FILES] if _is_experiment(path))


def _is_experiment(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return _HEADER.search(file.read(_LONGEST)) is not None
    except OSError:
        return False
