"""The losses of several runs on the same axes: a column for each, or all curves in one picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len
from textual.strip import Strip

from ...core.history.envelope import Envelope
from ...core.record import Row
from ..chart import Mark, Series, draw_chart, middle, plot_columns
from ..number_format import percent_text, short
from ..panels.happenings import first_nonfinite, marks
from ..panels.held import Held
from ..panels.loss import BASELINE, baseline_fits
from ..panels.panel import Instrument, TimeAxis, chart_axis
from ..panels.rows import Part, row
from ..traces import sample
from ..view import View
from .columns import (
    GAP,
    ColumnAxis,
    as_comparison,
    at_cursor,
    column_width,
    comparing,
    letter,
    side_by_side,
)
from .comparison import LETTERS, PATTERNS, Comparison, run_style

SAMPLE = 5
"""Cells of what a curve looks like."""
LOWEST = 4
"""Rows of a chart below which there are no words above it."""


@dataclass(frozen=True, slots=True)
class Curves:
    """What is drawn of one run."""

    train: Envelope
    validation: Envelope
    unit: float

    @property
    def low(self) -> Row:
        """Least values: of the training batches, and of the validation rows."""
        return np.concatenate([self.train.low, self.validation.low]) / self.unit

    @property
    def high(self) -> Row:
        """Greatest values."""
        return np.concatenate([self.train.high, self.validation.high]) / self.unit


def draw(view: Comparison, width: int, height: int, held: Held) -> list[Strip]:
    """The newest values in words, then the curves."""
    each = width if view.overlaid else column_width(width, view.count)
    columns = plot_columns(each, view.glyphs)
    if columns < 1:
        return [row(view, (), width)] * height
    curves = [_curves(view, run, columns) for run in range(view.count)]
    # One that breaks leaves the picture, or nothing could be seen of the others.
    sound = [curves[run] for run in view.sound]
    low = np.concatenate([each.low for each in sound])
    high = np.concatenate([each.high for each in sound])
    y_range = held.y.update(low, high, log=view.logarithmic)
    if view.overlaid:
        return _overlay(view, curves, y_range, width, height, held)
    broken = any(first_nonfinite(each) for each in view.runs)

    def column(run: int, width: int, height: int, held: Held) -> list[Strip]:
        head = _head(view, run, width, height, broken=broken)
        name = BASELINE if baseline_fits(view.runs[run], width) else ""
        series = [*_baseline(view, columns, y_range, name), *_own(view, run, curves[run])]
        return head + _chart(view, [run], series, y_range, width, height - len(head), held)

    return side_by_side(view, column, width, height, held)


def axis(view: View, width: int, height: int) -> TimeAxis | None:
    """The steps under the curves, in every column."""
    comparison = as_comparison(view)
    if comparison.overlaid:
        return chart_axis(view, width, height)
    each = column_width(width, comparison.count)
    one = chart_axis(view, each, height)
    if one is None:
        return None
    return ColumnAxis(one.first, one.columns, one.start, one.stop, each + GAP, comparison.count)


def _curves(view: Comparison, run: int, columns: int) -> Curves:
    snapshot = view.runs[run].snapshot
    train = snapshot.envelope("loss", *view.shown, columns)
    validation = snapshot.envelope("validation_loss", *view.shown, columns)
    return Curves(train, validation, view.unit(run))


def _head(view: Comparison, run: int, width: int, height: int, *, broken: bool) -> list[Strip]:
    """A run's newest values; below them what broke, or a blank where another run broke."""
    one = view.runs[run]
    if height < LOWEST + 1:
        return []
    palette, style = view.palette, run_style(view.palette, run)
    words: list[Part] = [letter(view, run)]
    if one.snapshot.count:
        words.append((f"train {_value(view, run, 'loss')}", style))
        validation = _value(view, run, "validation_loss")
        if validation:
            dashes = sample("dashed", view.glyphs)
            words.append((f"  {dashes} validation {validation}", palette.text))
        right = float(one.snapshot.last_measured("validation_accuracy", one.moment))
        if not math.isnan(right):
            words.append((f"  {percent_text(right)} right", palette.dim))
    lines = [words]
    if broken and height >= LOWEST + 2:
        what = first_nonfinite(one)
        lines.append([(f"{view.glyphs.bad} {what}", palette.error)] if what else [])
    return [row(view, line, width) for line in lines]


