"""Numbers as people read them: short, locale-free, never 0.0000 for what is not zero."""

from __future__ import annotations

import math


def _float(value: float) -> float:
    """As a float; whole numbers beyond its range become infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _special(number: float) -> str:
    """The word for a number that is not finite, else nothing."""
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    return ""


def _scientific(number: float, room: int = 8) -> str:
    """Two digits and an exponent, one digit where two have no room."""
    text = f"{number:.1e}"
    return text if len(text) <= room else f"{number:.0e}"


def short(value: float) -> str:
    """At most 8 characters, three digits or more where they fit.

    ``0``, ``0.0123``, ``2.30``, ``45.6``, ``12,345``, ``1.2e-07``, ``-1e-320``, ``nan``, ``-inf``.
    Whole numbers given as ``int`` stay whole: ``7``.
    """
    number = _float(value)
    if word := _special(number):
        return word
    size = abs(number)
    if size == 0:
        return "0"
    if size >= 999_999.5 or size < 0.001:
        return _scientific(number)
    if isinstance(value, int) or size >= 999.5:
        return f"{number:,.0f}"
    if size >= 99.95:
        return f"{number:.0f}"
    if size >= 9.995:
        return f"{number:.1f}"
    if size >= 0.9995:
        return f"{number:.2f}"
    decimals = 2 - math.floor(math.log10(size))
    text = f"{number:.{decimals}f}"
    return text if len(text) <= 8 else _scientific(number)


def count_text(value: float) -> str:
    """A count, at most 6 characters: ``950``, ``12,345``, ``123k``, ``1.5M``, ``2e+15``."""
    number = _float(value)
    if word := _special(number):
        return word
    size = abs(number)
    sign = "-" if number < 0 else ""
    text = f"{sign}{size:,.0f}"
    if len(text) <= 6:
        return "0" if text == "-0" else text
    for unit, suffix in ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")):
        scaled = size / unit
        if scaled < 999.5:
            decimals = 1 if scaled < 9.95 and suffix != "k" else 0
            return f"{sign}{scaled:.{decimals}f}{suffix}"
    return _scientific(number, 6)


def seconds_text(seconds: float) -> str:
    """A duration, at most 7 characters: ``0.3 s``, ``42 s``, ``3:07``, ``1:02:03``, ``12 d``."""
    number = _float(seconds)
    if word := _special(number):
        return word
    sign = "-" if number < 0 else ""
    number = abs(number)
    if number < 9.95:
        return f"{sign}{number:.1f} s" if number >= 0.05 or number == 0 else f"{sign}<0.1 s"
    if number < 59.5:
        return f"{sign}{number:.0f} s"
    whole = round(min(number, 1e15))
    if whole < 3600:
        return f"{sign}{whole // 60}:{whole % 60:02d}"
    text = f"{sign}{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    if len(text) <= 7:
        return text
    if whole < 48 * 3600:
        return f"{sign}{whole // 3600} h"
    text = f"{sign}{whole // 86400} d"
    return text if len(text) <= 7 else f"{sign}>9999 d"


def percent_text(share: float) -> str:
    """A share 0..1 as per cent, at most 6 characters: ``12 %``, ``0.4 %``, ``<0.1 %``, ``100 %``.

    Only an exact 1 reads ``100 %`` and only an exact 0 ``0 %``.
    """
    number = _float(share)
    if word := _special(number):
        return word
    percent = 100 * number
    size = abs(percent)
    sign = "-" if percent < 0 else ""
    if size == 0:
        return "0 %"
    if size < 0.1:
        return "<0.1 %" if percent > 0 else ">-.1 %"
    if size < 9.95:
        return f"{sign}{size:.1f} %"
    if 99 < size < 100:
        return f"{sign}99 %" if sign else f"{min(math.floor(size * 10) / 10, 99.9):.1f} %"
    if size < 999.5:
        return f"{sign}{size:.0f} %"
    return ">999 %" if percent > 0 else "<-999%"


def factor_text(factor: float) -> str:
    """A factor, at most 10 characters: ``x 0.21``, ``x 12``, ``x 3.4e+06``."""
    number = _float(factor)
    if word := _special(number):
        return f"x {word}"
    size = abs(number)
    if size == 0:
        return "x 0"
    if size < 0.001 or size >= 9_999.5:
        return f"x {_scientific(number)}"
    if size >= 9.95:
        return f"x {number:.0f}"
    if size >= 0.995:
        return f"x {number:.1f}"
    return f"x {number:.{1 - math.floor(math.log10(size))}f}"
