"""The keys of every screen, once: bindings, the key line, the help screen and the command palette.

Adding a key is one line here and one ``action_`` method on the screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True)
class Key:
    """One action and the keys that do it."""

    keys: str
    """Textual's names, separated by commas."""
    shown: str
    """What is printed on the keys."""
    action: str
    """The screen's action, or the app's: ``pause``, ``app.quit``."""
    label: str
    """One word for the key line."""
    about: str
    """What it does; keys about which nothing is said are not told of."""
    rank: int = 0
    """1: shown first on a narrow key line; 0: never on it."""
    pair: str = ""
    """What the key line prints for this key and its opposite together."""
    group: str = ""
    """The heading on the help screen."""

    @property
    def target(self) -> str:
        """The action with where it lives."""
        return self.action if self.action.startswith("app.") else f"screen.{self.action}"


def _group(name: str, *keys: Key) -> tuple[Key, ...]:
    return tuple(replace(key, group=name) for key in keys)


def _group_of(keys: Iterable[Key], name: str) -> tuple[Key, ...]:
    return tuple(key for key in keys if key.group == name)


PROGRAM = _group(
    "program",
    Key("t", "t", "app.next_theme", "theme", "next theme", 13),
    Key("p", "p", "app.picture", "picture", "save a picture of the screen (SVG)", 11),
    Key("question_mark", "?", "app.help", "help", "all keys", 1),
    Key("q", "q", "app.quit", "quit", "quit", 1),
    Key("ctrl+z", "ctrl z", "app.suspend_process", "", "stop, and back to the shell until fg"),
)
"""Keys that every screen has."""

_PANELS = (
    Key("l", "l", "switch('logarithmic')", "log", "loss: linear or logarithmic", 8),
    Key("h", "h", "switch('heatmap')", "heatmap", "norms: lines or a heatmap", 8),
    Key("e", "e", "switch('signal')", "signal", "norms: weight gradient or error signal", 9),
    Key("m", "m", "maximize", "", "the focused panel alone, or all again"),
    Key("1", "1-6", "panel(1)", "panel", "one panel alone, or all again", 7),
    *(Key(str(n), "", f"panel({n})", "", "") for n in range(2, 7)),
    Key("tab", "tab", "app.focus_next", "", "focus the next panel"),
)
"""How the panels are drawn, and which of them."""

DASHBOARD = (
    *_group(
        "training",
        Key("space", "space", "pause", "pause", "pause or resume training", 1),
        Key("s", "s", "step", "step", "one training step; pauses a running one", 2),
        Key("r", "r", "restart", "restart", "start again with the same seed", 6),
        Key("n", "n", "new_seed", "new seed", "start again with the next seed", 10),
        Key("plus,equals_sign", "+", "rate(2.0)", "rate", "double the learning rate", 4, "+ -"),
        Key("minus", "-", "rate(0.5)", "", "halve the learning rate"),
        Key("i", "i", "interventions", "change", "change the running network: clip, revive ...", 5),
        Key("u", "u", "undo", "undo", "undo the last change: roll back to before it", 5),
        Key("comma", ",", "pace('slower')", "pace", "slow motion: fewer steps a second", 12, ", ."),
        Key("full_stop", ".", "pace('faster')", "", "more steps a second again"),
        Key("d", "d", "detach", "detach", "leave; the run goes on in a process of its own", 7),
        Key("S", "S", "stop", "", "end the run with a checkpoint; asks to press it again"),
    ),
    *_group(
        "cures",
        Key("enter", "enter", "cures", "cures", "cures of what was found, beside this run", 3),
    ),
    *_group(
        "time",
        Key("left", "←", "time('back')", "time", "one step back in time", 4, "← →"),
        Key("right", "→", "time('forward')", "", "one step forward"),
        Key("shift+left", "shift ←", "time('far_back')", "", "a tenth of the range back"),
        Key("shift+right", "shift →", "time('far_forward')", "", "a tenth of the range forward"),
        Key("home", "home", "time('first')", "", "the first step"),
        Key("end", "end", "time('newest')", "", "the newest step, and follow it"),
        Key("v", "v", "time('span')", "range", "time axes: full, recent or zoomed", 3),
        Key("z,right_square_bracket", "z ]", "time('closer')", "", "zoom in around the cursor"),
        Key("x,left_square_bracket", "x [", "time('wider')", "", "zoom out"),
    ),
    *_group(
        "display",
        Key("f", "f", "switch('frozen')", "freeze", "hold the display; training goes on", 6),
        *_PANELS,
        Key("escape", "esc", "back", "", "all panels again; then the newest step again"),
        Key("o", "o", "log", "output", "what training code and warnings print", 10),
    ),
    *_group(
        "files",
        Key("c", "c", "csv", "csv", "save the history as CSV", 11),
    ),
    *_group(
        "program",
        Key("g", "g", "app.gallery", "gallery", "choose another preset; the run goes on", 6),
        Key("R", "R", "app.runs", "runs", "the list of recorded runs; the run goes on", 8),
    ),
    *PROGRAM,
)
"""The keys of the live screen."""

