"""The gradient profile: how much of the error signal reaches each layer, at one step."""

from __future__ import annotations

import math

import numpy as np
from rich.style import Style
from textual.strip import Strip

from ...core.record import Row
from ..number_format import factor_text, short
from ..safe_text import safe_text
from ..view import View
from .happenings import severity_style, titled
from .held import Held
from .layer_groups import group_label, layer_groups, layers_text
from .norm_column import NUMBER, RANGE, NormColumn, bad_word
from .panel import Instrument
from .rows import Part, pad, rows, wrap

SIGNAL, WEIGHTS = "error_signal", "weight_gradient_norm"
SHORTEST_BAR = 5
LEAST_DECADES = 3.0
"""A healthy network must look even: a bar never spans less."""
LONGEST_NAME = 8
BARRED = ((True, True), (True, False), (True,), (False,))
"""Which columns have a bar, from wide panels to narrow ones; the last has only a number."""
NAMED_FROM = 64
"""Cells from which on layers are named with their activation."""


def draw(view: View, width: int, height: int, held: Held | None = None) -> list[Strip]:
    """What the ratio says in words, then a row of bars for each layer or group of layers."""
    if width < 1 or height < 1:
        return rows(view, [], width, height)
    if not view.snapshot.count:
        return rows(view, [[("waiting for the first step", view.palette.dim)]], width, height)
    signal, weights = norms_of(view, SIGNAL), norms_of(view, WEIGHTS)
    said = comparison("error signal", signal, width)[: max(1, height - 3)]
    lines: list[list[Part]] = [[(line, _verdict_style(view))] for line in said]
    header = height - len(lines) >= 5
    groups = layer_groups(len(signal), height - len(lines) - header)
    label = _label_cells(groups, width)
    held = held or Held()
    expected = held.made(
        (view.experiment.network, view.snapshot.layout, view.facts), lambda: _expected(view)
    )
    columns = _columns(view, groups, width - label - 1, signal, weights, expected, held)
    if header:
        lines.append(_header(view, label, columns))
    # Room for two lines of words: the bars must not jump when a value becomes zero.
    tall = height - 2 - header >= 2 * len(groups)
    for group in groups:
        name = _label(view, group, label)
        lines.append(_layer_row(view, name, label, group, columns))
        if tall:
            lines.append(_layer_row(view, "", label, group, columns))
    marked = bool(columns[0][0].bar) and bool(np.isfinite(expected).any())
    lines += _footnotes(view, weights, groups, width, height - len(lines), marked=marked)
    return rows(view, lines, width, height)


def norms_of(view: View, name: str) -> Row:
    """A per-layer metric at the moment; a norm below zero is no number."""
    values = np.asarray(view.snapshot.last_measured(name, view.moment), dtype=np.float64)
    return np.where(values < 0, np.nan, values)


def _expected(view: View) -> Row:
    """log10 of the error signal that theory predicts for the first step, NaN where it cannot.

    Theory tells every layer's part of the last one's: that is taken as it was measured.
    """
    from ...core.mean_field import predicted_signal  # not before the first screen

    inputs = None if view.facts is None else view.facts.inputs
    layers = view.snapshot.layout.layers
    predicted = predicted_signal(view.experiment.network, layers, inputs)
    with np.errstate(all="ignore"):
        first = np.asarray(view.snapshot.first_measured(SIGNAL), dtype=np.float64)
        expected: Row = predicted.decades + np.log10(first[-1])
    return expected


def _label_cells(groups: list[range], width: int) -> int:
    label = max((len(group_label(group)) for group in groups), default=1)
    return max(label + 1 + LONGEST_NAME, len("layer")) if width >= NAMED_FROM else label


Column = tuple[NormColumn, Row, Row]
"""A column, its norms, and log10 of what they are compared with, NaN for nothing."""


def _columns(
    view: View,
    groups: list[range],
    cells: int,
    signal: Row,
    weights: Row,
    expected: Row,
    held: Held,
) -> list[Column]:
    """The columns there is room for in so many cells."""
    with np.errstate(all="ignore"):
        marks = np.float_power(10.0, expected)
    ranges = [
        held.decades(SIGNAL, np.concatenate((signal, marks)), LEAST_DECADES),
        held.decades(WEIGHTS, weights, LEAST_DECADES),
    ]
    # The same number of decades on both sides: only then do the slopes compare.
    span = max(high - low for low, high in ranges)
    scales = [(high - span, high) for _, high in ranges]
    grouped = any(len(group) > 1 for group in groups)
    number = RANGE if grouped and cells >= 60 else NUMBER
    for barred in BARRED:
        gaps = sum(barred) + 2 * (len(barred) - 1)
        bar = (cells - gaps - number * len(barred)) // max(sum(barred), 1)
        if bar >= SHORTEST_BAR:
            break
    names = ("error signal", "no signal"), ("W gradient", "no gradient")
    styles = view.palette.train, view.palette.validation
    columns = [
        NormColumn(*name, style, bar * has_bar, number, scale)
        for has_bar, name, style, scale in zip(barred, names, styles, scales, strict=False)
    ]
    nothing = np.full(len(weights), math.nan)
    return list(zip(columns, (signal, weights), (expected, nothing), strict=False))


