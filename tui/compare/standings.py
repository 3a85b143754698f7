"""Where the runs stand: in what they differ, then a line for each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from ...core.record import RunState
from ..number_format import count_text, percent_text, short
from ..panels.findings import SIGNS, spoken
from ..panels.happenings import first_nonfinite, severity_style
from ..panels.held import Held
from ..panels.panel import Instrument
from ..panels.rows import Part, pad, rows
from ..panels.status import STATE_WORDS, state_style
from ..safe_text import safe_text
from ..view import View
from .columns import comparing
from .comparison import LETTERS, Comparison, run_style
from .verdict import Verdict, verdict

LONGEST_NAME = 24
NAME_SHARE = 4
"""A name takes at most a part in so many of the width."""
LEAST_FINDING = 20
"""Cells of the finding below which other columns go first."""
GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """One thing told of every run; what has the lowest ``rank`` is kept when room is short."""

    rank: int
    parts: list[Part]
    right: bool = False

    @property
    def cells(self) -> int:
        """As wide as its widest."""
        return max(cell_len(text) for text, _ in self.parts)


def draw(view: Comparison, width: int, height: int, held: Held) -> list[Strip]:
    """The differences and what goes for all; the runs; of a cure, what it has come to."""
    table = _table(view, width)
    said = _verdict_line(view)
    above = [_above(view, width)]
    if height < len(table) + len(said) + 1:
        said = []
    if height < len(table) + 1:
        above = []
    return rows(view, [*above, *table, *said], width, height)


def _above(view: Comparison, width: int) -> list[Part]:
    """The differences on the left, what goes for all runs on the right."""
    clock = _clock(view)
    used = cell_len(clock)
    room = width - used - (len(GAP) if used else 0)
    text = differences_text(view)
    if cell_len(text) > room:
        text = text[: max(room - 1, 0)] + view.glyphs.ellipsis
    return [
        (pad(text, room), view.palette.title),
        (GAP if used else "", view.palette.text),
        (
            clock,
            view.palette.dim if view.status.state is RunState.RUNNING else view.palette.warning,
        ),
    ]


def differences_text(view: Comparison) -> str:
    """``activation sigmoid -> relu, gain 2 -> 1``; of more than two, for each from A."""
    told = [", ".join(changes) if changes else "no difference" for changes in view.changes[1:]]
    if len(told) != 1:
        told = [f"A -> {LETTERS[run]}: {text}" for run, text in enumerate(told, start=1)]
    cure = f"{view.cure}: " if view.cure else ""
    return safe_text(cure + "; ".join(told), 2000)


def _clock(view: Comparison) -> str:
    """What is the same for all: whether they are held, and how fast they go."""
    words = []
    if view.frozen:
        words.append("display frozen")
    if view.cursor is not None:
        words.append(f"cursor at step {view.cursor:,}")
    status = view.status
    going = [each.status for each in view.runs if not each.status.state.final]
    if any(each.state is RunState.PAUSED for each in going):
        words.append("paused")
    elif going and status.pace is not None:
        words.append(f"pace {short(status.pace)} steps/s")
    elif going:
        # Each one's clock stands while the others train.
        seconds = sum(1 / each.steps_per_second for each in going if each.steps_per_second > 0)
        if seconds > 0:
            words.append(f"{_two_digits(1 / seconds)} steps/s")
    return ", ".join(words)


def _two_digits(number: float) -> str:
    digits = 1 - math.floor(math.log10(number)) if number > 0 else 0
    return count_text(round(number, digits)) if number >= 100 else count_text(number)


def _table(view: Comparison, width: int) -> list[list[Part]]:
    columns = [_marks(view), _names(view, width), *_numbers(view)]
    findings = [_finding(view, run) for run in range(view.count)]
    least = min(LEAST_FINDING, max(cell_len(text) for text, _ in findings))
    for column in sorted(columns, key=lambda column: -column.rank):
        used = sum(each.cells + len(GAP) for each in columns) - 1
        if used + least <= width or column.rank == 0:
            break
        columns.remove(column)
    lines = []
    for run in range(view.count):
        line: list[Part] = []
        for number, column in enumerate(columns):
            text, style = column.parts[run]
            space = " " if number == 0 else GAP
            line += [
                (pad(text, column.cells, right=column.right), style),
                (space, view.palette.text),
            ]
        lines.append([*line, findings[run]])
    return lines


def _marks(view: Comparison) -> Column:
    """Each run's letter, and which of them is the chosen one."""
    arrow = ">" if view.glyphs.ascii else "▸"
    return Column(
        0,
        [
            (f"{arrow if run == view.chosen else ' '}{LETTERS[run]}", _bold(view, run))
            for run in range(view.count)
        ],
    )


