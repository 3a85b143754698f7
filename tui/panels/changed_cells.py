"""Which cells of a row look different from the frame before: only they are sent to the terminal."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from ..canvas import Cells

LEAST_GAP = 5
"""Cells that must have stayed between two changes for the two to be sent apart: moving the cursor
over them costs about as many bytes as sending them."""


def changed_cells(before: Strip, now: Strip) -> list[tuple[int, int]]:
    """The columns, from and up to, of each stretch that differs, left to right.

    Empty when the strips look the same. Segments are compared, and only within those that differ
    the characters at their ends: one comparison for a run of one color is what makes this cheap.
    """
    if before is now or before == now:
        return []
    if before.cell_length != now.cell_length:
        return [(0, max(before.cell_length, now.cell_length))]
    plain = isinstance(before, Cells) and isinstance(now, Cells)
    width: Callable[[str], int] = len if plain else cell_len
    old: dict[int, Segment] = {}
    x = 0
    for segment in before:
        old[x] = segment
        x += width(segment.text)
    spans: list[tuple[int, int]] = []
    x = 0
    for segment in now:
        left, right = x, x + width(segment.text)
        x = right
        there = old.get(left)
        if there == segment:
            continue
        if there is not None and there.style == segment.style:
            left, right = _trimmed(there.text, segment.text, left, right, width)
        if left >= right:
            continue
        if spans and left - spans[-1][1] < LEAST_GAP:
            spans[-1] = spans[-1][0], right
        else:
            spans.append((left, right))
    return spans


def _trimmed(
    before: str, now: str, left: int, right: int, width: Callable[[str], int]
) -> tuple[int, int]:
    """The part of a stretch in which the text differs, if each character is a cell wide."""
    if len(now) != right - left or len(before) != width(before):
        return left, right
    most = min(len(before), len(now))
    same = 0
    while same < most and before[same] == now[same]:
        same += 1
    end = right
    if len(before) == len(now):
        while end > left + same and before[end - left - 1] == now[end - left - 1]:
            end -= 1
    return left + same, end
