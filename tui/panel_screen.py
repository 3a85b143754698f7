"""A screen of panels: the keys that change what is seen of a run, and never the run itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.content import Content
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from ..core.errors import InputError
from . import time_range as ranges
from .log_pane import LogPane
from .new_file import file_stem
from .panels import PANELS, Instrument, Panel
from .run_screen import RunScreen
from .safe_text import safe_text

if TYPE_CHECKING:
    from ..core.findings import Facts
    from ..core.history import Snapshot


class PanelScreen(RunScreen):
    """Shows a source in panels, which are seen together or one alone, at any time of the run."""

    INSTRUMENTS: ClassVar[dict[str, Instrument]] = PANELS
    """What the panels show; number keys count them."""

    _banner = ""

    class Saved(Message):
        """The history was written to a file, or could not be."""

        def __init__(self, path: Path | None, problem: str = "") -> None:
            super().__init__()
            self.path = path
            self.problem = problem

    # Layout

    def show_banner(self, text: str) -> None:
        """A line that stays until it is taken back; empty: none."""
        if text == self._banner or not self.is_whole:
            return
        self._banner = text
        banner = self.query_one("#banner", Static)
        banner.update(Content(safe_text(text)))
        banner.display = bool(text)

    @property
    def alone(self) -> Panel | None:
        """The panel that is maximized, if one is."""
        return next(iter(self.query(Panel).filter(".-alone")), None)

    def _show_alone(self, chosen: Panel | None) -> None:
        for panel in self.query(Panel):
            panel.set_class(panel is chosen, "-alone")
        self.set_class(chosen is not None, "-one")
        self.set_class(chosen is not None and chosen.id == "status", "-only-status")

    # Keys: time and display

    def action_time(self, move: str) -> None:
        """Move the cursor, or show another range."""
        if self._observer:
            self._see(ranges.MOVES[move](self.wanted.time, self._observer.extent))

    def on_panel_cursor_moved(self, message: Panel.CursorMoved) -> None:
        """A person pointed at a step."""
        if self._observer:
            extent = self._observer.extent
            self._see(ranges.place_cursor(self.wanted.time, extent, message.step))

    def on_panel_zoomed(self, message: Panel.Zoomed) -> None:
        """A person turned the wheel over a step."""
        if self._observer:
            time, extent = self.wanted.time, self._observer.extent
            self._see(ranges.zoom(time, extent, closer=message.closer, around=message.step))

    def _see(self, chosen: ranges.TimeRange) -> None:
        self.wanted = replace(self.wanted, time=chosen)
        self.draw()

    def action_switch(self, name: str) -> None:
        """Turn one of the switches of ``Display``, from how it is shown now."""
        shown = self._observer if name == "logarithmic" and self._observer else self.wanted
        turned: dict[str, Any] = {name: not getattr(shown, name)}
        self.wanted = replace(self.wanted, **turned)
        self.draw()

    def action_panel(self, number: int) -> None:
        """One panel alone; the same again: all."""
        chosen = self.query_one(f"#{list(self.INSTRUMENTS)[number - 1]}", Panel)
        self._show_alone(None if chosen is self.alone else chosen)

    def action_maximize(self) -> None:
        """The focused panel alone, or all again."""
        focused = self.focused if isinstance(self.focused, Panel) else None
        self._show_alone(None if self.alone else focused or self.query_one("#loss", Panel))

    def action_back(self) -> None:
        """Undo what is in the way of the whole live picture, one thing at a time."""
        log = self.query_one(LogPane)
        if self.alone:
            self._show_alone(None)
        elif self.wanted.time.cursor is not None:
            self.action_time("newest")
        elif log.display:
            log.display = False
        else:
            self.set_focus(None)

    def action_log(self) -> None:
        """Show or hide what training code prints."""
        log = self.query_one(LogPane)
        log.display = not log.display
        self.draw()

    # Keys: files

    @property
    def file_stem(self) -> str:
        """What files made of this screen are called, without their ending."""
        name = self.experiment.name if self.experiment else ""
        return file_stem(name, self._observer.extent.last if self._observer else 0)

    def action_csv(self) -> None:
        """Save the history."""
        if self.source is not None:
            source = self.source
            self._save_history(source.history.snapshot(), source.facts, self.file_stem)

    @work(thread=True, group="files")
    def _save_history(self, snapshot: Snapshot, facts: Facts, stem: str) -> None:
        from .history_csv import save_history  # not before the first screen

        worker = get_current_worker()
        try:
            path = save_history(snapshot, facts, Path(), stem, lambda: worker.is_cancelled)
        except InputError as error:
            self.post_message(self.Saved(None, str(error)))
        else:
            if path is not None:
                self.post_message(self.Saved(path))

    def on_panel_screen_saved(self, message: Saved) -> None:
        """Say where the history is now."""
        if message.path is None:
            self.tell(message.problem, error=True)
        else:
            self.tell(f"History saved as {message.path}")
