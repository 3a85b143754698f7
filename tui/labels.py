"""Which curve is which, without color: names at the ends of curves, or in a row with samples."""

from __future__ import annotations

from collections.abc import Sequence

from .canvas import single_cells
from .glyphs import Glyphs
from .plane import FIRST, Plane
from .traces import Pattern, sample

LABEL_LIMIT = 16

Entry = tuple[str, Pattern]


def by_importance(count: int, highlighted: Sequence[int]) -> list[int]:
    """Series in the order in which they get a label: highlighted, first, last, then by halves."""
    order = [*highlighted, 0, count - 1]
    gap = count - 1
    while gap > 1:
        gap = (gap + 1) // 2
        order.extend(range(0, count, gap))
    order.extend(range(count))
    return [number for number in dict.fromkeys(order) if 0 <= number < count]


def put_end_labels(
    plane: Plane,
    names: Sequence[str],
    last: Sequence[int],
    dot: Sequence[int],
    order: Sequence[int],
    taken: Sequence[bool] = (),
) -> None:
    """Write each name behind the end of its curve, where it fits between the others.

    ``last`` and ``dot`` are the inner cell column and the dot row in which each curve ends; -1: no
    curve. In the top row the cells that are ``taken`` by marks stay as they are, and so does one
    cell beside them. Names stand in the order of their curves: one that would not is left out.
    Their styles follow those of the curves.
    """
    height, width = plane.chars.shape
    placed: list[tuple[int, int, int, int]] = []  # row, dot row, start, stop
    for number in order:
        name = single_cells(names[number], min(LABEL_LIMIT, width), plane.glyphs.ascii)
        if last[number] < 0 or not name:
            continue
        own = dot[number]
        home = min(max(own // plane.glyphs.rows, 0), height - 1)
        start = max(min(last[number] + 2, width - len(name)), 0)
        stop = start + len(name)
        for row in (home, home - 1, home + 1):
            if row == 0 and any(taken[max(start - 1, 0) : stop + 1]):
                continue
            if 0 <= row < height and all(
                stop < left or right < start if at == row else (at < row) == (other <= own)
                for at, other, left, right in placed
            ):
                placed.append((row, own, start, stop))
                plane.put(row, start, name, FIRST + len(names) + number)
                break


def legend_parts(entries: Sequence[Entry], width: int, glyphs: Glyphs) -> list[tuple[str, str]]:
    """(sample, name) of as many series as fit into ``width`` cells with two blanks between."""
    parts: list[tuple[str, str]] = []
    used = 0
    for name, pattern in entries:
        part = sample(pattern, glyphs), single_cells(name, LABEL_LIMIT, glyphs.ascii)
        used += len(part[0]) + 1 + len(part[1]) + 2 * bool(parts)
        if used > width:
            break
        parts.append(part)
    return parts
