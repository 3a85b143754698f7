"""The recorded runs on a screen: to find one, to look at it again, to delete it."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static
from textual.widgets.option_list import Option

from ..core.errors import DataError, InputError
from ..core.store.places import Place
from ..core.store.run_list import SORTS, ListedRun, RunList
from ..core.store.stored_run import Life
from .arranged_screen import ArrangedScreen
from .deletion_screen import DeletionScreen
from .key_line import KeyLine
from .keymap import RUNS, bindings
from .link import Link
from .number_format import count_text, short
from .observer import Look
from .options import Options
from .runs_text import findings_text, started_text, state_text
from .safe_text import safe_text

INTERVAL = 1.0
"""Seconds between two looks at what runs there are."""
NOTHING = "No runs are recorded yet: g opens the gallery, and enter there trains one."
NARROW = 100
"""Cells of the list below which names and times are shorter."""


def columns(width: int) -> dict[str, int]:
    """Cells of each column in a list so wide; the findings have what is left."""
    narrow = width < NARROW
    name, started = (16, 11) if narrow else (24, 16)
    return {"state": 10, "name": name, "started": started, "steps": 7, "loss": 8}


_NUMBERS = ("steps", "loss")
_STYLES: dict[Life | None, str] = {
    Life.RUNNING: "$text-success",
    Life.PAUSED: "$text-warning",
    Life.DIVERGED: "$text-error",
    Life.FAILED: "$text-error",
    Life.DEAD: "$text-warning",
    None: "$text-warning",
}


class RunsOptions(Options, can_focus=True, inherit_bindings=False):
    """The list; the screen has the keys."""

    ALLOW_SELECT = False


class RunsScreen(ArrangedScreen):
    """The runs that are recorded, in any order, those that live as they are now.

    Args:
        look: the colors and characters to draw with.
        link: the way to the terminal.
    """

    KEYS = RUNS
    BINDINGS = bindings(RUNS)
    AUTO_FOCUS = "RunsOptions"

    class Chosen(Message):
        """A person wants to see this run."""

        def __init__(self, run: ListedRun) -> None:
            super().__init__()
            self.run = run

    class Left(Message):
        """A person wants to go back to where he came from."""

    def __init__(self, look: Look, link: Link) -> None:
        super().__init__(look, link)
        self._list = RunList()
        self._runs: tuple[ListedRun, ...] = ()
        self._listed: list[ListedRun] = []
        self._shown: list[Content] = []
        self._problem = ""
        self._sort = next(iter(SORTS))
        self._looks: Timer | None = None
        self._behind = ""

    def compose(self) -> ComposeResult:
        """The list with its filter and its headings; what is said of one run; the key line."""
        with Vertical(id="runs"):
            yield Input(placeholder="filter", id="runs-filter", select_on_focus=False)
            yield Static("", id="runs-headings", markup=False)
            yield RunsOptions(id="runs-list", markup=False, compact=True)
            yield Static("", id="runs-about", markup=False)
        yield from self.compose_ends()

    def on_mount(self) -> None:
        """Read what there is."""
        words = self.query_one("#runs-filter", Input)
        words.cursor_blink = False
        words.display = False
        self._looks = self.set_interval(INTERVAL, self._look)

    def on_screen_resume(self) -> None:
        """In front."""
        self._label_keys()
        if self._looks is not None:
            self._looks.resume()
        self._look()

    def on_screen_suspend(self) -> None:
        """Another screen is in front: a screen behind it that stirs would have it repainted."""
        if self._looks is not None:
            self._looks.pause()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the columns to the new width."""
        super().on_resize(event)
        self.call_after_refresh(self._show_list)

    def running(self, name: str) -> None:
        """Say what there is to go back to; empty: nothing."""
        self._behind = name
        if self.is_whole:
            self._label_keys()

    def _label_keys(self) -> None:
        filtering = self.query_one("#runs-filter").display
        back = "clear" if filtering else f"back to {self._behind}" if self._behind else ""
        self.query_one(KeyLine).show({"escape": safe_text(back, 30)})

    # The list

    @work(thread=True, exclusive=True, group="runs", exit_on_error=False)
    def _look(self) -> None:
        try:
            runs, problem = self._list.read(), ""
        except (InputError, DataError) as error:
            runs, problem = (), str(error)
        self.app.call_later(self._take, runs, problem)

    def _take(self, runs: tuple[ListedRun, ...], problem: str) -> None:
        if self.is_whole and (runs, problem) != (self._runs, self._problem):
            self._runs, self._problem = runs, problem
            self._show_list()

    def _show_list(self) -> None:
        """List what matches the filter, in the order that is wanted; the chosen run stays so."""
        if not self.is_whole:
            return
        chosen = self.chosen
        words = self.query_one("#runs-filter", Input).value
        matching = [run for run in self._runs if run.matches(words)]
        self._listed = sorted(matching, key=SORTS[self._sort])
        options = self.query_one(RunsOptions)
        width = max(options.scrollable_content_region.width, 1)
        lines = [_line(run, width) for run in self._listed]
        if len(lines) == len(self._shown):
            for at, (before, now) in enumerate(zip(self._shown, lines, strict=True)):
                if before != now:
                    options.replace_option_prompt_at_index(at, now)
        else:
            options.clear_options()
            options.add_options(map(Option, lines))
        self._shown = lines
        if self._listed:
            places = [run.place for run in self._listed]
            known = chosen is not None and chosen.place in places
            at = places.index(chosen.place) if known and chosen else 0
            options.highlighted = at
        self.query_one("#runs-headings", Static).update(_headings(width, self._sort))
        box = self.query_one("#runs")
        box.border_title = Content(f"recorded runs: {len(self._runs):,}")
        self._tell_about()

    @property
    def chosen(self) -> ListedRun | None:
        """The run that is looked at."""
        at = self.query_one(RunsOptions).highlighted
        return self._listed[at] if at is not None and at < len(self._listed) else None

    def _tell_about(self) -> None:
        run = self.chosen
        if run is not None:
            text = _about(run)
        elif self._problem:
            text = self._problem
        else:
            text = "Nothing matches." if self._runs else NOTHING
        self.query_one("#runs-about", Static).update(Content(safe_text(text, 400)))

    def on_option_list_option_highlighted(self) -> None:
        """Another run is looked at."""
        self._tell_about()

    def on_option_list_option_selected(self) -> None:
        """A run was clicked."""
        self.action_open()

    def on_input_changed(self) -> None:
        """List what matches the words."""
        self._show_list()

    def on_input_submitted(self) -> None:
        """Enter in the filter."""
        self.action_open()

    # Keys

    def action_move(self, rows: int) -> None:
        """The run above or below."""
        options = self.query_one(RunsOptions)
        if rows < 0:
            options.action_cursor_up()
        else:
            options.action_cursor_down()

    def action_page(self, pages: int) -> None:
        """A page up or down."""
        options = self.query_one(RunsOptions)
        if pages < 0:
            options.action_page_up()
        else:
            options.action_page_down()

    def action_filter(self) -> None:
        """Write words to look for."""
        words = self.query_one("#runs-filter", Input)
        words.display = True
        words.focus()
        self._label_keys()

    def action_sort(self) -> None:
        """Sort by the next column."""
        orders = [name for name in SORTS if name != "id"]
        self._sort = orders[(orders.index(self._sort) + 1) % len(orders)]
        self._show_list()

    def action_open(self) -> None:
        """See the run."""
        run = self.chosen
        if run is None:
            return
        if run.problem:
            self.tell(run.problem, error=True)
        else:
            self.post_message(self.Chosen(run))

    def action_delete(self) -> None:
        """Delete the run, if it is meant."""
        run = self.chosen
        if run is None:
            return
        if run.live:
            self.tell(f"Run {run.place.id} is being trained: stop it first.", error=True)
            return
        place = run.place

        def answered(deleted: bool | None) -> None:
            if deleted:
                self._delete(place)

        name = f"{run.name or 'the run'} ({place.id})"
        screen = DeletionScreen(name, ascii_only=self.look.glyphs.ascii)
        self.app.push_screen(screen, answered)

    def _delete(self, place: Place) -> None:
        from ..core.store.deleting import delete

        try:
            delete(place)
        except (InputError, DataError) as error:
            self.tell(str(error), error=True)
        else:
            self.tell(f"Deleted run {place.id}")
        self._look()

    def action_back(self) -> None:
        """Drop the filter; without one, back to where one came from."""
        words = self.query_one("#runs-filter", Input)
        if words.display:
            words.value = ""
            words.display = False
            self.query_one(RunsOptions).focus()
            self._label_keys()
        elif self._behind:
            self.post_message(self.Left())


