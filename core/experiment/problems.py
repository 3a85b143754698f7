"""What is wrong with an experiment, and the one line that says so to a person."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .keys import SECTIONS, dotted_key, key_specs
from .shown import printable, shown

TOP = "top of the file"
"""What the place before the first table is called."""

MOST_LINES = 50
"""Problems of one file that are reported; the others are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        place: where: a dotted key, perhaps with a position in its array.
        text: what.
        keys: the dotted keys that would mend it.
        meant: for an unknown key, the known one that was probably meant.
    """

    place: str
    text: str
    keys: tuple[str, ...] = ()
    meant: str = ""


def unknown_key(section: str, name: Any) -> Problem:
    """Return the problem of a key that its table does not have, with what was probably meant."""
    if not isinstance(name, str):
        return Problem(section or TOP, f"the key {shown(name)} is not text")
    place = dotted_key(section, printable(name, 60))
    meant, text = _meant(section, name)
    return Problem(place, text, (dotted_key(section, name),), meant)


def _meant(section: str, name: str) -> tuple[str, str]:
    """The dotted key that was probably meant, and the text that says so."""
    # The section's own names first, so that a near miss at home wins.
    known = {other: tuple(key_specs(SECTIONS[other])) for other in (section, *SECTIONS)}
    if not section:
        known[""] += tuple(other for other in SECTIONS if other)
    for other, names in known.items():
        if name in names:
            return dotted_key(other, name), f"{name} belongs {_home(other)}"
    for other, names in known.items():
        near = nearest(name, names)
        if near:
            where = "" if other == section else f" {_home(other)}"
            return dotted_key(other, near), f"unknown key, did you mean {near}{where}?"
    return "", f"unknown key (known here: {', '.join(known[section])})"


def _home(section: str) -> str:
    return f"in [{section}]" if section else "at the top of the file, before any [table]"


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known spelling nearest to ``name``, whatever its case; ``""`` if none is near."""
    spellings: dict[str, str] = {}
    for spelling in known:
        spellings.setdefault(spelling.lower(), spelling)
    near = difflib.get_close_matches(name.lower(), list(spellings), n=1, cutoff=0.7)
    return spellings[near[0]] if near else ""


def as_lines(problems: Iterable[Problem], name: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """Turn problems into lines that open with the file, or with the option that gave the key.

    Args:
        problems: what is wrong.
        name: the file, made harmless here; ``""`` if there is none.
        options: dotted key -> the option that gave it, such as ``--set network.depth``.
    """
    lines = [_line(problem, name, options) for problem in problems]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"and {len(lines) - MOST_LINES} more problems"]
    return tuple(lines)


def _line(problem: Problem, name: str, options: Mapping[str, str]) -> str:
    place, text = problem.place, problem.text
    key = next((key for key in problem.keys if key in options), None)
    if key is None:
        return f"{printable(name)}: {place}: {text}" if name else f"{place}: {text}"
    option = printable(options[key])
    own = printable(key)
    if place == own:
        return f"{option}: {text}"
    if place.startswith(f"{own},"):
        return f"{option}{place.removeprefix(own)}: {text}"
    return f"{option}: {place}: {text}"
