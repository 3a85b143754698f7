"""The one exception for mistakes in what a person gave: a file, a key, a value, an option."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class InputError(Exception):
    """What a person gave cannot be used; every problem is one line of plain text.

    ``problems`` holds all that was found, so that a file is mended in one go. The command line
    prints each on a line of its own and exits with 2.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems: tuple[str, ...] = problems


class DataError(Exception):
    """What lies on the disk cannot be used: damaged, or not what it should be; one line of text.

    The command line prints it and exits with 1.
    """


def allowed_values(value: str, allowed: Iterable[str]) -> str:
    """Say what is allowed instead of ``value``, the nearest spelling, whatever its case, first.

    >>> allowed_values("sigmod", ["relu", "sigmoid"])
    'did you mean sigmoid? Allowed: relu, sigmoid'
    """
    names: Sequence[str] = list(allowed)
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(value.casefold(), folded, n=1)
    hint = f"did you mean {folded[near[0]]}? " if near else ""
    return f"{hint}Allowed: {', '.join(names)}" if hint else f"allowed: {', '.join(names)}"
