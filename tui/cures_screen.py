"""The cures of what was found: a list to choose from, the most reliable first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ..core.cures import Cure, How, cures_for
from ..core.experiment import Experiment
from ..core.findings import Facts, Finding, Severity
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
    findings: Iterable[Finding], experiment: Experiment, facts: Facts | None
) -> tuple[Offer, ...]:
    """The cures of all findings, root causes first; the same cure is offered once."""
    made: list[Offer] = []
    known: set[object] = set()
    for finding in findings:
        cures = []
        for cure in cures_for(finding, experiment, facts):
            what = (cure.how, cure.changes, cure.intervention)
            if what not in known:
                known.add(what)
                cures.append(cure)
        if cures:
            made.append(Offer(finding, tuple(cures)))
    return tuple(made)


Chosen = tuple[Finding, Cure]
"""A cure, and what it is against."""


class CuresScreen(ModalScreen[Chosen | None]):
    """Offers cures; gives the one that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "close", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
    ]

    def __init__(self, offered: Sequence[Offer], *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._ascii_only = ascii_only
        self._offered = offered
        self._chosen: list[Chosen | None] = []  # by the number of the option

    def compose(self) -> ComposeResult:
        """The list in a box."""
        with Vertical(id="cures") as box:
            box.border_title = Content("cures")
            box.border_subtitle = Content("enter tries it beside this run, esc closes")
            yield OptionList(markup=False, compact=True)

    def on_mount(self) -> None:
        """List them, and begin with the most reliable one."""
        width = min(self.app.size.width, WIDEST) - FRAME
        listed = self.query_one(OptionList)
        for offer in self._offered:
            listed.add_option(Option(self._heading(offer.finding), disabled=True))
            listed.add_options(Option(_told(cure, width)) for cure in offer.cures)
            self._chosen += [None, *((offer.finding, cure) for cure in offer.cures)]
        listed.highlighted = 1

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A cure was chosen."""
        self.dismiss(self._chosen[event.option_index])

    def action_move(self, rows: int) -> None:
        """The cure above or below."""
        options = self.query_one(OptionList)
        if rows < 0:
            options.action_cursor_up()
        else:
            options.action_cursor_down()

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
