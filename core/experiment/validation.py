"""Plain values into settings: each key is read by its annotated type and its ``Key`` metadata.

Nothing here knows a single key. The table of a file is compared with a dataclass of
``settings.py``; what does not fit becomes a ``Problem``, and reading goes on, so that every problem
of a file is found in one go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, get_args

import numpy as np

from ..errors import allowed_values
from ..settings import Key
from .keys import (
    EXAMPLES,
    KIND_NAMES,
    SECTIONS,
    KeySpec,
    choices,
    dotted_key,
    key_specs,
    range_text,
)
from .problems import TOP, Problem, unknown_key
from .shown import shown

POSITIONS: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("entry",),
    2: ("row", "column"),
    3: ("layer", "row", "column"),
}
"""What the indices of an array of that many dimensions are called; they count from 1."""

MOST_REFUSALS = 3
"""Bad entries of one array that are named; the others are counted."""

MOST_UNKNOWN = 20
"""Unknown keys of one table that are named; the others are counted."""


def _allowed(key: Key) -> str:
    """The range of a number as the end of a message."""
    text = range_text(key)
    return f" (allowed: {text})" if text else ""


class _RefusedError(Exception):
    """A single value cannot be used; its message says why."""


def _read_bool(value: Any, key: Key) -> bool:
    if isinstance(value, bool):
        return value
    raise _RefusedError(f"{shown(value)} is not true or false")


def _read_int(value: Any, key: Key) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _RefusedError(f"{shown(value)} is not a whole number{_allowed(key)}")
    _check_range(value, key)
    return int(value)


def _read_float(value: Any, key: Key) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _RefusedError(f"{shown(value)} is not a number{_allowed(key)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise _RefusedError(f"{shown(value)} is not a finite number{_allowed(key)}")
    _check_range(value, key)
    try:
        return float(value)
    except OverflowError:
        raise _RefusedError(f"{shown(value)} is too large for a number") from None


def _check_range(value: float, key: Key) -> None:
    if (
        (key.low is not None and value < key.low)
        or (key.high is not None and value > key.high)
        or (key.above is not None and value <= key.above)
        or (key.below is not None and value >= key.below)
    ):
        raise _RefusedError(f"{shown(value)} is out of range{_allowed(key)}")


def _read_str(value: Any, key: Key) -> str:
    names = choices(key)
    if not isinstance(value, str):
        among = f" ({allowed_values('', names)})" if names else ""
        raise _RefusedError(f"{shown(value)} is not text{among}")
    if names and value not in names:
        hint = allowed_values(value, [name or '""' for name in names])
        raise _RefusedError(f"{shown(value)} is unknown, {hint}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _RefusedError(f"{shown(value)} is not valid Unicode text") from None
    return str(value)


READERS: dict[Any, Callable[[Any, Key], Any]] = {
    bool: _read_bool,
    int: _read_int,
    float: _read_float,
    str: _read_str,
}
"""How a single value of each type is read; arrays are read entry by entry."""


def read_value(value: Any, spec: KeySpec) -> tuple[Any, list[tuple[str, str]]]:
    """Read one value as its key wants it.

    Returns:
        The value (arrays as tuples), and what was refused: pairs of a position within the array
        (``, row 2, column 1``; empty for the value itself) and a text. The value means nothing when
        something was refused.
    """
    refusals: list[tuple[str, str]] = []
    result = _read(value, spec.kind, spec, (), refusals)
    if len(refusals) > MOST_REFUSALS:
        rest = len(refusals) - MOST_REFUSALS
        refusals[MOST_REFUSALS:] = [("", f"{rest} more entries cannot be used")]
    return result, refusals


def _read(
    value: Any, kind: Any, spec: KeySpec, at: tuple[int, ...], refusals: list[tuple[str, str]]
) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    try:
        if kind in READERS:
            return READERS[kind](value, spec.key)
        if not isinstance(value, (list, tuple)):
            example = f"{KIND_NAMES[spec.kind]}, as in {EXAMPLES[spec.kind]}"
            raise _RefusedError(f"{shown(value)} is not an array (expected {example})")
    except _RefusedError as refused:
        names = POSITIONS[_dimensions(spec.kind)]
        position = "".join(f", {name} {i}" for name, i in zip(names, at, strict=False))
        refusals.append((position, str(refused)))
        return None
    inner = get_args(kind)[0]
    return tuple(_read(v, inner, spec, (*at, i), refusals) for i, v in enumerate(value, start=1))


def _dimensions(kind: Any) -> int:
    return 0 if kind in READERS else 1 + _dimensions(get_args(kind)[0])


def read_sections(
    document: Mapping[Any, Any], problems: list[Problem]
) -> dict[str, dict[str, Any]]:
    """Read every table of an experiment's file.

    Args:
        document: what the file says.
        problems: what is wrong is appended here.

    Returns:
        For each table that the file has, and the top ``""``: the usable values by key. A key that
        is missing or cannot be used is left out.
    """
    top = {name: value for name, value in document.items() if name not in SECTIONS or not name}
    sections = {"": _read_section("", top, problems)}
    for section in SECTIONS:
        if section and section in document:
            table = document[section]
            if isinstance(table, Mapping):
                sections[section] = _read_section(section, table, problems)
            else:
                text = f"{shown(table)} is not a table (write [{section}] once, its keys below it)"
                problems.append(Problem(section, text, (section,)))
    return sections


def _read_section(
    section: str, table: Mapping[Any, Any], problems: list[Problem]
) -> dict[str, Any]:
    specs = key_specs(SECTIONS[section])
    values: dict[str, Any] = {}
    unknown = 0
    for name, value in table.items():
        spec = specs.get(name) if isinstance(name, str) else None
        if spec is None:
            unknown += 1
            if unknown <= MOST_UNKNOWN:
                problems.append(unknown_key(section, name))
            continue
        dotted = dotted_key(section, name)
        result, refusals = read_value(value, spec)
        problems.extend(Problem(dotted + at, text, (dotted,)) for at, text in refusals)
        if not refusals:
            values[name] = result
    if unknown > MOST_UNKNOWN:
        problems.append(Problem(section or TOP, f"{unknown - MOST_UNKNOWN} more unknown keys"))
    return values