def _bold(view: Comparison, run: int) -> Style:
    return run_style(view.palette, run) + Style(bold=True)


def _names(view: Comparison, width: int) -> Column:
    most = min(LONGEST_NAME, max(width // NAME_SHARE, 1))
    return Column(1, [(safe_text(name, most), view.palette.text) for name in view.names])


def _numbers(view: Comparison) -> list[Column]:
    """State, step, loss, validation loss, accuracy."""
    palette = view.palette
    states: list[Part] = []
    steps: list[Part] = []
    losses: list[Part] = []
    held_out: list[Part] = []
    right: list[Part] = []
    for run, one in enumerate(view.runs):
        states.append((STATE_WORDS[one.status.state], state_style(one)))
        planned = f"{one.status.planned:,}"
        steps.append((f"{one.status.step:>{len(planned)},}/{planned}", palette.text))
        losses.append((f"loss {_measured(view, run, 'loss'):>8}", palette.text))
        held_out.append((f"val {_measured(view, run, 'validation_loss'):>8}", palette.text))
        right.append((f"{_accuracy(one):>6}", palette.text))
    longest = max(len(word) for word in STATE_WORDS.values())
    states = [(pad(word, longest), style) for word, style in states]
    return [
        Column(4, states),
        Column(3, steps, right=True),
        Column(0, losses),
        Column(5, held_out),
        Column(2, right),
    ]


def _measured(view: Comparison, run: int, name: str) -> str:
    one = view.runs[run]
    if not one.snapshot.count:
        return "-"
    value = float(one.snapshot.last_measured(name, one.moment))
    return "-" if math.isnan(value) and name != "loss" else short(value / view.unit(run))


def _accuracy(view: View) -> str:
    """On the validation rows where there are any, else on the batch."""
    if not view.snapshot.count:
        return ""
    for name in ("validation_accuracy", "accuracy"):
        value = float(view.snapshot.last_measured(name, view.moment))
        if not math.isnan(value):
            return percent_text(value)
    return ""


def _finding(view: Comparison, run: int) -> Part:
    """The first finding in words."""
    one = view.runs[run]
    if one.findings:
        first, *more = one.findings
        sign = SIGNS[first.severity][view.glyphs.ascii]
        text = f"{sign} {safe_text(spoken(first.kind), 60)}"
        text += f", {len(more)} more" if more else ""
        return text, severity_style(one, first.severity)
    broken = first_nonfinite(one)
    if broken:
        return f"{view.glyphs.bad} {broken}", view.palette.error
    if not one.snapshot.count:
        return "waiting for the first step", view.palette.dim
    return "nothing wrong found", view.palette.dim


def _verdict_line(view: Comparison) -> list[list[Part]]:
    """Of a cure: what it has come to, on the loss."""
    if not view.cure or view.count < 2:
        return []
    said, text = verdict(view)
    styles = {
        Verdict.CURED: view.palette.good,
        Verdict.NOT_YET: view.palette.text,
        Verdict.NOT: view.palette.warning,
    }
    return [[(text, styles[said] + Style(bold=True))]] if text else []


STANDINGS = Instrument("standings", lambda view: "runs", comparing(draw))
