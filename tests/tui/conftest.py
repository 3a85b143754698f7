"""A source that is stepped by hand, and the histories it can hold: for tests of the screens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from backscope.core.experiment import Experiment
from backscope.core.findings import Facts
from backscope.core.history import History
from backscope.core.interventions import Intervention, Outcome
from backscope.core.kept_checkpoints import KeptCheckpoint, KeptCheckpoints
from backscope.core.probes import PROBES, Cadence
from backscope.core.record import (
    Event,
    LayerInfo,
    Layout,
    Metric,
    NonFinite,
    RunState,
    StepRecord,
)
from backscope.core.source import Answer, RunStatus

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

WIDTHS = (8, 8, 8, 3)
EXPERIMENT = Experiment.from_dict(
    {"title": "canned [/] [@click=app.quit]", "seed": 7, "training": {"steps": 400}}, name="canned"
)
LAYOUT = Layout(
    tuple(
        LayerInfo(i, WIDTHS[i - 2] if i > 1 else 4, width, "relu", i < len(WIDTHS), False)
        for i, width in enumerate(WIDTHS, start=1)
    ),
    tuple(
        Metric(name, probe.about, scheduled=probe.cadence in (Cadence.ACTIVATIONS, Cadence.DEAD))
        for name, probe in PROBES.items()
    ),
)
VALUES: dict[str, float] = {
    "all NaN": np.nan,
    "infinities": np.inf,
    "1e308": 1e308,
    "1e-320": 1e-320,
    "constant": 2.5,
}
HISTORIES = ("empty", "one point", *VALUES, "learning", "diverged")


class FakeSource:
    """A source whose records come only when a test asks for them; it remembers its commands."""

    def __init__(self, experiment: Experiment = EXPERIMENT, *, paused: bool = False) -> None:
        self.experiment = experiment
        self.history = History(LAYOUT)
        self.facts = Facts(steps_planned=400, baseline=1.1)
        self.commands: list[Any] = []
        self.state = RunState.PAUSED if paused else RunState.RUNNING
        self.pace: float | None = None
        self.rate = 0.1
        self.error = ""
        self.stopped = threading.Event()
        self.checkpoints = KeptCheckpoints()

    def record(self, steps: int = 1, value: float | None = None, **broken: Any) -> None:
        """Add records: every metric ``value``, or a loss that falls."""
        for _ in range(steps):
            step = self.history.snapshot().last_step + 1
            row = LAYOUT.empty_row()
            row[:] = 2.0 * 0.99**step + 0.1 if value is None else value
            nonfinite = NonFinite(step=step, **broken) if broken else None
            self.history.append(StepRecord(step, row, LAYOUT, nonfinite), step * 0.001)

    def status(self) -> RunStatus:
        snapshot = self.history.snapshot()
        return RunStatus(
            state=self.state,
            step=snapshot.last_step,
            planned=400,
            epoch=snapshot.last_step / 40,
            learning_rate=self.rate,
            seconds=snapshot.seconds,
            steps_per_second=snapshot.steps_per_second,
            pace=self.pace,
            error=self.error,
        )

    def pause(self) -> None:
        self.commands.append("pause")
        self.state = RunState.PAUSED

    def resume(self) -> None:
        self.commands.append("resume")
        self.state = RunState.RUNNING

    def step_once(self) -> None:
        self.commands.append("step")
        self.state = RunState.PAUSED
        self.record()

    def stop(self) -> None:
        self.commands.append("stop")
        self.stopped.set()

    def change_rate(self, factor: float) -> None:
        self.commands.append(factor)
        before, self.rate = self.rate, self.rate * factor
        step = self.history.snapshot().last_step + 1
        self.history.mark(Event(step, "learning_rate", f"{before:g} -> {self.rate:g}"))

    def set_pace(self, steps_per_second: float | None) -> None:
        self.commands.append(("pace", steps_per_second))
        self.pace = steps_per_second

    def intervene(self, intervention: Intervention, answer: Answer) -> None:
        self.commands.append(str(intervention))
        answer(Outcome(True, "done", intervention.kind))

    def fork(self, kept: KeptCheckpoint, *, paused: bool = False) -> FakeSource:
        self.commands.append(("fork", kept.step, paused))
        fork = FakeSource(self.experiment, paused=paused)
        fork.record(kept.step)
        return fork

    def drive(self) -> None:
        self.stopped.wait(30)

    def advance(self, steps: int) -> None:
        self.record(steps)


def canned(name: str) -> FakeSource:
    """A source with one of the ``HISTORIES``."""
    source = FakeSource()
    if name == "one point":
        source.record()
    elif name == "learning":
        source.record(300)
    elif name == "diverged":
        source.record(20)
        broken = {"layer": 2, "quantity": "z", "count": 3, "size": 64, "largest_finite": 1e300}
        source.record(value=np.nan, **broken)
        source.state = RunState.DIVERGED
    elif name in VALUES:
        source.record(30, VALUES[name])
    return source


@pytest.fixture
def experiment() -> Experiment:
    return EXPERIMENT


@pytest.fixture
def source() -> FakeSource:
    """300 steps of a loss that falls, training."""
    return canned("learning")


@pytest.fixture
def sources() -> Callable[..., FakeSource]:
    """A source factory, as the app takes it; ``sources.made`` holds what it made."""
    made: list[FakeSource] = []

    def factory(experiment: Experiment, *, paused: bool, pace: float | None) -> FakeSource:
        source = FakeSource(experiment, paused=paused)
        source.pace = pace
        source.record(300)
        made.append(source)
        return source

    factory.made = made  # type: ignore[attr-defined]
    return factory


@pytest.fixture
def source_of() -> Callable[[str], FakeSource]:
    """A factory of sources with canned histories: ``source_of("all NaN")``."""
    return canned


@pytest.fixture
def seeded() -> Callable[[int], Experiment]:
    """The canned experiment with another seed."""
    return lambda seed: replace(EXPERIMENT, seed=seed)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``canned_name`` runs once for each canned history."""
    if "canned_name" in metafunc.fixturenames:
        metafunc.parametrize("canned_name", HISTORIES)