_TIME = _group_of(DASHBOARD, "time")

COMPARISON = (
    *_group(
        "training",
        Key("space", "space", "pause", "pause", "pause or resume all runs", 1),
        Key("s", "s", "step", "step", "one step of each; pauses running ones", 4),
        Key("r", "r", "restart", "restart", "start all again with the same seeds", 7),
        Key("n", "n", "new_seed", "new seed", "start all again, each with its next seed", 10),
        Key("plus,equals_sign", "+", "rate(2.0)", "rate", "double the chosen one's rate", 6, "+ -"),
        Key("minus", "-", "rate(0.5)", "", "halve it"),
        Key("comma", ",", "pace('slower')", "pace", "slow motion: fewer steps a second", 9, ", ."),
        Key("full_stop", ".", "pace('faster')", "", "more steps a second again"),
    ),
    *_group(
        "runs",
        Key(
            "tab", "tab", "choose(1)", "choose", "choose the next run: it is marked, and on top", 2
        ),
        Key("shift+tab", "shift tab", "choose(-1)", "", "choose the one before"),
        Key("enter", "enter", "keep", "keep", "go on with the chosen run alone", 2),
        Key(
            "escape",
            "esc",
            "back",
            "back",
            "undo cursor and zoomed panel; then back to the run before",
            3,
        ),
    ),
    *_TIME,
    *_group(
        "display",
        Key("b", "b", "overlay", "overlay", "side by side, or all in one picture", 3),
        Key("f", "f", "switch('frozen')", "freeze", "hold the display; training goes on", 7),
        Key("l", "l", "switch('logarithmic')", "log", "loss: linear or logarithmic", 8),
        Key("e", "e", "switch('signal')", "signal", "profile: error signal or W gradient", 8),
        Key("m", "m", "maximize", "", "the focused panel alone, or all again"),
        Key("1", "1-4", "panel(1)", "panel", "one panel alone, or all again", 5),
        *(Key(str(n), "", f"panel({n})", "", "") for n in range(2, 5)),
        Key("o", "o", "log", "output", "what training code and warnings print", 10),
    ),
    *_group("files", Key("c", "c", "csv", "csv", "save the chosen run's history as CSV", 12)),
    *_group(
        "program",
        Key("g", "g", "app.gallery", "gallery", "choose another preset; the runs go on", 10),
    ),
    *PROGRAM,
)
"""The keys of the comparison."""

_CANNOT = "trains_nothing"

