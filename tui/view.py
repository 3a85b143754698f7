"""What every panel is given to draw: one frozen view of the run, the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .glyphs import Glyphs
from .meter import Readout
from .palette import Palette

if TYPE_CHECKING:
    from ..core.experiment import Experiment
    from ..core.findings import Facts, Finding, Undecided
    from ..core.history import Snapshot
    from ..core.source import RunStatus
    from ..core.store.replayed import Position
    from ..core.store.stored_run import Life


class Span(StrEnum):
    """Which steps the time axes show."""

    FULL = "full"
    RECENT = "recent"
    ZOOM = "zoom"


@dataclass(frozen=True, slots=True)
class View:
    """One moment of a run and how the person wants to see it.

    ``start`` and ``stop`` are the steps the time axes show, ``stop`` exclusive. They hold still: a
    known total, or powers of two. ``cursor`` is the step all panels show; None means the newest.
    """

    snapshot: Snapshot
    status: RunStatus
    experiment: Experiment
    findings: tuple[Finding, ...]
    start: int
    stop: int
    palette: Palette
    glyphs: Glyphs
    span: Span = Span.FULL
    cursor: int | None = None
    logarithmic: bool = False
    """Loss on a log axis. Norms always are."""
    heatmap: bool = False
    """Gradient norms as layers x time instead of lines."""
    frozen: bool = False
    """The display is held while training goes on."""
    command_line: str = ""
    """What a person types to get this very run."""
    signal: bool = False
    """Gradient norms show the error signal instead of the W gradient."""
    facts: Facts | None = None
    """What the source knows besides the records, if it does: the loss of knowing nothing."""
    undecided: tuple[Undecided, ...] = ()
    """What the diagnosis cannot tell as things stand."""
    readout: Readout | None = None
    """What the screen takes; None while it stands still."""
    replay: Position | None = None
    """Of a recording: where its present is; None: the run is a live one."""
    followed: Life | None = None
    """What a run is doing that another process trains; None: it is trained here, or a recording."""

    @property
    def step(self) -> int:
        """The step that panels of one moment show: the cursor's, or the newest."""
        return self.cursor if self.cursor is not None else self.snapshot.last_step

    @property
    def moment(self) -> int:
        """The step whose values are shown: as ``step``, but of a broken run the last finite one.

        Where a person put the cursor counts, broken or not; before any finite step it is ``step``.
        """
        if self.cursor is None and self.snapshot.nonfinite is not None:
            return self.snapshot.last_finite_step or self.step
        return self.step

    @property
    def shown(self) -> tuple[int, int]:
        """``start`` and ``stop``, at least one step apart: what a time axis can be drawn for."""
        return self.start, max(self.stop, self.start + 1)
