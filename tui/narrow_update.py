"""Sending only what has changed: Textual's partial updates, cut on both sides, with fewer codes.

Textual sends a changed part of a row from the left edge of its widget on (#5625), and every run of
text with its whole style and a reset behind it. Here a part begins where it is dirty, and only the
codes in which a style differs from the one before it are sent: half the bytes, for slow links.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, Compositor
from textual.strip import Strip

RESET = "\x1b[0m"
_SGR = re.compile(r"\x1b\[([\d;]*)m")
_COLOR = re.compile(r"(?:[34]8;(?:2;\d+;\d+;\d+|5;\d+)|[349]\d|10\d)(?=;|$)")

Codes = tuple[str, str, str]
"""Attributes, foreground, background: what stands between ``ESC [`` and ``m``."""
PLAIN: Codes = ("", "", "")


class NarrowCompositor(Compositor):
    """The compositor of a screen that sends little."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """What is dirty, as Textual has it, but sent by ``NarrowUpdate``."""
        update = super().render_partial_update()
        if update is None:
            return None
        return NarrowUpdate(update.chops, update.spans, update.chop_ends)


class NarrowUpdate(ChopsUpdate):
    """Spans of rows, exactly."""

    def render_segments(self, console: Console) -> str:
        """The characters and codes that are written to the terminal."""
        depth = console._color_system or ColorSystem.TRUECOLOR
        out: list[str] = []
        now: Codes = PLAIN
        column, row = -1, -1
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(first, x), min(last, end)
                if strip is None or left >= right:
                    continue
                out.append(move_to(left, y, column if row == y else -1))
                column, row = right, y
                for text, style, _ in strip.crop(left - x, right - x):
                    codes = codes_of(style, depth) if style is not None else PLAIN
                    now = put(out, text, style, codes, now, depth)
        if now != PLAIN:
            out.append(RESET)
        return "".join(out)


def move_to(x: int, y: int, from_x: int = -1) -> str:
    """Move the cursor to a cell, from ``from_x`` to the right in the same row if that is not -1."""
    if not 0 <= from_x <= x:
        return f"\x1b[{y + 1};{x + 1}H"
    return f"\x1b[{x - from_x}C" if x > from_x else ""


def put(
    out: list[str],
    text: str,
    style: Style | None,
    codes: Codes | None,
    now: Codes,
    depth: ColorSystem,
) -> Codes:
    """Write text where the terminal has the codes ``now``; the codes it has then.

    ``codes`` are the style's; None where it has something besides colors and attributes, such as a
    link.
    """
    if not text:
        return now
    if codes is None:
        out += [RESET, Strip.render_style(style or Style(), text, color_system=depth)]
        return PLAIN
    out += [difference(now, codes), text]
    return codes


@lru_cache(4096)
def difference(now: Codes, codes: Codes) -> str:
    """The shortest sequence from one style to another; attributes and defaults need a reset."""
    if now == codes:
        return ""
    lost = now[0] != codes[0] or any(old and not new for old, new in zip(now, codes, strict=True))
    changed = [new for old, new in zip(now, codes, strict=True) if new and (lost or old != new)]
    return f"\x1b[{';'.join(['0'] * lost + changed)}m"


@lru_cache(4096)
def codes_of(style: Style, depth: ColorSystem) -> Codes | None:
    """What Textual would send before the text, taken apart."""
    before, _, after = Strip.render_style(style, "\0", color_system=depth).partition("\0")
    if not before and not after:
        return PLAIN
    match = _SGR.fullmatch(before)
    if match is None or after != RESET:
        return None
    attributes, colors, rest = [], {"3": "", "4": ""}, match[1]
    while rest:
        color = _COLOR.match(rest)
        if color is None:
            code, _, rest = rest.partition(";")
            attributes.append(code)
            continue
        ground = "4" if color[0].startswith(("4", "10")) else "3"
        colors[ground] = color[0]
        rest = rest[color.end() + 1 :]
    return ";".join(attributes), colors["3"], colors["4"]