REPLAY = (
    *_group(
        "replay",
        Key("space", "space", "pause", "play", "play, or hold the step that is shown", 1),
        Key("comma", ",", "pace('slower')", "speed", "play slower, down to 0.001x", 2, ", ."),
        Key("full_stop", ".", "pace('faster')", "", "play faster, up to 1000x"),
        Key("left", "←", "time('back')", "move", "a column back", 1, "← →"),
        Key("right", "→", "time('forward')", "", "a column forward"),
        Key("s", "s", "step", "step", "one step forward", 5),
        Key("shift+left", "shift ←", "time('far_back')", "", "a tenth of the range back"),
        Key("shift+right", "shift →", "time('far_forward')", "", "a tenth of the range forward"),
        Key("pageup", "page up", "time('page_back')", "", "half the range back"),
        Key("pagedown", "page down", "time('page_forward')", "", "half the range forward"),
        Key("home", "home", "time('first')", "", "the first step"),
        Key("end", "end", "time('newest')", "", "the last step"),
        Key("k", "k", "jump(-1)", "events", "what happened or was found before", 2, "k j"),
        Key("j", "j", "jump(1)", "", "what happened or was found next"),
    ),
    *_group(
        "training",
        Key("r", "r", "restart", "train", "train its experiment anew, with the same seed", 4),
        Key("n", "n", "new_seed", "new seed", "train it anew with the next seed", 10),
        Key("plus,equals_sign,minus,i,u", "", _CANNOT, "", ""),
    ),
    *_group(
        "cures",
        Key("enter", "enter", "cures", "cures", "cures of what was found, from the start", 3),
    ),
    *_group(
        "time",
        Key("v", "v", "time('span')", "range", "time axes: full, recent or zoomed", 6),
        Key("z,right_square_bracket", "z ]", "time('closer')", "", "zoom in around the present"),
        Key("x,left_square_bracket", "x [", "time('wider')", "", "zoom out"),
    ),
    *_group(
        "display",
        *_PANELS,
        Key("escape", "esc", "back", "runs", "all panels again; then the list of runs", 4),
    ),
    *_group("files", Key("c", "c", "csv", "csv", "save the history up to here as CSV", 11)),
    *_group(
        "program",
        Key("R", "R", "app.runs", "", "the list of recorded runs"),
        Key("g", "g", "app.gallery", "gallery", "choose a preset", 6),
    ),
    *PROGRAM,
)
"""The keys of a recorded run."""

_HERE = {
    "restart": ("train", "train its experiment anew, here, with the same seed"),
    "new_seed": ("new seed", "train it anew, here, with the next seed"),
    "undo": ("", ""),
    "detach": ("leave", "leave; the run goes on where it is trained"),
    "back": ("runs", "all panels again; the newest step again; then the list of runs"),
    "cures": ("cures", "cures of what was found, tried from the start"),
}
"""What some keys of the dashboard do where another process trains: label, and about."""
WATCH = tuple(
    replace(key, label=_HERE[key.action][0], about=_HERE[key.action][1])
    if key.action in _HERE
    else key
    for key in DASHBOARD
)
"""The keys of a run that another process trains."""

RUNS = (
    *_group(
        "runs",
        Key("up", "↑", "move(-1)", "choose", "the run above", 1, "↑ ↓"),
        Key("down", "↓", "move(1)", "", "the run below"),
        Key("pageup", "page up", "page(-1)", "", "a page up"),
        Key("pagedown", "page down", "page(1)", "", "a page down"),
        Key("enter", "enter", "open", "open", "replay it; watch it if it is being trained", 1),
        Key("slash", "/", "filter", "filter", "find runs by words", 2),
        Key("o", "o", "sort", "sort", "sort by another column", 3),
        Key("x,delete", "x", "delete", "delete", "delete it; asks first", 3),
        Key("escape", "esc", "back", "back", "clear the filter; back to the run", 2),
    ),
    *_group("program", Key("g", "g", "app.gallery", "gallery", "choose a preset", 4)),
    *PROGRAM,
)
"""The keys of the list of runs."""

GALLERY = (
    *_group(
        "presets",
        Key("up", "↑", "move(-1)", "choose", "the preset above", 1, "↑ ↓"),
        Key("down", "↓", "move(1)", "", "the preset below"),
        Key("enter", "enter", "run", "run", "train it and watch", 1),
        Key("slash", "/", "filter", "filter", "find presets by words", 2),
        Key("left", "←", "scroll_story(-1)", "story", "scroll the story up", 3, "← →"),
        Key("right", "→", "scroll_story(1)", "", "scroll the story down"),
        Key("escape", "esc", "back", "back", "clear the filter; back to the run", 2),
    ),
    *_group("program", Key("R", "R", "app.runs", "runs", "the list of recorded runs", 2)),
    *PROGRAM,
)
"""The keys of the gallery."""


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """What Textual is told; nothing of it is shown by Textual's own footer."""
    return [Binding(key.keys, key.target, key.about, show=False) for key in keys]


def plain(keys: Iterable[Key]) -> tuple[Key, ...]:
    """The same keys with words in place of arrows, where those may not be shown."""
    return tuple(replace(key, shown=_words(key.shown), pair=_words(key.pair)) for key in keys)


def _words(shown: str) -> str:
    for arrow, word in (("←", "left"), ("→", "right"), ("↑", "up"), ("↓", "down")):
        shown = shown.replace(arrow, word)
    return shown
