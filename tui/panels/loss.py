"""The loss over time: of each training batch and on the validation rows."""

from __future__ import annotations

import math

import numpy as np
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from ..chart import Series, draw_chart, middle, plot_columns
from ..number_format import percent_text, short
from ..plot import inner_size
from ..traces import Pattern, sample
from ..view import View
from .happenings import first_nonfinite, marks, titled
from .held import Held
from .panel import Instrument, chart_axis
from .rows import Part, row, rows

BASELINE = "knows nothing"
"""The name of the line at the loss of a network that knows nothing."""
BOLD = Style(bold=True)


def draw(view: View, width: int, height: int, held: Held | None = None) -> list[Strip]:
    """What is newest in words, then the curves."""
    if width < 1 or height < 1:
        return rows(view, [], width, height)
    legend = _legend(view, width)
    head = [row(view, line, width) for line in _head(view, legend, height)]
    # Where there is no room for its name in the legend, the baseline is named at its end.
    named = not any(BASELINE in text for entry in legend for text, _ in entry)
    named = named and baseline_fits(view, width)
    return head + _chart(view, width, height - len(head), held or Held(), named)


def _head(view: View, legend: list[list[Part]], height: int) -> list[list[Part]]:
    """The first value that is not finite, and the legend with the newest values."""
    lines: list[list[Part]] = []
    broken = first_nonfinite(view)
    if broken and height >= 4:
        lines.append([(f"{view.glyphs.bad} {broken}", view.palette.error)])
    if view.snapshot.count and height >= 4 + len(lines):
        lines.append([part for entry in legend for part in entry])
    return lines


def _legend(view: View, width: int) -> list[list[Part]]:
    """Each curve's sign, name and value; what has no room is left out from the end."""
    palette, glyphs = view.palette, view.glyphs
    train = _measured(view, "loss")
    validation = _measured(view, "validation_loss")
    accuracy = _measured(view, "validation_accuracy")
    entries: list[tuple[Pattern | None, str, Style]] = [
        ("solid", f"train {short(train)}", palette.train)
    ]
    if not math.isnan(validation):
        entries.append(("dashed", f"validation {short(validation)}", palette.validation))
    if not math.isnan(accuracy):
        entries.append((None, f"{percent_text(accuracy)} right", palette.validation))
    baseline = _baseline(view)
    if baseline is not None:
        entries.append(("dotted", f"{BASELINE} {short(baseline)}", palette.dim))
    legend: list[list[Part]] = []
    used = 0
    for pattern, text, style in entries:
        sign = ("  " if legend else "") + (f"{sample(pattern, glyphs)} " if pattern else "")
        used += cell_len(sign + text)
        if legend and used > width:
            break
        legend.append([(sign, style + BOLD), (text, style)])
    return legend


def baseline_fits(view: View, width: int) -> bool:
    """Whether the name of the baseline fits where no curve is yet, ``width`` cells being all."""
    start, stop = view.shown
    ahead = (stop - 1 - view.snapshot.last_step) / (stop - start) * inner_size(width, 0)[1]
    return ahead > len(BASELINE) + 1


def _measured(view: View, name: str) -> float:
    return float(view.snapshot.last_measured(name, view.moment))


def _baseline(view: View) -> float | None:
    """The loss of a network that knows nothing, where the source says so."""
    baseline = view.facts.baseline if view.facts is not None else math.nan
    return baseline if math.isfinite(baseline) and baseline > 0 else None


def _chart(view: View, width: int, height: int, held: Held, named: bool) -> list[Strip]:
    palette, snapshot, log = view.palette, view.snapshot, view.logarithmic
    columns = plot_columns(width, view.glyphs)
    if columns < 1:
        return rows(view, [], width, height)
    train = snapshot.envelope("loss", *view.shown, columns)
    validation = snapshot.envelope("validation_loss", *view.shown, columns)
    low = np.stack([train.low, validation.low])
    high = np.stack([train.high, validation.high])
    bottom, top = held.y.update(low, high, log=log)
    series = []
    baseline = _baseline(view)
    if baseline is not None:
        at = math.log10(baseline) if log else baseline
        if bottom <= at <= top:
            level = np.full(columns, baseline)
            series.append(
                Series(BASELINE if named else "", level, level, palette.dim, pattern="dotted")
            )
    if view.shown[1] - view.shown[0] > columns:
        # Thinned: the band holds every value, the line runs through its middle.
        line = middle(train.low, train.high, log=log)
        band = (train.low, train.high)
        series.append(Series("", line, line, palette.train, bad=train.bad, band=band))
    else:
        series.append(Series("", train.low, train.high, palette.train, bad=train.bad))
    series.append(
        Series(
            "",
            validation.low,
            validation.high,
            palette.validation,
            bad=validation.bad,
            pattern="dashed",
        )
    )
    return draw_chart(
        series,
        width=width,
        height=height,
        x_range=view.shown,
        y_range=(bottom, top),
        palette=palette,
        glyphs=view.glyphs,
        log=log,
        marks=marks(view),
        cursor=view.cursor,
        legend="end",
        empty=_empty(view),
        cache=held.strips,
    )


def _empty(view: View) -> str:
    if not view.snapshot.count:
        return "waiting for the first step"
    return "no loss to show in this range"


LOSS = Instrument(
    "loss", lambda view: titled("loss, log" if view.logarithmic else "loss", view), draw, chart_axis
)