def _header(view: View, label: int, columns: list[Column]) -> list[Part]:
    full = all(column.bar and len(column.full_name) <= column.cells for column, *_ in columns)
    names = [column.heading(full) for column, *_ in columns]
    layer = pad("layer" if label >= len("layer") else "", label)
    return [(f"{layer} {'  '.join(names)}", view.palette.dim)]


def _layer_row(
    view: View,
    name: str,
    label: int,
    group: range,
    columns: list[Column],
) -> list[Part]:
    """A row with the layer's name, or without one the second row of a tall bar."""
    parts: list[Part] = [(pad(name, label) + " ", view.palette.text)]
    layers = slice(group.start, group.stop)
    for number, (column, norms, expected) in enumerate(columns):
        if number:
            parts.append(("  ", view.palette.text))
        # Of several layers the one in the middle.
        mark = float(expected[(group.start + group.stop - 1) // 2])
        parts += column.cell(view, norms[layers], mark=mark, first=bool(name))
    return parts


def _label(view: View, group: range, cells: int) -> str:
    number = group_label(group)
    number_cells = cells - LONGEST_NAME - 1
    if number_cells < len(number):
        return pad(number, cells, right=True)
    names = {view.snapshot.layout.layers[layer].activation for layer in group}
    name = safe_text(names.pop(), LONGEST_NAME) if len(names) == 1 else "mixed"
    return pad(number, number_cells, right=True) + " " + name


def comparison(name: str, values: Row, width: int, *, named: bool = False) -> list[str]:
    """``error signal x 0.24 per layer: layer 1 is 2.2e-06 of layer 11``, as short as it must be.

    ``named``: however short, it says what is compared.
    """
    last = len(values)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        word = bad_word(float(values[bad[0]]))
        return wrap(f"{name}: {word} in {layers_text(bad + 1)}", width)
    if last < 2:
        return wrap(f"{name}: one layer, nothing to compare", width)
    if values[-1] == 0:
        return wrap(f"{name}: exactly 0 in layer {last}, so nothing goes back", width)
    if values[0] == 0:
        silent = layers_text(np.flatnonzero(values == 0) + 1)
        return wrap(f"{name}: exactly 0 in {silent}; nothing reaches layer 1", width)
    decades = math.log10(values[0]) - math.log10(values[-1])
    factor = float(np.float_power(10.0, min(decades / (last - 1), 308.0)))
    ratio = f"{_ratio(decades)} {'of' if decades <= 0 else 'times'}"
    per_layer = f"{factor_text(factor)} per layer"
    long, brief = f"layer 1 is {ratio} layer {last}", f"L1 is {ratio} L{last}"
    forms = [f"{name} {per_layer}: {long}", f"{name} {per_layer}: {brief}"]
    if not named:
        forms += [f"{per_layer}: {long}", f"{per_layer}: {brief}"]
    return wrap(next((form for form in forms if len(form) <= width), forms[-1]), width)


def _ratio(decades: float) -> str:
    """10 ** decades, also where a float cannot hold it."""
    if abs(decades) < 300:
        return short(10.0**decades)
    return f"1e{decades:+.0f}"


def _verdict_style(view: View) -> Style:
    """The comparison takes the colour of the finding that it is the evidence of."""
    for finding in view.findings:
        if finding.kind in ("vanishing_gradient", "exploding_gradient"):
            return severity_style(view, finding.severity)
    return view.palette.title


def _footnotes(
    view: View, weights: Row, groups: list[range], width: int, room: int, *, marked: bool
) -> list[list[Part]]:
    """What else there is to say, whole sentences only, while rows are left."""
    story = (
        f"The loss sends its error signal back from layer {len(weights)} to layer 1; each layer "
        "learns from what reaches it."
    )
    notes = [comparison("W gradient", weights, width, named=True), wrap(story, width)]
    if any(len(group) > 1 for group in groups):
        grouped = "rows of several layers: solid to the least, light to the greatest"
        notes.insert(0, wrap(grouped, width))
    if marked:
        notes.insert(0, wrap(f"{view.glyphs.upright} predicted at initialization", width))
    lines: list[list[Part]] = []
    for note in notes:
        if len(lines) + len(note) <= room:
            lines += [[(line, view.palette.dim)] for line in note]
    return [[], *lines] if lines and len(lines) < room else lines


GRADIENT_PROFILE = Instrument(
    "gradient_profile",
    lambda view: titled("gradient profile", view),
    draw,
    heading="gradient profile",
)
