"""The live screen: what it is composed of, and the keys that command the run."""

from __future__ import annotations

import time
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Static

from ..core.record import RunState
from ..core.settings import HIGHEST_RATE
from . import time_range as ranges
from .keymap import DASHBOARD, Key, bindings
from .log_pane import LogPane
from .observer import Observer
from .pace import CHANGES as PACE_CHANGES
from .panel_screen import PanelScreen
from .panels import PANELS, Panel
from .still import StillContainer

if TYPE_CHECKING:
    from ..core.cures import Cure
    from ..core.diagnosis import Diagnosing
    from ..core.experiment import Experiment
    from ..core.findings import Finding
    from ..core.interventions import Outcome
    from ..core.kept_checkpoints import KeptCheckpoint
    from ..core.source import Source
    from .interventions_screen import Choice, Do


MEANT = 5.0
"""Seconds within which a key that ends something is pressed again by whoever means it."""


class Dashboard(PanelScreen):
    """What a person sees of a run, and the keys that command it."""

    KEYS: ClassVar[tuple[Key, ...]] = DASHBOARD
    BINDINGS: ClassVar[list[BindingType]] = bindings(DASHBOARD)
    AUTO_FOCUS = ""
    _stop_asked = -inf

    class Rerun(Message):
        """A person wants this experiment to start from the beginning."""

        def __init__(self, experiment: Experiment) -> None:
            super().__init__()
            self.experiment = experiment

    class Tried(Message):
        """A person wants to see this cure beside the run that is shown."""

        def __init__(self, finding: Finding, cure: Cure) -> None:
            super().__init__()
            self.finding = finding
            self.cure = cure

    class WentBack(Message):
        """A person wants to go on from a checkpoint, with a change or without one."""

        def __init__(self, kept: KeptCheckpoint, paused: bool, change: Do | None = None) -> None:
            super().__init__()
            self.kept = kept
            self.paused = paused
            self.change = change

    class Detached(Message):
        """A person wants to leave, and another process to go on with the run."""

    class Answered(Message):
        """A change of the running network was made, or there was nothing to change."""

        def __init__(self, outcome: Outcome) -> None:
            super().__init__()
            self.outcome = outcome

    def compose(self) -> ComposeResult:
        """All panels, the log, the key line, and the line that is there instead of them."""
        yield Panel(PANELS["status"])
        with StillContainer(id="panels"):
            for name, instrument in PANELS.items():
                if name != "status":
                    yield Panel(instrument)
        banner = Static("", id="banner", markup=False)
        banner.display = False
        yield banner
        pane = LogPane(self.captured)
        pane.display = False
        yield pane
        yield from self.compose_ends()

    # Keys: the run

    def action_pause(self) -> None:
        """Pause or resume training."""
        source = self._running_source()
        if source is None:
            return
        if source.status().state is RunState.PAUSED:
            source.resume()
        else:
            source.pause()
        self.draw()

    def action_step(self) -> None:
        """Do one training step; pause a running one."""
        source = self._running_source()
        if source is not None:
            source.step_once()
            self.set_timer(0.02, self.draw)

    def action_rate(self, factor: float) -> None:
        """Change the learning rate from the next step on."""
        source = self._running_source()
        if source is not None and source.status().learning_rate * factor > HIGHEST_RATE:
            self.tell(f"The learning rate cannot go above {HIGHEST_RATE:g}.", error=True)
        elif source is not None:
            source.change_rate(factor)
            self.set_timer(0.02, self.draw)

    def action_pace(self, change: str) -> None:
        """A slower or a faster pace."""
        source = self._running_source()
        if source is not None:
            source.set_pace(PACE_CHANGES[change](source.status().pace))
            self.draw()

    def action_restart(self) -> None:
        """Start the same experiment again."""
        if self._experiment is not None:
            self.post_message(self.Rerun(self._experiment))

    def action_new_seed(self) -> None:
        """Start it again with the next seed."""
        if self._experiment is not None:
            self.post_message(self.Rerun(with_next_seed(self._experiment)))

    def action_detach(self) -> None:
        """Leave the run to a process of its own."""
        if self._running_source() is not None:
            self.post_message(self.Detached())

    def action_stop(self) -> None:
        """End the run; a second press means it."""
        source, now = self._running_source(), time.monotonic()
        if source is None:
            return
        if now - self._stop_asked < MEANT:
            source.stop()
            self.set_timer(0.02, self.draw)
        else:
            self._stop_asked = now
            self.tell("S again ends this run. A recorded one can be gone on with: backscope resume")

    def _running_source(self) -> Source | None:
        """The source, if it can still be commanded; otherwise it is said why not."""
        source = self.source
        if source is not None and source.status().state.final:
            state = source.status().state.value
            self.tell(f"This run has {state}; r starts it again, n with another seed.")
            return None
        return source

    # Keys: changes of the running network

    def key_labels(self, state: RunState) -> dict[str, str]:
        """What the key line says of some keys: of those to change and undo, if they can."""
        labels = super().key_labels(state)
        if self.source is None or not self.source.checkpoints.before_changes:
            labels["u"] = ""
        if state.final:
            labels["i"] = "go back" if state is RunState.DIVERGED else ""
            labels["d"] = ""
        return labels

    def action_interventions(self) -> None:
        """Offer what can be changed; of a run that broke, on going back to its last good step."""
        source = self.source
        if source is None:
            return
        back = _where_to_go_back(source)
        if back is None and self._running_source() is None:
            return
        from ..core.history import History
        from .interventions_screen import InterventionsScreen, choices

        status, snapshot = source.status(), source.history.snapshot()
        title = "change the running network"
        if back is not None and isinstance(source.history, History):
            snapshot = source.history.copy(back.place).snapshot()
            status = replace(status, learning_rate=back.learning_rate, clip_norm=back.clip_norm)
            title = f"go back to step {back.step:,}, the last good one, and"
        offered = choices(status, source.experiment, snapshot)
        screen = InterventionsScreen(offered, title, ascii_only=self.look.glyphs.ascii)
        self.app.push_screen(screen, self._change)

    def _change(self, chosen: Choice | None) -> None:
        """Make a change of the run that is shown; of one that broke, from its last good step."""
        source = self.source
        if source is None or chosen is None or chosen.do is None:
            return
        back = _where_to_go_back(source)
        if back is not None:
            self._go_back(source, back, chosen.do)
        elif self._running_source() is not None:
            chosen.do(source, self.answer)
            self.set_timer(0.02, self.draw)

    def answer(self, outcome: Outcome) -> None:
        """Take what came of a change, in the training thread."""
        self.post_message(self.Answered(outcome))

    def on_dashboard_answered(self, message: Answered) -> None:
        """Say what came of a change."""
        self.tell(message.outcome.said)
        self.draw()

    def action_undo(self) -> None:
        """Go back to before the last change."""
        source = self.source
        if source is None:
            return
        changes = source.checkpoints.before_changes
        if changes:
            self._go_back(source, changes[-1])
        else:
            self.tell("There is no change to undo.")

    def _go_back(self, source: Source, kept: KeptCheckpoint, change: Do | None = None) -> None:
        status = source.status()
        undone = "" if change or not kept.change else f": {kept.change} undone"
        self.tell(f"Rolled back from step {status.step:,} to {kept.step:,}{undone}")
        self.post_message(self.WentBack(kept, status.state is RunState.PAUSED, change))

    def show_fork(self, source: Source) -> None:
        """Show a run that went back, in place of the one that it came from."""
        self.wanted = replace(self.wanted, time=ranges.TimeRange(), frozen=False)
        self.observe(Observer(source))

    def share_diagnosis(self, source: Source, diagnosis: Diagnosing) -> None:
        """If it is this source that is shown: whoever records it diagnoses it for both."""
        if isinstance(self._observer, Observer) and self._observer.source is source:
            self._observer.share(diagnosis)

    # Keys: cures

    @property
    def only_looks_on(self) -> bool:
        """Whether the run is trained elsewhere, or not at all any more."""
        return False

    def action_cures(self) -> None:
        """Offer cures of what was found."""
        view = self.query_one("#findings", Panel).view
        if view is None or not view.findings:
            self.tell("Nothing wrong was found so far: there is nothing to cure.")
            return
        from .cures_screen import CuresScreen, offers

        offered = offers(
            view.findings, view.experiment, view.facts, from_the_start=self.only_looks_on
        )
        if offered:
            screen = CuresScreen(offered, ascii_only=self.look.glyphs.ascii)
            self.app.push_screen(screen, self._try)
        else:
            self.tell("No cure is known that would change this experiment.")

    def _try(self, chosen: tuple[Finding, Cure] | None) -> None:
        if chosen is not None:
            self.post_message(self.Tried(*chosen))


def _where_to_go_back(source: Source) -> KeptCheckpoint | None:
    """Of a run that broke its last good checkpoint; any other can go on as it is, or not at all."""
    broke = source.status().state is RunState.DIVERGED
    return source.checkpoints.last_good if broke else None


def with_next_seed(experiment: Experiment) -> Experiment:
    """The same experiment with the next seed, in its command line as well."""
    seed = (experiment.seed + 1) % 2**63
    overrides = tuple(pair for pair in experiment.overrides if pair[0] != "seed")
    return replace(experiment, seed=seed, overrides=(*overrides, ("seed", seed)))
