"""The status panel: where the run stands and the command line that reproduces it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from ...core.record import RunState
from ..meter import Readout
from ..number_format import count_text, percent_text, seconds_text, short
from ..safe_text import safe_text
from ..view import View
from .held import Held
from .panel import Instrument
from .rows import Part, rows, wrap
from .two_part_bar import two_part_bar

GAP = "  "
BAR = 6
"""Cells of the progress bar when it shares its row with everything else."""
LONGEST_BAR = 40
STATE_WORDS: dict[RunState, str] = {
    RunState.READY: "ready",
    RunState.RUNNING: "training",
    RunState.PAUSED: "paused",
    RunState.FINISHED: "finished",
    RunState.DIVERGED: "diverged",
    RunState.STOPPED: "stopped",
    RunState.FAILED: "failed",
}
"""What a person is told of a state."""
LONGEST_COMMAND = 4000
NOT_TRAINED = {"dead": "trainer died", "gone": "files are gone"}
"""What is said in place of its state of a followed run that nobody trains, by its life."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A few words of the status; what has the lowest ``rank`` is kept when room is short."""

    rank: int
    parts: tuple[Part, ...]

    @property
    def cells(self) -> int:
        """Its width."""
        return sum(cell_len(text) for text, _ in self.parts)


def draw(view: View, width: int, height: int, held: Held | None = None) -> list[Strip]:
    """One row with what matters most; more rows show everything, the command line last."""
    if width < 1 or height < 1:
        return rows(view, [], width, height)
    command = _command(view, width, max(1, height - 3)) if height > 1 else []
    room = height - len(command)
    if room < 2:
        one = _join(view, _fitting([*_head(view, BAR), *_details(view)], width))
        return rows(view, [one, *command], width, height)
    details = _flow(view, _details(view), width)
    if len(details) > room - 1:
        details = [*details[: room - 2], _join(view, _fitting(_details(view), width))][
            -(room - 1) :
        ]
    return rows(view, [_progress_row(view, width), *details, *command], width, height)


def _head(view: View, bar: int) -> list[Piece]:
    """State, step, progress, time left."""
    status, palette = view.status, view.palette
    steps = _steps(view)
    whole = f"{steps:,}"
    # Padded to the plan's width: the row does not move while the step counts.
    step = f"step {status.step:>{len(whole)},}" + (f"/{whole}" if steps > 0 else "")
    share = _share(view)
    pieces = [
        Piece(0, ((_state_words(view), state_style(view)),)),
        Piece(1, ((step, palette.text),)),
        Piece(6, _bar(view, share, bar)),
        Piece(7, ((f"{percent_text(share):>5}", palette.text),)),
    ]
    left = _time_left(view)
    if left:
        pieces.append(Piece(4, ((f"{left} left".ljust(10), palette.text),)))
    return pieces


def _state_words(view: View) -> str:
    """What the run is doing, or the replay of it: ``replay 10x``, ``replay: finished``."""
    replay = view.replay
    if replay is None:
        words = STATE_WORDS[view.status.state]
        if view.followed is None:
            return words
        return f"watch: {NOT_TRAINED.get(view.followed.value, words)}"
    if replay.at_end:
        return f"replay: {replay.life.value}"
    speed = f"replay {replay.speed:g}x"
    return speed if replay.playing else f"{speed}, held"


def _steps(view: View) -> int:
    """Steps that a run has to do; those that a recording has."""
    return view.status.planned if view.replay is None else view.replay.last


def _details(view: View) -> list[Piece]:
    """Everything else, in the order in which it is read."""
    status, palette = view.status, view.palette
    words: list[tuple[int, str, Style]] = []
    if view.frozen:
        words.append((2, "display frozen", palette.warning))
    if view.cursor is not None:
        words.append((3, f"cursor at step {view.cursor:,}", palette.accent))
    if status.pace is not None:
        words.append((8, f"pace {short(status.pace)} steps/s", palette.warning))
    speed = _speed(view)
    if speed:
        words.append((5, speed.ljust(11), palette.text))
    at_end = view.replay.at_end if view.replay is not None else status.state.final
    so_far = "in all" if at_end else "so far"
    seconds = f"{seconds_text(status.seconds)} {so_far}"
    words += [
        (9, f"rate {status.learning_rate:.3g}", palette.text),
        *([(9, f"clip {short(status.clip_norm)}", palette.text)] if status.clip_norm else []),
        (10, f"epoch {_epoch(status.epoch)}", palette.text),
        # In slow motion the training time is not what has passed by the clock.
        *([(11, seconds, palette.text)] if status.pace is None else []),
        (12, f"seed {view.experiment.seed}", palette.text),
    ]
    if status.probe_share > 0.0:
        words.append((13, f"probes {percent_text(status.probe_share)}", palette.dim))
    if view.readout is not None:
        words.append((14, _screen(view.readout), palette.dim))
    return [Piece(rank, ((text, style),)) for rank, text, style in words]