def _line(run: ListedRun, width: int) -> Content:
    """A run in the columns that there is room for."""
    cells = columns(width)
    state = Content.styled(_fit(state_text(run), cells["state"]), _STYLES.get(run.life, ""))
    if run.problem:
        parts = [_fit(run.place.id, cells["name"])]
    else:
        parts = [
            _fit(run.name, cells["name"]),
            _fit(started_text(run)[-cells["started"] :], cells["started"]),
            count_text(run.steps).rjust(cells["steps"]),
            (short(run.loss) if run.steps else "").rjust(cells["loss"]),
        ]
    parts.append(findings_text(run))
    room = max(width - cells["state"] - 1, 1)
    return Content(" ").join((state, Content(safe_text("  ".join(parts), room))))


def _headings(width: int, sort: str) -> Content:
    """The names of the columns; that by which the list is sorted stands out."""
    parts = []
    for name, cells in {**columns(width), "findings": len("findings")}.items():
        text = name.rjust(cells) if name in _NUMBERS else name.ljust(cells)
        parts.append(Content.styled(text, "bold $primary" if name == sort else "$text-muted"))
    head = Content("  ").join(parts[1:])
    return Content(" ").join((parts[0], head)).truncate(max(width, 1))


def _fit(text: str, cells: int) -> str:
    text = safe_text(text, cells)
    return text + " " * (cells - cell_len(text))


def _about(run: ListedRun) -> str:
    """What there is no room for in the list."""
    if run.problem:
        return run.problem
    steps = f"{run.steps:,} of {run.planned:,} steps" if run.planned else f"{run.steps:,} steps"
    found = findings_text(run) or "nothing wrong found"
    return f"{run.place.id}: {steps}; {found}"
