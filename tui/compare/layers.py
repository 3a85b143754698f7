"""A table of layers for several runs: side by side, or each layer's runs under one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.strip import Strip

from ..panels.held import Held
from ..panels.layer_groups import group_label, layer_groups
from ..panels.rows import Part, pad, row, rows
from .columns import GAP, column_width, letter, side_by_side
from .comparison import Comparison

Cell = Callable[[int, range, int], list[Part]]
"""(run, layers, cells) -> what a row says of these layers of the run, in so many cells."""
Head = Callable[[int, int], str]
"""(run, cells) -> one line about all layers of a run."""
LEAST_CELL = 24
"""Cells of a row that is worth having two tables beside each other."""


def layer_table(
    view: Comparison, head: Head, cell: Cell, width: int, height: int, held: Held
) -> list[Strip]:
    """A row for each layer, or group of neighbors, of each run; exactly ``height`` of them."""
    if not any(each.snapshot.count for each in view.runs):
        return rows(view, [[("waiting for the first step", view.palette.dim)]], width, height)
    if view.overlaid:
        return rows(view, _interleaved(view, head, cell, width, height), width, height)
    groups = layer_groups(_deepest(view), height - 1)
    label = _label_cells(groups)

    def column(run: int, width: int, height: int, held: Held) -> list[Strip]:
        lines: list[list[Part]] = [
            [letter(view, run), (head(run, width - 2), view.palette.title)],
            *(_row(view, run, group, label, cell, width) for group in groups),
        ]
        return rows(view, lines, width, height)

    return side_by_side(view, column, width, height, held)


def _deepest(view: Comparison) -> int:
    return max(each.snapshot.layout.n_layers for each in view.runs)


def _label_cells(groups: Sequence[range]) -> int:
    return max((len(group_label(group)) for group in groups), default=1)


def _row(
    view: Comparison, run: int, group: range, label: int, cell: Cell, width: int
) -> list[Part]:
    """A layer's row in the column of a run."""
    name = pad(group_label(group), label, right=True)
    text: Part = (f"{name} ", view.palette.text)
    return [text, *_said(view, run, group, cell, width - label - 1)]


def _said(view: Comparison, run: int, group: range, cell: Cell, cells: int) -> list[Part]:
    one = view.runs[run]
    own = range(group.start, min(group.stop, one.snapshot.layout.n_layers))
    if not own:
        return [("no such layer", view.palette.dim)]
    if not one.snapshot.count:
        return [("waiting for the first step", view.palette.dim)]
    return cell(run, own, cells)


def _interleaved(
    view: Comparison, head: Head, cell: Cell, width: int, height: int
) -> list[list[Part]]:
    """The runs of a layer under one another; layers side by side where rows are short."""
    n, depth = view.count, _deepest(view)
    heads: list[list[Part]] = [
        [letter(view, run), (head(run, width - 2), view.palette.title)] for run in range(n)
    ]
    if height < 3 * n:
        heads = []
    room = max(height - len(heads), 1)
    tables = 2 if room // n < min(depth, 4) and column_width(width, 2) >= LEAST_CELL else 1
    most = max(room // n, 1) * tables
    groups = layer_groups(depth, most) if most > 2 else _ends(depth)[:most]
    each = column_width(width, tables)
    label = _label_cells(groups)
    down = -(-len(groups) // tables)
    spaced = tables == 1 and room >= down * (n + 1) - 1
    lines: list[list[Part]] = []
    for at in range(down):
        for run in range(n):
            line: list[Part] = []
            for table, group in enumerate(groups[at::down]):
                first = group_label(group) if run == 0 else ""
                name: Part = (pad(first, label, right=True) + " ", view.palette.text)
                said = _said(view, run, group, cell, each - label - 3)
                if table:
                    line.append((" " * GAP, view.palette.text))
                line += _exactly(view, [name, letter(view, run), *said], each)
            lines.append(line)
        if spaced:
            lines.append([])
    return [*heads, *lines]


def _ends(depth: int) -> list[range]:
    """The first and the last layer: what is compared, where there is room for nothing else."""
    return [range(1), range(depth - 1, depth)][: min(depth, 2)]


def _exactly(view: Comparison, parts: list[Part], width: int) -> list[Part]:
    return [
        (segment.text, segment.style or view.palette.text) for segment in row(view, parts, width)
    ]
