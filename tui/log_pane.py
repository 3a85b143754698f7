"""The log pane: the last lines that training code printed, as text and nothing else."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from .capture import CapturedText
from .safe_text import safe_text


class LogPane(Widget):
    """Shows the end of a captured text; ``follow`` brings it up to date."""

    DEFAULT_CSS = """
    LogPane {
        height: 10;
        max-height: 50%;
        border: round $panel-lighten-2;
        border-title-color: $text-muted;
        border-title-style: none;
        background: $background;
        color: $foreground;
        & > .log-pane--error { color: $warning; }
    }
    """
    COMPONENT_CLASSES = {"log-pane--error"}  # noqa: RUF012  # as Textual has it
    ALLOW_SELECT = False

    def __init__(self, log: CapturedText) -> None:
        super().__init__(id="log")
        self._log = log
        self._shown: list[Segment] = []
        self._seen = 0
        self.border_title = Content("output of the training code")

    @property
    def unread(self) -> bool:
        """Whether something was written that was never shown."""
        return self._log.changes > self._seen

    def follow(self) -> None:
        """Show what was written since; does nothing when that is nothing."""
        if self.display and self._log.changes > self._seen:
            self._seen = self._log.changes
            self.refresh()

    def render_lines(self, crop: object) -> list[Strip]:
        """All rows, from one look at the log."""
        width, height = self.size
        plain = self.visual_style.rich_style
        error = plain + self.get_component_rich_style("log-pane--error", partial=True)
        lines = self._log.lines()[-height:]
        self._shown = [
            Segment(safe_text(line.text, width), error if line.error else plain) for line in lines
        ] or [Segment("Nothing was printed so far."[:width], plain + Style(dim=True))]
        return super().render_lines(crop)  # type: ignore[arg-type]  # a Region, passed on

    def render_line(self, y: int) -> Strip:
        """One line of the log."""
        style = self.visual_style.rich_style
        if y >= len(self._shown):
            return Strip.blank(self.size.width, style)
        return Strip([self._shown[y]]).adjust_cell_length(self.size.width, style)
