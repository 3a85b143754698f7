"""Which steps the time axes show and where the cursor stands: pure functions of small values.

Ranges hold still while a run grows, because every change of a range redraws the whole chart: the
full range ends at the planned total or at a power of two, the recent one moves by a quarter of its
width. Steps count from 1; every range is half open, ``start`` included and ``stop`` not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from .view import Span

SHORT_RUN = 512
"""A run planned with at most this many steps is shown against its whole plan from the start."""
FIRST_AXIS = 256
"""Steps the full axis of a longer run begins with."""
RECENT = 256
"""Steps of the recent range."""
FEWEST = 4
"""Steps that the full range of an ended run has at least."""
NARROWEST = 8
"""Steps that are never zoomed further."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The steps there are: ``first`` and ``last`` recorded, ``planned`` to do, ``ended`` or not.

    ``whole``: of a recording that is shown up to an earlier step, its last one; otherwise 0.
    """

    first: int
    last: int
    planned: int
    ended: bool = False
    whole: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing is recorded yet."""
        return self.last < max(self.first, 1)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """What a person chose: the kind of range, the zoomed window, the cursor.

    ``start`` and ``stop`` count in ``Span.ZOOM`` only. ``cursor`` None means the newest step.
    """

    span: Span = Span.FULL
    start: int = 1
    stop: int = 1
    cursor: int | None = None


def shown(chosen: TimeRange, extent: Extent) -> tuple[int, int]:
    """The steps ``(start, stop)`` that the time axes show."""
    match chosen.span:
        case Span.FULL:
            return full(extent)
        case Span.RECENT:
            return recent(extent)
        case Span.ZOOM:
            return chosen.start, chosen.stop


def full(extent: Extent) -> tuple[int, int]:
    """Everything there is; while the run grows, up to the planned total or a power of two.

    A run that has ended early, and a recording, is shown as long as it got: three steps fill the
    chart.
    """
    start = max(extent.first, 1)
    if extent.ended or extent.whole:
        return start, max(extent.last, extent.whole, start + FEWEST - 1) + 1
    if 0 < extent.planned <= SHORT_RUN:
        return start, max(extent.planned, extent.last, start) + 1
    grown = max(FIRST_AXIS, power_of_two(extent.last))
    planned = extent.planned if extent.planned > 0 else grown
    return start, max(min(grown, planned), extent.last, start) + 1


def recent(extent: Extent) -> tuple[int, int]:
    """The last ``RECENT`` steps, moved on by a quarter of that at a time."""
    hop = RECENT // 4
    start = max(extent.first, 1)
    stop = max(-(-extent.last // hop) * hop + 1, start + RECENT)
    return max(start, stop - RECENT), stop


def next_span(chosen: TimeRange, extent: Extent) -> TimeRange:
    """Full, recent, zoomed and full again."""
    match chosen.span:
        case Span.FULL:
            return replace(chosen, span=Span.RECENT)
        case Span.RECENT:
            if chosen.stop - chosen.start >= NARROWEST:
                return replace(chosen, span=Span.ZOOM)
            return zoom(chosen, extent, closer=True)
        case Span.ZOOM:
            return replace(chosen, span=Span.FULL)


def zoom(
    chosen: TimeRange, extent: Extent, *, closer: bool, around: int | None = None
) -> TimeRange:
    """Half or twice the steps around ``around``, the cursor, or else the newest step.

    The step that was asked for keeps its place on the screen. Zooming out past the full range goes
    back to it.
    """
    start, stop = shown(chosen, extent)
    width = stop - start
    anchor = around if around is not None else chosen.cursor
    if anchor is None:
        anchor = min(max(extent.last, start), stop - 1)
    everything = full(extent)
    wanted = max(width // 2, NARROWEST) if closer else width * 2
    if wanted >= everything[1] - everything[0]:
        return replace(chosen, span=Span.FULL)
    share = (anchor - start + 0.5) / width
    left = anchor - int(share * wanted)
    return _window(chosen, left, wanted, everything)


def move_cursor(chosen: TimeRange, extent: Extent, steps: int) -> TimeRange:
    """The cursor ``steps`` further; past the newest step it lets go and follows the run again.

    A zoomed range goes along when the cursor leaves it.
    """
    if extent.empty:
        return replace(chosen, cursor=None)
    here = extent.last if chosen.cursor is None else chosen.cursor
    if here + steps > extent.last:
        return live(chosen, extent)
    return place_cursor(chosen, extent, here + steps)


def place_cursor(chosen: TimeRange, extent: Extent, step: int) -> TimeRange:
    """The cursor on the recorded step nearest to ``step``."""
    if extent.empty:
        return replace(chosen, cursor=None)
    step = min(max(step, extent.first), extent.last)
    return _follow(replace(chosen, cursor=step), extent, step)


def live(chosen: TimeRange, extent: Extent) -> TimeRange:
    """No cursor: all panels show the newest step."""
    return _follow(replace(chosen, cursor=None), extent, extent.last)


def tenth(chosen: TimeRange, extent: Extent) -> int:
    """A tenth of the steps on the screen, at least one."""
    start, stop = shown(chosen, extent)
    return max(1, (min(stop - 1, extent.last) - start + 1) // 10)


def power_of_two(n: int) -> int:
    """The smallest power of two that is at least ``n``."""
    return 1 << max(n - 1, 0).bit_length()


MOVES: dict[str, Callable[[TimeRange, Extent], TimeRange]] = {
    "back": lambda chosen, extent: move_cursor(chosen, extent, -1),
    "forward": lambda chosen, extent: move_cursor(chosen, extent, 1),
    "far_back": lambda chosen, extent: move_cursor(chosen, extent, -tenth(chosen, extent)),
    "far_forward": lambda chosen, extent: move_cursor(chosen, extent, tenth(chosen, extent)),
    "first": lambda chosen, extent: place_cursor(chosen, extent, extent.first),
    "newest": live,
    "span": next_span,
    "closer": lambda chosen, extent: zoom(chosen, extent, closer=True),
    "wider": lambda chosen, extent: zoom(chosen, extent, closer=False),
}
"""What keys do to the time axes and the cursor."""


def _follow(chosen: TimeRange, extent: Extent, step: int) -> TimeRange:
    """A range that contains the step: a zoomed one moves by half its width, a recent one zooms."""
    start, stop = shown(chosen, extent)
    if start <= step < stop:
        return chosen
    width = stop - start
    left = step - width // 2
    return _window(chosen, left, width, full(extent))


def _window(chosen: TimeRange, left: int, width: int, everything: tuple[int, int]) -> TimeRange:
    """A zoomed range of ``width`` steps from about ``left`` on that stays inside everything."""
    left = max(everything[0], min(left, everything[1] - width))
    return replace(chosen, span=Span.ZOOM, start=left, stop=left + width)
