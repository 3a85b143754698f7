"""One run in its thread: built there, driven there, told to stop from outside.

Building reads data and draws weights, which may take long, so it belongs in the thread as well:
the screen is there before it.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ..core.errors import DataError, InputError

if TYPE_CHECKING:
    from ..core.cures import Cure
    from ..core.diagnosis import Diagnosing
    from ..core.experiment import Experiment
    from ..core.source import Source


class Driven(Protocol):
    """A run, or several, that need a thread to live in."""

    @property
    def pace(self) -> float | None:
        """At most this many steps per second; None: as fast as it goes."""

    def drive(self) -> None:
        """Train until all has ended or is stopped; blocks."""

    def stop(self) -> None:
        """End it; ``drive`` returns before the next step."""


if TYPE_CHECKING:

    class DrivenSource(Driven, Source, Protocol):
        """A source that needs a thread to live in."""

        def advance(self, steps: int) -> None:
            """Do up to so many steps in the calling thread."""


class SourceFactory(Protocol):
    """Makes the source of an experiment; may raise ``InputError`` and may take its time."""

    def __call__(self, experiment: Experiment, *, paused: bool, pace: float | None) -> DrivenSource:
        """Make it."""


def live_run(experiment: Experiment, *, paused: bool, pace: float | None) -> DrivenSource:
    """A trainer in this process.

    Raises:
        InputError: the experiment's data cannot be used.
    """
    from ..core.run import Run
    from ..core.trainer import Trainer

    return Run(Trainer(experiment), paused=paused, pace=pace)


class DrivenRuns(Driven, Protocol):
    """Several sources that live in one thread."""

    @property
    def runs(self) -> Sequence[Source]:
        """The sources; what holds, paces or stops one of them does so to all."""

    def keep(self, run: Any) -> None:
        """Go on with this one of them alone."""


class RunsFactory(Protocol):
    """Makes the sources of several experiments; may raise ``InputError`` and may take its time."""

    def __call__(
        self, experiments: Sequence[Experiment], *, paused: bool, pace: float | None
    ) -> DrivenRuns:
        """Make them."""


def live_runs(experiments: Sequence[Experiment], *, paused: bool, pace: float | None) -> DrivenRuns:
    """Trainers in this process, in lockstep.

    Raises:
        InputError: an experiment's data cannot be used, or they cannot be compared.
    """
    from ..core.lockstep import Lockstep

    return Lockstep.of(experiments, paused=paused, pace=pace)


class TreatmentFactory(Protocol):
    """Makes the sick run and the treated one of a patient; may raise ``InputError``."""

    def __call__(self, patient: Any, cure: Cure, *, paused: bool, pace: float | None) -> DrivenRuns:
        """Make them."""


def live_treatment(patient: Any, cure: Cure, *, paused: bool, pace: float | None) -> DrivenRuns:
    """Both in this process, in lockstep.

    Raises:
        InputError: the cure does not apply.
    """
    from ..core.treatment import treat

    return treat(patient, cure, paused=paused, pace=pace)


class Recorded(Protocol):
    """The recording of a run."""

    @property
    def run(self) -> Any:
        """What is recorded."""

    @property
    def lock(self) -> Any:
        """Held by whoever writes; ``finish`` leaves it held after ``hand_over``."""

    def hand_over(self) -> None:
        """Have ``finish`` leave a run that goes on elsewhere."""

    @property
    def place(self) -> Any:
        """Where it lies."""

    @property
    def diagnosis(self) -> Diagnosing:
        """Of the run, made while it is recorded."""

    @property
    def notice(self) -> str:
        """What a person should know of how it is recorded; empty: nothing."""

    @property
    def problem(self) -> str:
        """Why nothing can be kept at the moment; empty: all is well."""

    @property
    def is_deleted(self) -> bool:
        """Whether somebody has deleted its files: what is written now nobody will find."""

    def finish(self) -> None:
        """Write what is left, and close the file."""


Record = Callable[[Any], Recorded]
"""Begins to record a source; may raise ``DataError`` and may take its time."""


def record_new(source: Any) -> Recorded:
    """Record a live run that has not begun, in a directory of its own.

    Raises:
        DataError: it cannot be recorded.
    """
    from ..core.store.recording import Recording  # not before the first screen

    recording = Recording.of_new(source)
    recording.start()
    return recording


def record_fork(place: Any, source: Any) -> Recorded:
    """Record a run that went back in place of the one that it came from, whose recording has ended.

    Raises:
        DataError: it cannot be recorded.
    """
    from ..core.store.recording import Recording

    recording = Recording.of_fork(place, source)
    recording.start()
    return recording


D = TypeVar("D", bound=Driven)


class Training(Generic[D]):
    """The life of one run, or of several in lockstep, in a thread.

    Args:
        build: makes the source; called in the thread.
        record: begins to record it, likewise, once it has been announced; None: it is not recorded.
    """

    def __init__(self, build: Callable[[], D], record: Record | None = None) -> None:
        self._build = build
        self._record = record
        self._stopping = False
        self.source: D | None = None
        self.problems: tuple[str, ...] = ()
        """Why the source could not be made."""
        self.failure = ""
        """The traceback, where making it went wrong in an unforeseen way."""
        self.recording: Recorded | None = None
        self.unrecorded = ""
        """Why it is not recorded, where it should be."""
        self._beginning = threading.Lock()
        self.finished = threading.Event()
        """Set when the thread has nothing more to do."""

    @classmethod
    def of_nothing(cls, source: Any) -> Training[Any]:
        """Of a source that is there, and for which nothing is to be done."""
        training = cls(lambda: source)
        training.source = source
        training.finished.set()
        return training

    def run(self, ready: Callable[[], None]) -> None:
        """Build and drive; ``ready`` is called in between, or when it cannot be built."""
        try:
            try:
                self.source = self._build()
            except InputError as error:
                self.problems = error.problems
            except Exception:
                self.failure = traceback.format_exc()
            if self._stopping:
                return
            ready()
            if self.source is not None:
                if self._record is not None:
                    self.record(self.source, self._record)
                self.source.drive()
        finally:
            with self._beginning:
                try:
                    if self.recording is not None:
                        self.recording.finish()
                finally:
                    self.finished.set()

    def record(self, source: Any, record: Record) -> None:
        """Begin to record what is trained, from any thread; may take its time.

        Args:
            source: the run: of several, the one that is gone on with.
            record: begins to record it.
        """
        with self._beginning:
            try:
                self.recording = record(source)
            except (DataError, InputError) as error:
                self.unrecorded = str(error)
            else:
                if self.finished.is_set():  # it has ended meanwhile: all of it is there
                    self.recording.finish()

    @property
    def banner(self) -> str:
        """What a person must know of the recording as long as it is so; empty: nothing."""
        if self.unrecorded:
            return f"Not recorded: {self.unrecorded}"
        recording = self.recording
        if recording is None or not recording.problem:
            return ""
        state = "Not recorded any more" if recording.is_deleted else "Recording waits"
        return f"{state}: {recording.problem}; training goes on"

    def stop(self) -> None:
        """Have it end before the next step, or right after it was built; returns at once."""
        self._stopping = True
        if self.source is not None:
            self.source.stop()
