"""The findings: what is wrong with the run, since when, and the numbers that say so."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from ...core.findings import FINDING_KINDS, Finding, Severity
from ...core.record import RunState
from ..number_format import short
from ..safe_text import safe_text
from ..view import View
from .happenings import first_nonfinite, how_many_nonfinite, severity_style
from .held import Held
from .layer_groups import layers_text
from .panel import Instrument
from .rows import Part, rows, wrap

Lines = list[list[Part]]
SIGNS: dict[Severity, tuple[str, str]] = {
    Severity.NOTICE: ("•", "-"),
    Severity.WARNING: ("▲", "!"),
    Severity.ERROR: ("■", "#"),
}
"""Each severity's sign, and the one where only ASCII may be written."""
LONGEST_MESSAGE = 2000
NEWEST_EVENTS = 4


def spoken(kind: str) -> str:
    """A kind of finding as a person says it."""
    return kind.replace("_", " ").replace("relu", "ReLU")


LOOKED_FOR = "looked for: " + ", ".join(map(spoken, FINDING_KINDS))


@dataclass(frozen=True, slots=True)
class Section:
    """One thing to say, in three parts of falling importance."""

    head: Lines
    """Always shown, if anything of it is."""
    body: Lines = field(default_factory=list)
    """What it means."""
    evidence: Lines = field(default_factory=list)
    """The numbers."""


def draw(view: View, width: int, height: int, held: Held | None = None) -> list[Strip]:
    """As much as there is room for: what was found, then what it means, then the numbers."""
    if width < 1 or height < 1:
        return rows(view, [], width, height)
    sections = [*_failure(view, width)]
    sections += [_finding(view, finding, width) for finding in view.findings]
    sections += _nonfinite(view, width)
    sections = sections or _nothing(view, width)
    sections += _events(view)
    return rows(view, _fitted(view, sections, height), width, height)


def _fitted(view: View, sections: list[Section], height: int) -> Lines:
    """The heads of all sections, then bodies and then evidence in order while rows are left."""
    heads = [line for section in sections for line in section.head]
    if len(heads) > height:
        hidden = len(heads) - height + 1
        return [*heads[: height - 1], [(f"{hidden} more: enlarge this panel", view.palette.dim)]]
    spare = height - len(heads)
    chosen: list[list[Lines]] = [[section.head] for section in sections]
    for part in ("body", "evidence"):
        for section, lines in zip(sections, chosen, strict=True):
            more = _cut(getattr(section, part), spare)
            lines.append(more)
            spare -= len(more)
    return [line for parts in chosen for lines in parts for line in lines]


def _cut(lines: Lines, most: int) -> Lines:
    """The first lines; what is left over goes to the last one, which its row cuts."""
    if len(lines) <= most or most < 1:
        return lines[: max(most, 0)]
    last, *over = lines[most - 1 :]
    rest = [(f" {text.strip()}", style) for line in over for text, style in line]
    return [*lines[: most - 1], [*last, *rest]]


def _failure(view: View, width: int) -> list[Section]:
    """The last line of a traceback: what Python says went wrong."""
    if view.status.state is not RunState.FAILED:
        return []
    said = [line for line in view.status.error.splitlines() if line.strip()]
    reason = safe_text(said[-1].strip(), LONGEST_MESSAGE) if said else "no reason given"
    head: Lines = [[(f"{_sign(view, Severity.ERROR)} the run failed", view.palette.error)]]
    return [Section(head, _indented(reason, view.palette.text, width))]


def _finding(view: View, finding: Finding, width: int) -> Section:
    palette = view.palette
    style = severity_style(view, finding.severity)
    name = safe_text(spoken(finding.kind), 60) + (" (born dead)" if finding.born_dead else "")
    head = f"{_sign(view, finding.severity)} {finding.severity.value}: {name}"
    since = f"  since step {finding.since_step:,}"
    fits = cell_len(head + since) <= width
    evidence = finding.evidence.items()
    numbers = [f"{safe_text(key, 40)} {_number(value)}" for key, value in evidence]
    said = ("" if fits else since.strip(), layers_text(finding.layers), *numbers)
    words = [word.replace("_", " ") for word in said if word]
    return Section(
        [[(head, style), (since if fits else "", palette.dim)]],
        _indented(safe_text(finding.message, LONGEST_MESSAGE), palette.text, width),
        _indented("; ".join(words), palette.dim, width),
    )


def _nonfinite(view: View, width: int) -> list[Section]:
    what, broken = first_nonfinite(view), view.snapshot.nonfinite
    if broken is None or any(
        finding.kind == "divergence" and finding.since_step >= broken.step
        for finding in view.findings
    ):
        return []  # nothing broke, or the finding says it already
    head: Lines = [[(f"{view.glyphs.bad} {what}", view.palette.error)]]
    return [Section(head, [], _indented(how_many_nonfinite(view), view.palette.dim, width))]


def _nothing(view: View, width: int) -> list[Section]:
    """That nothing was found, and what that is worth."""
    palette = view.palette
    if not view.snapshot.count:
        return [Section([[("waiting for the first step", palette.dim)]])]
    head: Lines = [[("nothing wrong found so far", palette.good)]]
    reasons = [f"{spoken(each.kind)} ({each.reason})" for each in view.undecided]
    early = "not enough evidence yet to judge " + ", ".join(reasons)
    body: Lines = [[(line, palette.text)] for line in wrap(early, width)] if reasons else []
    return [Section(head, body, [[(line, palette.dim)] for line in wrap(LOOKED_FOR, width)])]


def _events(view: View) -> list[Section]:
    """The newest events, newest first; the first thing to go when room is short."""
    events = view.snapshot.events[-NEWEST_EVENTS:]
    lines: Lines = [[]]
    for event in reversed(events):
        sign = view.glyphs.event(event.kind)
        kind = safe_text(event.kind.replace("_", " "), 40)
        said = f" step {event.step:,}: {kind} {safe_text(event.text)}"
        lines.append([(sign, view.palette.mark), (said, view.palette.dim)])
    return [Section([], [], lines)] if events else []


def _number(value: float) -> str:
    """A number of the evidence; what is whole, such as a layer or a step, without decimals."""
    return short(int(value)) if math.isfinite(value) and value == int(value) else short(value)


def _indented(text: str, style: Style, width: int) -> Lines:
    return [[(f"  {line}", style)] for line in wrap(text, width - 2)]


def _sign(view: View, severity: Severity) -> str:
    return SIGNS[severity][view.glyphs.ascii]


def _title(view: View) -> str:
    return "findings" if not view.findings else f"findings: {len(view.findings)}"


FINDINGS = Instrument("findings", _title, draw)
