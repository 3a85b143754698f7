"""The screen that shows several runs at once: a dashboard whose panels hold all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message

from ...core.experiment import Experiment
from ...core.record import RunState
from ...core.source import Source
from ..arrangement import Arrangement, arrange
from ..capture import CapturedText
from ..dashboard import Dashboard, with_next_seed
from ..governor import Governor
from ..keymap import COMPARISON, Key, bindings
from ..link import Link
from ..log_pane import LogPane
from ..observer import Display, Look
from ..panels import Instrument, Panel
from .columns import column_width
from .comparison import LETTERS
from .observers import Naming, Observers
from .panels import COMPARISON_PANELS

BORDER = 2
"""Rows of a panel's border."""
NARROWEST = 36
"""Cells of a column below which all is shown in one picture."""


class CompareScreen(Dashboard, inherit_bindings=False):
    """What a person sees of several runs, and the keys that command them."""

    KEYS: ClassVar[tuple[Key, ...]] = COMPARISON
    BINDINGS: ClassVar[list[BindingType]] = bindings(COMPARISON)
    INSTRUMENTS: ClassVar[dict[str, Instrument]] = COMPARISON_PANELS

    class RerunAll(Message):
        """A person wants these experiments to start from the beginning."""

        def __init__(
            self, experiments: tuple[Experiment, ...], naming: Naming, *, reseeded: bool = False
        ) -> None:
            super().__init__()
            self.experiments = experiments
            self.naming = naming
            self.reseeded = reseeded

    class Kept(Message):
        """A person wants to go on with this run alone."""

        def __init__(self, source: Source) -> None:
            super().__init__()
            self.source = source

    class Left(Message):
        """A person wants to go back to the run before."""

    def __init__(self, captured: CapturedText, look: Look, link: Link, governor: Governor) -> None:
        super().__init__(captured, look, link, governor)
        self._experiments: tuple[Experiment, ...] = ()
        self._naming = Naming(())
        self._runs: Observers | None = None

    def compose(self) -> ComposeResult:
        """Where the runs stand, a band for each thing that is compared, the log, the key line."""
        standings = Panel(COMPARISON_PANELS["standings"], classes="-bare")
        standings.can_focus = False
        yield standings
        with Vertical(id="bands"):
            for name, instrument in COMPARISON_PANELS.items():
                if name != "standings":
                    yield Panel(instrument)
        pane = LogPane(self.captured)
        pane.display = False
        yield pane
        yield from self.compose_ends()

    def on_mount(self) -> None:
        """Make room for as many runs as there are."""
        self._make_room()  # what was prepared before could not

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size, and draw for it."""
        super().on_resize(event)
        self._make_room()
        self.draw()

    # What is shown

    def prepare_all(self, experiments: Sequence[Experiment], naming: Naming) -> None:
        """Say that these experiments are on their way."""
        self.prepare(experiments[0])
        self._experiments, self._naming, self._runs = tuple(experiments), naming, None
        chosen = 1 if naming.cure else 0
        self.wanted = replace(self.wanted, chosen=chosen, signal=True)
        self._say_preparing(" and ".join(naming.names))
        if self.is_whole:
            self._make_room()

    def attach_all(self, sources: Sequence[Source]) -> None:
        """Show these sources."""
        self._experiments = tuple(source.experiment for source in sources)
        self._runs = Observers(sources, self._naming)
        self.observe(self._runs)

    def _make_room(self) -> None:
        """As many rows as the runs need; on a small screen whole layers, the rest for losses."""
        runs = max(len(self._experiments), 1)
        rows = 1 + runs + bool(self._naming.cure)
        self.query_one("#standings").styles.height = rows
        height = self.size.height - rows - 1
        layers = max((height // 2 - BORDER) // runs, 1)
        profile = self.query_one("#profile").styles
        if arrange(*self.size) is Arrangement.SMALL and self.alone is None:
            profile.height = layers * runs + BORDER
        else:
            profile.clear_rule("height")

    def _show_alone(self, chosen: Panel | None) -> None:
        super()._show_alone(chosen)
        self._make_room()

    @property
    def source(self) -> Source | None:
        """The chosen run; None while all are being prepared."""
        return self._runs.each[self.wanted.chosen].source if self._runs else None

    @property
    def experiment(self) -> Experiment | None:
        """The chosen run's experiment."""
        return self._experiments[self.wanted.chosen] if self._experiments else None

    @property
    def asked(self) -> Display:
        """What is wanted; in one picture where columns would be too narrow, unless asked for."""
        if self.wanted.overlaid is not None:
            return self.wanted
        small = arrange(*self.size) in (Arrangement.SMALL, Arrangement.TINY)
        narrow = column_width(self.size.width, len(self._experiments)) < NARROWEST
        return replace(self.wanted, overlaid=small or narrow)

    def key_labels(self, state: RunState) -> dict[str, str]:
        """What the key line says: of the run that a key is meant for, its letter."""
        letter = LETTERS[self.wanted.chosen]
        labels = {
            **super().key_labels(state),
            "b": "columns" if self.asked.overlaid else "overlay",
            "enter": f"keep {letter}",
            "escape": "back" if self._naming.cure else "",
        }
        if not state.final:
            labels["plus,equals_sign"] = f"rate of {letter}"
        return labels

    # Keys

    def action_choose(self, by: int) -> None:
        """Choose the next run, or the one before."""
        if self._runs is not None:
            chosen = (self.wanted.chosen + by) % len(self._runs.each)
            self.wanted = replace(self.wanted, chosen=chosen)
            self.draw()

    def action_overlay(self) -> None:
        """Side by side, or all in one picture."""
        self.wanted = replace(self.wanted, overlaid=not self.asked.overlaid)
        self.draw()

    def action_rate(self, factor: float) -> None:
        """Change the chosen run's learning rate from the next step on."""
        source = self.source
        if source is not None and source.status().state.final:
            self.tell(f"{LETTERS[self.wanted.chosen]} has ended; tab chooses another run.")
        else:
            super().action_rate(factor)

    def action_restart(self) -> None:
        """Start the same experiments again."""
        if self._runs is not None:
            self.post_message(self.RerunAll(self._experiments, self._naming))

    def action_new_seed(self) -> None:
        """Start them again, each with its next seed."""
        if self._runs is not None:
            again = tuple(with_next_seed(each) for each in self._experiments)
            self.post_message(self.RerunAll(again, self._naming, reseeded=True))

    def action_keep(self) -> None:
        """Go on with the chosen run alone."""
        if self.source is not None:
            self.post_message(self.Kept(self.source))

    def action_back(self) -> None:
        """Undo what is in the way of the whole picture; then back to the run before."""
        in_the_way = (
            self.alone,
            self.wanted.time.cursor is not None,
            self.query_one(LogPane).display,
            self.focused,
        )
        if any(in_the_way):
            super().action_back()
        else:
            self.post_message(self.Left())

    def _running_source(self) -> Source | None:
        """The chosen run, or another that still goes on; otherwise it is said why none does."""
        sources = [each.source for each in self._runs.each] if self._runs else []
        going = [source for source in sources if not source.status().state.final]
        if sources and not going:
            self.tell("All of these have ended; r starts them again, n with other seeds.")
        return self.source if self.source in going else next(iter(going), None)
