"""Dead and silent ReLU units, layer by layer: now, and over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rich.style import Style
from textual.strip import Strip

from ...core.record import Row
from ..chart import draw_chart, layer_series, plot_columns
from ..number_format import percent_text
from ..view import View
from .happenings import marks, severity_style, titled
from .held import Held
from .layer_groups import group_label, layer_groups
from .panel import Instrument, TimeAxis, chart_axis
from .rows import Part, pad, rows, wrap
from .saturation import draw_without_rectifiers
from .shade_row import held_on, shade_row
from .two_part_bar import two_part_bar

NARROWEST_HISTORY = 12
"""Cells of the heat row over time; narrower, it is left out."""
SHORTEST_BAR = 6
LOWEST_CHART = 8
NARROWEST_CHART = 24
"""Rows and cells that a chart must have to be worth its room."""


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring ReLU layers that share a row."""

    label: str
    layers: tuple[int, ...]
    """Indices into a per-layer metric, from 0."""
    width: int
    """Units in all of them."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of a row's columns, in cells; 0: the column is left out."""

    label: int
    bar: int
    digits: int
    """Of a count; its cells and the words around them make ``counts``."""
    counts: int
    history: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How a drawing is divided: rows of bars, then the words, then maybe a chart."""

    groups: list[Group]
    columns: Columns
    header: bool
    words: list[str]
    chart: int
    """Rows of the chart; 0: the past is shown as heat rows, if at all."""


def draw(view: View, width: int, height: int, held: Held | None = None) -> list[Strip]:
    """A bar a layer (dead solid, silent light), the counts, and the dead share over time."""
    if width < 1 or height < 1:
        return rows(view, [], width, height)
    rectifiers = _rectifiers(view)
    if not rectifiers:
        return draw_without_rectifiers(view, width, height)
    if not view.snapshot.count:
        return rows(view, [[("waiting for the first step", view.palette.dim)]], width, height)
    dead = _possible(view, view.snapshot.last_measured("dead", view.moment))
    silent = _possible(view, view.snapshot.last_measured("silent", view.moment))
    plan = _plan(view, rectifiers, width, height)
    lines = [_summary(view, rectifiers, dead, silent)]
    if plan.header:
        lines.append(_header(view, plan.columns))
    past = _past(view, plan.groups, plan.columns.history)
    for group, shares in zip(plan.groups, past, strict=True):
        lines.append(_group_row(view, group, plan.columns, dead, silent, shares))
    lines += [[(line, view.palette.dim)] for line in plan.words]
    top = rows(view, lines, width, height - plan.chart)
    return top + _chart(view, rectifiers, width, plan.chart, held or Held())


def axis(view: View, width: int, height: int) -> TimeAxis | None:
    """The columns of the chart, or of the heat rows."""
    rectifiers = _rectifiers(view)
    if not rectifiers or width < 1 or height < 1:
        return None
    plan = _plan(view, rectifiers, width, height)
    if plan.chart:
        return chart_axis(view, width, height)
    history = plan.columns.history
    return TimeAxis(width - history, history, *view.shown) if history else None


def _rectifiers(view: View) -> list[int]:
    """The ReLU layers, as indices into a per-layer metric."""
    return [i for i, info in enumerate(view.snapshot.layout.layers) if info.rectifier]


def _possible(view: View, counts: float | Row) -> Row:
    """Counts ``(..., n_layers)`` that a layer of its width can have; NaN for any other."""
    widths = np.array([info.width for info in view.snapshot.layout.layers])
    values = np.asarray(counts, dtype=np.float64)
    return np.where((values >= 0) & (values <= widths), values, np.nan)


def _plan(view: View, rectifiers: list[int], width: int, height: int) -> Plan:
    words = wrap(_legend(view), width)
    full = 2 + len(rectifiers) + len(words)
    chart = height - full if height - full >= LOWEST_CHART and width >= NARROWEST_CHART else 0
    groups = _groups(view, rectifiers, height - chart - 1)
    columns = _columns(groups, width, heat=not chart)
    header = height >= 6 and columns.history > 0
    if header:
        groups = _groups(view, rectifiers, height - chart - 2)
        columns = _columns(groups, width, heat=not chart)
    return Plan(groups, columns, header, words, chart)


def _groups(view: View, rectifiers: list[int], most: int) -> list[Group]:
    infos = view.snapshot.layout.layers
    groups = []
    for picked in layer_groups(len(rectifiers), most):
        layers = tuple(rectifiers[i] for i in picked)
        label = group_label(range(layers[0], layers[-1] + 1))
        groups.append(Group(label, layers, sum(infos[i].width for i in layers)))
    return groups


def _columns(groups: list[Group], width: int, *, heat: bool) -> Columns:
    label = max((len(group.label) for group in groups), default=1)
    digits = max((len(str(group.width)) for group in groups), default=1)
    counts = len("dead ") + digits + len("  silent ") + digits + len(" of ") + digits
    room = width - label - 1 - counts - 1
    if room < SHORTEST_BAR:
        counts = digits * 2 + len(" of ")
        room = max(width - label - 1 - counts - 1, 0)
    history = room // 2 if heat and room // 2 >= NARROWEST_HISTORY else 0
    return Columns(label, room - history - (1 if history else 0), digits, counts, history)


def _header(view: View, columns: Columns) -> list[Part]:
    dim = view.palette.dim
    start = columns.label + 1
    parts: list[Part] = [(" " * start, dim), (pad("now", columns.bar + 1 + columns.counts), dim)]
    if columns.history:
        forms = ("share dead, over time", "dead, over time", "over time")
        text = next((form for form in forms if len(form) <= columns.history), forms[-1])
        parts.append((" " + pad(text, columns.history), dim))
    return parts


def _group_row(
    view: View, group: Group, columns: Columns, dead: Row, silent: Row, past: Row
) -> list[Part]:
    palette = view.palette
    picked = list(group.layers)
    n_dead, n_silent = _total(dead[picked]), _total(silent[picked])
    solid, light = two_part_bar(
        n_dead / group.width, n_silent / group.width, columns.bar, view.glyphs
    )
    parts: list[Part] = [
        (pad(group.label, columns.label, right=True) + " ", palette.text),
        (solid, _dead_style(view)),
        (light, palette.warning),
        (" " * (columns.bar - len(solid) - len(light) + 1), palette.text),
        (_counts(n_dead, n_silent, group.width, columns), palette.text),
    ]
    if columns.history:
        parts.append((" ", palette.text))
        parts += shade_row(view, past, _dead_style(view))
    return parts


def _dead_style(view: View) -> Style:
    """Of bars: without colour an error is reversed, and a reversed block cannot be seen."""
    return view.palette.error if view.palette.colored else view.palette.text


def _total(counts: Row) -> float:
    """Units in all layers of a group; NaN where one was never counted."""
    return float(counts.sum())


def _counts(dead: float, silent: float, width: int, columns: Columns) -> str:
    digits = columns.digits
    of = f"of {width:>{digits}}"
    text = f"dead {_count(dead):>{digits}}  silent {_count(silent):>{digits}} {of}"
    if len(text) > columns.counts:
        text = f"{_count(dead):>{digits}} {of}"
    return pad(text, columns.counts, right=True)


def _count(units: float) -> str:
    return f"{units:.0f}" if np.isfinite(units) else "?"


def _past(view: View, groups: list[Group], columns: int) -> list[Row]:
    """The dead share of each group in each column of its heat row; NaN: not counted by then."""
    if columns < 1:
        return [np.empty(0)] * len(groups)
    envelope = view.snapshot.envelope("dead", *view.shown, columns)
    high = _possible(view, envelope.high)
    shares = []
    for group in groups:
        share = high[:, list(group.layers)].sum(axis=1) / group.width
        shares.append(held_on(view, share))
    return shares


def _chart(view: View, rectifiers: list[int], width: int, height: int, held: Held) -> list[Strip]:
    """The dead share of every layer over time, in per cent."""
    if height < 1:
        return []
    layers = view.snapshot.layout.layers
    columns = plot_columns(width, view.glyphs)
    envelope = view.snapshot.envelope("dead", *view.shown, columns)
    per_cent = 100.0 / np.array([info.width for info in layers], dtype=np.float64)
    low, high = (_possible(view, counts) * per_cent for counts in (envelope.low, envelope.high))
    curves = layer_series(low, high, envelope.bad, view.palette)
    return draw_chart(
        [curves[i] for i in rectifiers],
        width=width,
        height=height,
        x_range=view.shown,
        y_range=(0.0, 100.0),
        palette=view.palette,
        glyphs=view.glyphs,
        marks=marks(view),
        cursor=view.cursor,
        legend="end",
        y_label="% dead, layer by layer",
        empty="not counted in this range",
        cache=held.strips,
    )


def _summary(view: View, rectifiers: list[int], dead: Row, silent: Row) -> list[Part]:
    """``12 of 320 ReLU units dead (3.8 %), 20 silent``."""
    palette, infos = view.palette, view.snapshot.layout.layers
    units = sum(infos[i].width for i in rectifiers)
    n_dead, n_silent = _total(dead[rectifiers]), _total(silent[rectifiers])
    style = palette.text
    for finding in view.findings:
        if finding.kind == "dying_relu":
            style = severity_style(view, finding.severity)
    if not np.isfinite(n_dead):
        return [("dead units not counted yet", palette.dim)]
    words = f"{n_dead:.0f} of {units} ReLU units dead ({percent_text(n_dead / units)})"
    more = f", {n_silent:.0f} silent" if np.isfinite(n_silent) else ""
    return [(words, style), (more, palette.text)]


def _legend(view: View) -> str:
    probes = view.experiment.probes
    solid, light = view.glyphs.bar[-1], view.glyphs.shades[1]
    every = f"every {probes.dead_every} steps" if probes.dead_every else "as the budget allows"
    return (
        f"{solid} dead: at zero on {probes.dead_rows} fixed rows, counted {every}; "
        f"{light} silent: at zero on this batch"
    )


TITLE = "dead ReLUs"
DEAD_RELUS = Instrument("dead_relus", lambda view: titled(TITLE, view), draw, axis, TITLE)
