"""Choosing a preset: titles on the left; the story and the picture to expect on the right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from ..core.experiment import Experiment
from .arranged_screen import ArrangedScreen
from .gallery_entries import Entry, load_entries
from .key_line import KeyLine
from .keymap import GALLERY, bindings
from .link import Link
from .observer import Display, Look
from .options import Options
from .panels import PANELS, Panel
from .preview import STEPS, Preview
from .safe_text import safe_text
from .story import story_content
from .training import SourceFactory

DEBOUNCE = 0.15
"""Seconds a preset must be looked at before its picture is made: arrows may be held down."""
FRAME = 0.1


class PresetList(Options, can_focus=True, inherit_bindings=False):
    """The list; the screen has the keys."""

    ALLOW_SELECT = False


class Gallery(ArrangedScreen):
    """The presets, and the experiments in the current folder.

    Args:
        factory: makes the source of an experiment whose picture is wanted.
        look: the colors and characters to draw with.
        link: the way to the terminal.
    """

    KEYS = GALLERY
    BINDINGS = bindings(GALLERY)
    AUTO_FOCUS = "PresetList"

    class Chosen(Message):
        """A person wants this experiment to be trained."""

        def __init__(self, experiment: Experiment) -> None:
            super().__init__()
            self.experiment = experiment

    class Left(Message):
        """A person wants to go back to the run."""

    def __init__(self, factory: SourceFactory, look: Look, link: Link) -> None:
        super().__init__(look, link)
        self._factory = factory
        self._entries: tuple[Entry, ...] = ()
        self._listed: list[Entry] = []
        self._previews: dict[str, Preview] = {}
        self._behind = ""
        self._debounce: Timer | None = None
        self._frames: Timer | None = None

    def compose(self) -> ComposeResult:
        """The list with its filter; the story with its picture; the key line."""
        with Horizontal(id="gallery"):
            with Vertical(id="choice"):
                yield Input(placeholder="filter", id="filter", select_on_focus=False)
                yield PresetList(id="presets", markup=False, compact=True)
            with Vertical(id="about"):
                with VerticalScroll(id="story", can_focus=False):
                    yield Static("", id="story-text", markup=False)
                with Horizontal(id="picture"):
                    for name in ("loss", "gradient_profile"):
                        panel = Panel(PANELS[name])
                        panel.can_focus = False
                        yield panel
        yield from self.compose_ends()

    def on_mount(self) -> None:
        """Read the presets; have an eye on the picture."""
        self.query_one("#choice").border_title = Content("presets")
        caption = Content(f"below: its first {STEPS} steps")
        self.query_one("#story").border_subtitle = caption
        words = self.query_one("#filter", Input)
        words.cursor_blink = False
        words.display = False
        self._frames = self.set_interval(FRAME, self._draw)
        self._load()

    def running(self, name: str) -> None:
        """Say which run goes on behind the gallery, and begin with it; empty: none."""
        self._behind = name
        if self.is_whole:
            self._label_keys()
            self._highlight(name)

    def _highlight(self, name: str) -> None:
        for at, entry in enumerate(self._listed):
            if entry.name == name:
                self.query_one(PresetList).highlighted = at

    def restyle(self, look: Look) -> None:
        """Draw with other colors from now on."""
        super().restyle(look)
        self._show_picture()

    def on_screen_resume(self) -> None:
        """In front."""
        self._label_keys()
        if self._frames is not None:
            self._frames.resume()

    def on_screen_suspend(self) -> None:
        """Another screen is in front: a screen behind it that stirs would have it repainted."""
        if self._frames is not None:
            self._frames.pause()

    def _label_keys(self) -> None:
        filtering = self.query_one("#filter").display
        back = "clear" if filtering else f"back to {self._behind}" if self._behind else ""
        self.query_one(KeyLine).show({"escape": safe_text(back, 30)})

    # The list

    @work(thread=True, group="load")
    def _load(self) -> None:
        entries = load_entries(Path())
        self.app.call_later(self._list, entries)

    def _list(self, entries: Sequence[Entry]) -> None:
        if not self.is_whole:
            return
        self._entries = tuple(entries)
        self._show_list("")
        self._highlight(self._behind)

    def _show_list(self, words: str) -> None:
        chosen = self._chosen
        self._listed = [entry for entry in self._entries if entry.matches(words)]
        presets = self.query_one(PresetList)
        presets.clear_options()
        presets.add_options(Option(_line(entry)) for entry in self._listed)
        if self._listed:
            presets.highlighted = self._listed.index(chosen) if chosen in self._listed else 0
        else:
            self._tell_about(None)

    @property
    def _chosen(self) -> Entry | None:
        at = self.query_one(PresetList).highlighted
        return self._listed[at] if at is not None and at < len(self._listed) else None

    def on_option_list_option_highlighted(self) -> None:
        """Another preset is looked at."""
        self._tell_about(self._chosen)

    def on_option_list_option_selected(self) -> None:
        """A preset was clicked."""
        self.action_run()

    def on_input_changed(self, event: Input.Changed) -> None:
        """List what matches the words."""
        self._show_list(event.value)

    def on_input_submitted(self) -> None:
        """Enter in the filter."""
        self.action_run()

    # What is told about one

    def _tell_about(self, entry: Entry | None) -> None:
        self.query_one("#story-text", Static).update(_about(entry))
        self.query_one("#story").scroll_home(animate=False)
        self.query_one("#picture").set_class(True, "-empty")
        if self._debounce is not None:
            self._debounce.stop()
        self.workers.cancel_group(self, "preview")
        if entry is None or entry.experiment is None:
            return
        if entry.name in self._previews:
            self._previews[entry.name].forget_what_was_shown()
            self._draw()
        self._debounce = self.set_timer(DEBOUNCE, self._show_picture)

    def _show_picture(self) -> None:
        entry = self._chosen if self.is_whole else None
        if entry is None or entry.experiment is None:
            return
        preview = self._previews.get(entry.name)
        if preview is None:
            preview = self._previews[entry.name] = Preview(entry.experiment, self._factory)
        preview.forget_what_was_shown()
        self._draw()
        if not preview.complete:
            self._train(preview)

    @work(thread=True, exclusive=True, group="preview", exit_on_error=False)
    def _train(self, preview: Preview) -> None:
        worker = get_current_worker()
        preview.train(lambda: worker.is_cancelled)

    def _draw(self) -> None:
        entry = self._chosen if self.is_whole else None
        preview = self._previews.get(entry.name) if entry else None
        if preview is None or not self.is_current:
            return
        if preview.problems:
            self._say_problems(preview)
            return
        view = preview.view(Display(), self.look)
        if view is not None and view.snapshot.count:
            with self.app.batch_update():
                self.query_one("#picture").set_class(False, "-empty")
                for panel in self.query(Panel):
                    panel.show(view)

    def _say_problems(self, preview: Preview) -> None:
        entry = self._chosen
        if entry is not None and not entry.problems:
            broken = Entry(entry.name, None, preview.problems)
            self.query_one("#story-text", Static).update(_about(broken))

    # Keys

    def action_move(self, rows: int) -> None:
        """The preset above or below."""
        presets = self.query_one(PresetList)
        if rows < 0:
            presets.action_cursor_up()
        else:
            presets.action_cursor_down()

    def action_scroll_story(self, direction: int) -> None:
        """Scroll the story by half of what is seen of it."""
        story = self.query_one("#story")
        story.scroll_relative(y=direction * max(story.size.height // 2, 1), animate=False)

    def action_filter(self) -> None:
        """Write words to look for."""
        words = self.query_one("#filter", Input)
        words.display = True
        words.focus()
        self._label_keys()

    def action_run(self) -> None:
        """Train what is looked at."""
        entry = self._chosen
        if entry is not None and entry.experiment is not None:
            self.post_message(self.Chosen(entry.experiment))

    def action_back(self) -> None:
        """Drop the filter; without one, back to the run."""
        words = self.query_one("#filter", Input)
        if words.display:
            words.value = ""
            words.display = False
            self.query_one(PresetList).focus()
            self._label_keys()
        elif self._behind:
            self.post_message(self.Left())


def _line(entry: Entry) -> Content:
    """Title and name, one below the other."""
    name = Content.styled(f"  {safe_text(entry.name, 80)}", "dim")  # of either row's color
    if entry.experiment is None:
        title = Content.styled("cannot be read", "$text-warning")
    else:
        title = Content(safe_text(entry.title or entry.name, 120))
    return Content("\n").join((title, name))


def _about(entry: Entry | None) -> Content:
    """Title and story; of a broken file its problems."""
    if entry is None:
        return Content.styled("Nothing matches.", "$foreground-muted")
    if entry.experiment is None:
        head = Content.styled(safe_text(entry.name), "bold $text-warning")
        lines = [Content(safe_text(problem, 1_000)) for problem in entry.problems]
        return Content("\n\n").join((head, *lines))
    title = Content.styled(safe_text(entry.title or entry.name), "bold $primary")
    return Content("\n\n").join((title, story_content(entry.experiment.story)))
