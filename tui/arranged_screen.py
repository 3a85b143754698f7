"""What our two screens share: a layout chosen by size, a line in its place, a table of keys."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from .arrangement import Arrangement, arrange, too_small
from .key_line import KeyLine
from .keymap import Key
from .link import ANSWERS, Link
from .narrow_update import NarrowCompositor
from .observer import Look
from .safe_text import safe_text


class ArrangedScreen(Screen[None]):
    """A screen with a class for its layout, a notice for when there is none, and a key line."""

    KEYS: ClassVar[tuple[Key, ...]] = ()
    """The keys, for the key line, the help screen and the command palette."""

    def __init__(self, look: Look, link: Link) -> None:
        super().__init__(classes="-ascii" if look.glyphs.ascii else None)
        self._compositor = NarrowCompositor()
        self.look = look
        """The colors and characters to draw with."""
        self.link = link
        """The way to the terminal."""
        self._held_back: Timer | None = None
        self._told = ""

    @property
    def is_whole(self) -> bool:
        """All its widgets are there: no more while it, or the app, is going.

        A timer or a thread may call once more while the screen is taken apart.
        """
        return self.is_mounted and not self._pruning and bool(self.children)

    def restyle(self, look: Look) -> None:
        """Draw with other colors from now on; each screen knows what it has drawn."""
        self.look = look

    def compose_ends(self) -> ComposeResult:
        """The widgets that every screen ends with."""
        self._arrange(self.app.size)  # before the first layout, which is painted at once
        yield Static("", id="notice", markup=False)
        yield KeyLine(self.KEYS, ascii_only=self.look.glyphs.ascii)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size."""
        chosen = self._arrange(event.size)
        text = too_small(*event.size) if chosen is Arrangement.TINY else ""
        self.query_one("#notice", Static).update(Content(text), layout=False)

    def _arrange(self, size: Size) -> Arrangement:
        chosen = arrange(*size)
        for arrangement in Arrangement:
            self.set_class(arrangement is chosen, arrangement.value)
        return chosen

    def _on_screen_resume(self, event: events.ScreenResume) -> None:
        """Come to the front. A new layout has then been painted, and needs no painting again."""
        event.prevent_default()
        is_new = self._size != self.app.size
        super()._on_screen_resume(event)
        if is_new:
            self._repaint_required = False

    def _on_timer_update(self) -> None:
        """Paint; not while the link is full: what is dirty is painted as it is after the wait."""
        if self._held_back is not None:
            self._held_back.stop()
            self._held_back = None
        wait = self.link.wait(ANSWERS)
        if wait:
            self._update_timer.pause()
            self._held_back = self.set_timer(wait, self.check_idle)
        else:
            if self._layout_required and self._repaint_required:
                # A new layout is painted at once: Textual would paint the whole screen again.
                self._repaint_required = False
                self._dirty_widgets.add(self)
            super()._on_timer_update()

    def paint(self) -> None:
        """Paint what has changed now, without the round that messages take through all widgets."""
        if self._layout_required or not self.is_current:
            return
        for widget in self._compositor.visible_widgets:
            if widget._repaint_required and not widget._layout_required:
                widget._repaint_required = False
                self._dirty_widgets.add(widget)
        self._on_timer_update()

    def arrived(self) -> None:
        """The terminal has shown what was sent: paint what was held back."""
        if self._held_back is not None:
            self.check_idle()

    def tell(self, text: str, *, error: bool = False) -> None:
        """Say something in passing; the same once more does not pile up."""
        if text == self._told:
            self.app.clear_notifications()
        self._told = text
        self.notify(safe_text(text), severity="error" if error else "information", markup=False)
