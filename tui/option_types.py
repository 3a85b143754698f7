"""What the values of options may be: each reads a text, or says what it must be."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from .usage import near_word, shown_word

SLOWEST = 0.001
"""Steps per second of the slowest pace."""
FEWEST_FRAMES, MOST_FRAMES = 0.1, 60.0
"""Per second; no terminal shows more, and Textual paints no more often."""
FAIL_ON = ("error", "warning")
"""Severities of findings that a command can be asked to fail on."""
NARROWEST = 0.5
"""Kilobytes per second: a frame every few seconds."""


def _converter(
    convert: Callable[[str], float], accept: Callable[[float], bool], what: str
) -> Callable[[str], float]:
    """An argparse type that says what it wants."""

    def read(text: str) -> float:
        try:
            value = convert(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not accept(value):
            raise argparse.ArgumentTypeError(f"must be {what}, not {shown_word(text)}")
        return value

    return read


whole = _converter(int, lambda _: True, "a whole number")
whole_above_zero = _converter(int, lambda value: value >= 1, "a whole number of at least 1")
pace = _converter(float, lambda value: value >= SLOWEST, f"a number of at least {SLOWEST}")
share = _converter(float, lambda value: 0 < value <= 1, "a number above 0, at most 1")


def dtype(text: str) -> str:
    """The type of numbers."""
    if text not in ("float32", "float64"):
        raise argparse.ArgumentTypeError(f"must be float32 or float64, not {shown_word(text)}")
    return text


fps = _converter(
    float,
    lambda value: FEWEST_FRAMES <= value <= MOST_FRAMES,
    f"a number from {FEWEST_FRAMES:g} to {MOST_FRAMES:g}",
)
bandwidth = _converter(
    float, lambda value: value >= NARROWEST, f"a number of at least {NARROWEST:g}"
)


def severity(text: str) -> str:
    """A severity that ``--fail-on`` asks about."""
    if text not in FAIL_ON:
        near = near_word(text, FAIL_ON)
        raise argparse.ArgumentTypeError(
            f"must be {' or '.join(FAIL_ON)}, not {shown_word(text)}{near}"
        )
    return text


def filled(text: str) -> str:
    """Text that is not empty."""
    if not text:
        raise argparse.ArgumentTypeError("needs a value")
    return text