def _screen(readout: Readout) -> str:
    """What the screen takes, and how far away the terminal is; as wide whatever the figures."""
    texts = [
        f"screen {readout.frames:2.0f} frames/s",
        f"{readout.written / 1000:3.0f} kB/s",
        f"{percent_text(readout.share):>4} of the time",
    ]
    if readout.round_trip is not None:
        texts.append(f"link {_two_digits(max(1000 * readout.round_trip, 1.0)):>3} ms")
    return ", ".join(texts)


def _speed(view: View) -> str:
    """The steps per second: of late, or of the whole run once it is over; empty if a pace is set.

    Two digits: the others change with every frame and mean nothing.
    """
    status = view.status
    if status.state.final:
        average = status.step / status.seconds if status.seconds > 0 else 0.0
        return f"{_two_digits(average)} steps/s on average" if average > 0 else ""
    if status.state is RunState.PAUSED or status.pace is not None:
        return ""
    return f"{_two_digits(status.steps_per_second)} steps/s"


def _two_digits(number: float) -> str:
    if not (math.isfinite(number) and number >= 100):
        return count_text(number)
    return count_text(round(number, 1 - math.floor(math.log10(number))))


def _progress_row(view: View, width: int) -> list[Part]:
    """The head with a bar that fills the row, or whatever of it fits."""
    pieces = _head(view, BAR)
    spare = width - sum(piece.cells + len(GAP) for piece in pieces) + len(GAP)
    if spare < 0:
        return _join(view, _fitting(pieces, width))
    return _join(view, _head(view, min(BAR + spare, LONGEST_BAR)))


def _bar(view: View, share: float, cells: int) -> tuple[Part, ...]:
    done, todo = two_part_bar(share, 1.0, cells, view.glyphs)
    return (done, view.palette.accent), (todo, view.palette.frame)


def _command(view: View, width: int, most: int) -> list[list[Part]]:
    """The command line that reproduces the run, in at most so many rows."""
    text = safe_text(view.command_line, LONGEST_COMMAND)
    if not text:
        return []
    lines = wrap(f"$ {text}", width)
    if len(lines) > most:
        # The row marks the cut with an ellipsis.
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [[(line, view.palette.dim)] for line in lines]


def _fitting(pieces: list[Piece], width: int) -> list[Piece]:
    """The pieces of lowest rank that fit side by side, in their own order."""
    kept: list[Piece] = []
    used = 0
    for piece in sorted(pieces, key=lambda piece: piece.rank):
        cells = piece.cells + (len(GAP) if kept else 0)
        if kept and used + cells > width:
            continue
        kept.append(piece)
        used += cells
    return [piece for piece in pieces if piece in kept]


def _flow(view: View, pieces: Iterable[Piece], width: int) -> list[list[Part]]:
    """The pieces in as many rows as they need."""
    lines: list[list[Piece]] = []
    used = width
    for piece in pieces:
        if used + len(GAP) + piece.cells > width:
            lines.append([])
            used = -len(GAP)
        lines[-1].append(piece)
        used += len(GAP) + piece.cells
    return [_join(view, line) for line in lines]


def _join(view: View, pieces: Iterable[Piece]) -> list[Part]:
    parts: list[Part] = []
    for piece in pieces:
        if parts:
            parts.append((GAP, view.palette.text))
        parts += piece.parts
    return parts


def state_style(view: View) -> Style:
    """The color of the state in words."""
    palette = view.palette
    match view.status.state:
        case RunState.RUNNING | RunState.FINISHED:
            return palette.good
        case RunState.DIVERGED | RunState.FAILED:
            return palette.error
        case _:
            return palette.warning


def _share(view: View) -> float:
    steps = _steps(view)
    return min(max(view.status.step / steps, 0.0), 1.0) if steps > 0 else 0.0


def _time_left(view: View) -> str:
    status = view.status
    if view.replay is not None:
        return ""
    speed = status.steps_per_second
    if status.pace is not None and status.pace > 0:
        speed = min(speed, status.pace)
    if status.state is not RunState.RUNNING or not math.isfinite(speed) or speed <= 0:
        return ""
    return seconds_text(max(status.planned - status.step, 0) / speed)


def _epoch(epoch: float) -> str:
    return f"{epoch:.1f}" if 0 <= epoch < 1e6 else short(epoch)


STATUS = Instrument("status", lambda view: "status", draw)
