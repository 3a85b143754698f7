"""The cures of what was found: a list to choose from, the most reliable first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from textual.content import Content

from ..core.cures import Cure, How, cures_for
from ..core.experiment import Experiment
from ..core.findings import Facts, Finding, Severity
from .choosing_screen import ChoosingScreen
from .panels.findings import SIGNS, spoken
from .panels.rows import wrap
from .safe_text import safe_text

LONGEST_REASON = 600
WIDEST, FRAME = 90, 7
"""Cells of the box, and how many of them its border and a scrollbar take."""
INDENT = "    "
NO_USE = "advised often, does not work here"
APPLIED: dict[How, str] = {
    How.RESTART: "from the same seed",
    How.IN_PLACE: "on the running network",
    How.ROLL_BACK: "from the last good step",
}
"""How a cure is applied, as a person is told."""
STYLES = {
    Severity.NOTICE: "bold $text-primary",
    Severity.WARNING: "bold $text-warning",
    Severity.ERROR: "bold $text-error",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What was found, and what may be done about it."""

    finding: Finding
    cures: tuple[Cure, ...]


def offers(
    findings: Iterable[Finding],
    experiment: Experiment,
    facts: Facts | None,
    *,
    from_the_start: bool = False,
) -> tuple[Offer, ...]:
    """The cures of all findings, root causes first; the same cure is offered once.

    ``from_the_start``: the run is only looked at, so that a changed experiment can be tried, and
    nothing can be done to its network.
    """
    made: list[Offer] = []
    known: set[object] = set()
    for finding in findings:
        cures = []
        for cure in cures_for(finding, experiment, facts):
            if from_the_start:
                if cure.intervention:
                    continue
                cure = replace(cure, how=How.RESTART)
            what = (cure.how, cure.changes, cure.intervention)
            if what not in known:
                known.add(what)
                cures.append(cure)
        if cures:
            made.append(Offer(finding, tuple(cures)))
    return tuple(made)


Chosen = tuple[Finding, Cure]
"""A cure, and what it is against."""


class CuresScreen(ChoosingScreen[Chosen]):
    """Offers cures; gives the one that was chosen, or None."""

    def __init__(self, offered: Sequence[Offer], *, ascii_only: bool = False) -> None:
        hint = "enter tries it beside this run, esc closes"
        super().__init__("cures", hint, box="cures", ascii_only=ascii_only)
        self._ascii_only = ascii_only
        self._offered = offered

    def entries(self) -> Iterator[tuple[Content, Chosen | None]]:
        """Each finding, and below it its cures, the most reliable first."""
        width = min(self.app.size.width, WIDEST) - FRAME
        for offer in self._offered:
            yield self._heading(offer.finding), None
            for cure in offer.cures:
                yield _told(cure, width), (offer.finding, cure)

    def _heading(self, finding: Finding) -> Content:
        sign = SIGNS[finding.severity][self._ascii_only]
        return Content.assemble(
            (f"{sign} {safe_text(spoken(finding.kind), 60)}", STYLES[finding.severity]),
            (f"  since step {finding.since_step:,}", "$foreground-muted"),
        )


def _told(cure: Cure, width: int) -> Content:
    """Title and how it is applied; then why, in lines of ``width`` cells."""
    title = (safe_text(cure.title, 60), "bold" if cure.works else "")
    head = Content.assemble("  ", title, (f"  {APPLIED[cure.how]}", "dim"))
    label = "" if cure.works else f"{NO_USE}: "
    why = wrap(label + safe_text(cure.reason, LONGEST_REASON), max(width - len(INDENT), 1))
    reason = Content("\n".join(INDENT + line for line in why))
    if label:
        reason = reason.stylize("$text-warning", len(INDENT), len(INDENT) + len(label))
    return Content("\n").join((head, reason))
