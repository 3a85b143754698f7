"""Single keys given beside a file: on the command line (``--set network.depth=20``) or in code.

An override that has an alternative in the file replaces it: ``depth`` the list of ``hidden``
widths, ``steps`` the ``epochs``, a ``data.path`` the source that the file names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ..errors import InputError
from .keys import SECTIONS, find_key, key_specs
from .problems import Problem, unknown_key
from .rules import DEFAULT_HIDDEN, FILE_SOURCES
from .shown import printable, shown
from .toml_text import read_toml_value, toml_value

OPTIONS: dict[str, str] = {
    "seed": "--seed",
    "training.steps": "--steps",
    "data.path": "--data",
    "data.target": "--target",
    "probes.budget": "--probe-budget",
}
"""Keys with an option of their own; every other key is given by ``--set KEY=VALUE``."""

SOURCE_KEYS: dict[str, tuple[str, ...]] = {
    "path": FILE_SOURCES,
    "target": ("csv",),
    "X": ("inline",),
    "y": ("inline",),
}
"""Keys of ``[data]`` that mean something for some sources only."""


def parse_override(text: str) -> tuple[str, Any]:
    """Read ``KEY=VALUE`` as it is typed: the value as TOML, or else as bare text.

    >>> parse_override("network.depth=20"), parse_override("network.activation=tanh")
    (('network.depth', 20), ('network.activation', 'tanh'))

    The value of a key that holds text is text, even if it looks like a number.

    Raises:
        InputError: there is no ``=``, or no key before it.
    """
    key, equals, typed = (part.strip() for part in text.partition("="))
    if not (key and equals):
        raise InputError(f"--set {shown(text)}: expected KEY=VALUE, as in network.depth=20")
    try:
        value = read_toml_value(typed)
    except ValueError:
        return key, typed
    spec = find_key(key)
    if spec is not None and spec.kind is str and not isinstance(value, str):
        return key, typed
    return key, value


def override_arguments(key: str, value: Any) -> list[str]:
    """Return the command-line arguments that give ``key`` this (valid) value."""
    option = OPTIONS.get(key)
    if option is None:
        bare = isinstance(value, str) and parse_override(f"{key}={value}") == (key, value)
        return ["--set", f"{key}={value if bare else toml_value(value)}"]
    # An argument that opens with a dash would be taken for an option.
    return [f"{option}={value}"] if str(value).startswith("-") else [option, str(value)]


def option_names(overrides: Mapping[str, Any]) -> dict[str, str]:
    """Return, for each overridden key, the option that messages name.

    Data of one's own need a file and, perhaps, a column: with one of these goes the other.
    """
    keys = dict.fromkeys(overrides)
    if keys.keys() & {"data.source", "data.path"}:
        keys |= dict.fromkeys(("data.path", "data.target"))
    return {key: OPTIONS.get(key, f"--set {printable(str(key), 60)}") for key in keys}


def with_overrides(
    document: Mapping[Any, Any], overrides: Mapping[str, Any], problems: list[Problem]
) -> dict[Any, Any]:
    """Return a copy of ``document`` in which the overrides replace what it says.

    Args:
        document: what a file says; it need not be valid.
        overrides: dotted key -> value; the values are checked later, with the file's own.
        problems: overrides that cannot be applied are appended here.
    """
    merged = {
        name: dict(table) if isinstance(table, Mapping) else table
        for name, table in document.items()
    }
    applicable: dict[str, Any] = {}
    for key, value in overrides.items():
        if isinstance(key, str) and find_key(key) is not None:
            applicable[key] = os.fspath(value) if isinstance(value, os.PathLike) else value
        else:
            problems.append(_no_such_key(key))
    for section in ("network", "training", "data"):
        table = merged.setdefault(section, {})
        if isinstance(table, dict):
            own = {
                k.partition(".")[2]: v for k, v in applicable.items() if k.startswith(f"{section}.")
            }
            _REPLACING[section](table, own, problems)
    for key, value in applicable.items():
        section, _, name = key.rpartition(".")
        table = merged.setdefault(section, {}) if section else merged
        if isinstance(table, dict):
            table[name] = value
    return merged


def _no_such_key(key: Any) -> Problem:
    if key in SECTIONS and key:
        example = next(iter(key_specs(SECTIONS[key])))
        return Problem(key, f"a table; name one of its keys, as in {key}.{example}", (key,))
    if not isinstance(key, str):
        return Problem("overrides", f"the key {shown(key)} is not text")
    section, _, name = key.rpartition(".")
    problem = unknown_key(section if section in SECTIONS else "", name)
    if problem.meant:
        home, _, near = problem.meant.rpartition(".")
        text = f"unknown key, did you mean {near if home == section else problem.meant}?"
    elif section in SECTIONS:
        text = problem.text
    else:
        text = f"unknown table (known: {', '.join(filter(None, SECTIONS))})"
    return Problem(printable(key, 60), text, (key,), problem.meant)


def _replace_network(table: dict[Any, Any], own: dict[str, Any], problems: list[Problem]) -> None:
    if "hidden" in own:
        table.pop("depth", None)
        table.pop("width", None)
    elif ("depth" in own) != ("width" in own) and not {"depth", "width"} & table.keys():
        hidden = table.pop("hidden", DEFAULT_HIDDEN)
        if not isinstance(hidden, (list, tuple)):
            table["hidden"] = hidden  # not an array: reading it says so
        elif "width" in own:
            table["depth"] = len(hidden)
        elif hidden and all(width == hidden[0] for width in hidden):
            table["width"] = hidden[0]
        elif own["depth"] != 0:
            what = "has layers of different widths" if hidden else "is empty"
            text = f"hidden = {_short(hidden)} {what}, so give network.width too"
            problems.append(Problem("network.depth", text, ("network.depth",), "network.width"))
    elif "depth" in own or "width" in own:
        table.pop("hidden", None)


def _short(hidden: Any) -> str:
    text = ", ".join(shown(width) for width in hidden[:6])
    return f"[{text}{', ...' if len(hidden) > 6 else ''}]"


def _replace_training(table: dict[Any, Any], own: dict[str, Any], problems: list[Problem]) -> None:
    for given, other in (("steps", "epochs"), ("epochs", "steps")):
        if given in own:
            table.pop(other, None)


def _replace_data(table: dict[Any, Any], own: dict[str, Any], problems: list[Problem]) -> None:
    source = own.get("source")
    if source is None and isinstance(own.get("path"), str) and own["path"]:
        ending = PurePath(own["path"]).suffix.lower().removeprefix(".")
        if ending in FILE_SOURCES:
            source = table["source"] = ending
        elif table.get("source") not in FILE_SOURCES:
            text = (
                f"{shown(own['path'])} ends in neither .csv nor .npz, "
                "so give data.source too, csv or npz"
            )
            problems.append(Problem("data.path", text, ("data.path",), "data.source"))
    if isinstance(source, str):
        for name, sources in SOURCE_KEYS.items():
            if source not in sources:
                table.pop(name, None)
    if "path" in own:
        table.pop("rows", None)  # a number of rows that the data now replaced had


_REPLACING = {
    "network": _replace_network,
    "training": _replace_training,
    "data": _replace_data,
}