def _value(view: Comparison, run: int, name: str) -> str:
    """A loss at the moment that is shown, in its unit; empty where none was measured."""
    one = view.runs[run]
    if not one.snapshot.count:
        return ""
    value = float(one.snapshot.last_measured(name, one.moment))
    if math.isnan(value) and name != "loss":
        return ""
    return short(value / view.unit(run))


def _own(view: Comparison, run: int, curves: Curves) -> list[Series]:
    """Both curves of one run: with the extremes of what is thinned as a band."""
    style, log, unit = run_style(view.palette, run), view.logarithmic, curves.unit
    train, validation = curves.train, curves.validation
    low, high = train.low / unit, train.high / unit
    if view.shown[1] - view.shown[0] > len(low):
        line = middle(low, high, log=log)
        shown = Series("", line, line, style, bad=train.bad, band=(low, high))
    else:
        shown = Series("", low, high, style, bad=train.bad)
    held_out = Series(
        "",
        validation.low / unit,
        validation.high / unit,
        view.palette.text,
        bad=validation.bad,
        pattern="dashed",
    )
    return [shown, held_out]


def _baseline(
    view: Comparison, columns: int, y_range: tuple[float, float], name: str
) -> list[Series]:
    """The line at the loss of knowing nothing, where it is the same for all and in range."""
    facts = view.runs[0].facts
    value = facts.baseline / view.unit(0) if facts is not None else math.nan
    if not (math.isfinite(value) and value > 0):
        return []
    at = math.log10(value) if view.logarithmic else value
    if not y_range[0] <= at <= y_range[1]:
        return []
    level = np.full(columns, value)
    return [Series(name, level, level, view.palette.dim, pattern="dotted")]


def _overlay(
    view: Comparison,
    curves: list[Curves],
    y_range: tuple[float, float],
    width: int,
    height: int,
    held: Held,
) -> list[Strip]:
    head = [row(view, _legend(view, width), width)] if height >= LOWEST + 1 else []
    columns = plot_columns(width, view.glyphs)
    series = _baseline(view, columns, y_range, "")
    for run in _order(view):
        train, unit = curves[run].train, curves[run].unit
        line = middle(train.low / unit, train.high / unit, log=view.logarithmic)
        series.append(
            Series(
                LETTERS[run],
                line,
                line,
                run_style(view.palette, run),
                bad=train.bad,
                pattern=PATTERNS[run],
                highlighted=run == view.chosen,
            )
        )
    everyone = list(range(view.count))
    return head + _chart(view, everyone, series, y_range, width, height - len(head), held)


def _order(view: Comparison) -> list[int]:
    """The runs from back to front: the chosen one is drawn over the others."""
    return sorted(range(view.count), key=lambda run: run == view.chosen)


def _legend(view: Comparison, width: int) -> list[Part]:
    """What each curve looks like and where it is now; what has no room is left out."""
    legend: list[Part] = []
    used = 0
    for run in range(view.count):
        style = run_style(view.palette, run)
        what = f" {LETTERS[run]} {_value(view, run, 'loss') or '-'}"
        broken = view.runs[run].snapshot.nonfinite
        what += f" {view.glyphs.bad} step {broken.step:,}" if broken is not None else ""
        sign = ("  " if legend else "") + sample(PATTERNS[run], view.glyphs, SAMPLE)
        used += cell_len(sign + what)
        if used > width and legend:
            break
        legend.append((sign + what, style))
    extra = f"  {sample('dotted', view.glyphs)} {BASELINE}"
    if used + cell_len(extra) <= width and view.count < len(PATTERNS):
        legend.append((extra, view.palette.dim))
    return legend


def _chart(
    view: Comparison,
    runs: list[int],
    series: list[Series],
    y_range: tuple[float, float],
    width: int,
    height: int,
    held: Held,
) -> list[Strip]:
    found: list[Mark] = [mark for run in runs for mark in marks(view.runs[run])]
    counted = any(view.runs[run].snapshot.count for run in runs)
    return draw_chart(
        series,
        width=width,
        height=height,
        x_range=view.shown,
        y_range=y_range,
        palette=view.palette,
        glyphs=view.glyphs,
        log=view.logarithmic,
        marks=found,
        cursor=view.cursor,
        legend="end",
        empty="no loss to show in this range" if counted else "waiting for the first step",
        cache=held.strips,
    )


def _title(view: View) -> str:
    words = "loss, log" if view.logarithmic else "loss"
    if as_comparison(view).relative:
        words += ", in units of knowing nothing"
    return at_cursor(words, view)


LOSS = Instrument("loss", _title, comparing(draw), axis)
