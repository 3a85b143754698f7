"""The app without its runs: themes, keys, pictures, the way to the terminal, and the end."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TextIO

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from ..core.errors import InputError
from .arranged_screen import ArrangedScreen
from .capture import CapturedText
from .command_search import CommandSearch
from .glyphs import detect_glyphs
from .help import HelpScreen
from .keymap import PROGRAM, Key, bindings
from .link import Link
from .new_file import file_stem
from .observer import Look
from .palette import PLAIN_THEME, THEMES, next_theme, palette_for
from .picture import save_picture
from .safe_text import safe_text

FIRST_PAINT = 0.1
"""Seconds that the first paint may hold up what competes with it for the interpreter."""


class Shell(App[None]):
    """What all screens of Backscope share.

    Args:
        theme: the name of one of ``palette.THEMES``; None: the first.
        log: takes what training code prints; None: a new one.

    Attributes:
        captured: what training code prints.
        link: the way to the terminal; whoever owns one opens it.
        streams: where prints go while the app runs; None: where Textual sends them, nowhere.
    """

    TITLE = "Backscope"
    CSS_PATH = "backscope.tcss"
    BINDINGS = [  # noqa: RUF012  # as Textual has it
        *bindings(PROGRAM),
        Binding("ctrl+c", "leave(130)", "interrupt", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, priority=True),
    ]

    def __init__(self, *, theme: str | None = None, log: CapturedText | None = None) -> None:
        # Otherwise Textual's idea of no color is grays.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.streams: tuple[TextIO, TextIO] | None = None
        self.link = Link()
        self._painted = asyncio.Event()
        self.captured = log if log is not None else CapturedText()
        for entry in (*THEMES, PLAIN_THEME):
            self.register_theme(entry)
        self.theme = PLAIN_THEME.name if self.no_color else theme or THEMES[0].name
        encoding = getattr(sys.__stdout__, "encoding", None) or ""
        self._glyphs = detect_glyphs(encoding, os.environ.get("TERM", ""))

    @property
    def look(self) -> Look:
        """The colors and characters of this terminal."""
        depth = None if self.no_color else self.console.color_system
        return Look(palette_for(self.theme, depth), self._glyphs)

    @property
    def screens_in_use(self) -> tuple[ArrangedScreen, ...]:
        """The screens that want to know of another theme."""
        return ()

    def on_mount(self) -> None:
        """Have prints go where they are wanted."""
        if self.streams is not None:
            sys.stdout, sys.stderr = self.streams  # Textual puts back what was there at its end

    def watch_theme(self) -> None:
        """Have the panels drawn in the new colors."""
        if self.is_running:
            for screen in self.screens_in_use:
                screen.restyle(self.look)

    def post_display_hook(self) -> None:
        """Ask the terminal to say when it has shown this frame."""
        self._painted.set()
        self.link.ask(self._driver)

    async def painted(self) -> None:
        """Wait for the first paint, but not for long: a terminal without cells never gets one."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._painted.wait(), FIRST_PAINT)

    def arrived(self) -> None:
        """It has."""
        if isinstance(self.screen, ArrangedScreen):
            self.screen.arrived()

    def action_next_theme(self) -> None:
        """The next of our themes."""
        if self.no_color:
            self.tell("Themes are colors, and NO_COLOR is set.")
            return
        self.theme = next_theme(self.theme)

    def action_picture(self) -> None:
        """Save a picture of the screen."""
        stem = getattr(self.screen, "file_stem", "") or file_stem("gallery")
        svg = self.export_screenshot(title=self.TITLE)
        try:
            path = save_picture(svg, Path(), stem)
        except InputError as error:
            self.tell(str(error), error=True)
        else:
            self.tell(f"Picture saved as {path}")

    def action_help(self) -> None:
        """Show all keys of the screen."""
        keys = self._keys(self.screen)
        if keys:
            self.push_screen(HelpScreen(keys, ascii_only=self._glyphs.ascii))

    def action_command_palette(self) -> None:
        """Find a key's action by words."""
        if not isinstance(self.screen, CommandSearch):
            self.push_screen(CommandSearch(id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The keys of the screen, for the command palette."""
        for key in self._keys(screen):
            if key.about:
                title = key.about[0].upper() + key.about[1:]
                run = partial(screen.run_action, key.target)
                yield SystemCommand(title, f"key: {key.shown}", run)

    def _keys(self, screen: Screen[object]) -> tuple[Key, ...]:
        return getattr(screen, "KEYS", ())

    async def action_quit(self) -> None:
        """End, with exit code 0."""
        self.leave(0)

    def action_leave(self, code: int) -> None:
        """End, with this exit code."""
        self.leave(code)

    def action_suspend_process(self) -> None:
        """Stop, and give the terminal to the shell until it has this go on."""
        suspend = getattr(self._driver, "suspend", None)  # not where no terminal is drawn on
        if suspend is not None:
            suspend()

    def leave(self, code: int) -> None:
        """End, with this exit code."""
        self.exit(return_code=code)

    def tell(self, text: str, *, error: bool = False) -> None:
        """Say one line, which may come from outside."""
        self.notify(safe_text(text), severity="error" if error else "information", markup=False)
