"""Comparisons of sources with canned histories, and an app that shows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.strip import Strip

from backscope.core.experiment import Experiment
from backscope.core.record import RunState
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui.compare.comparison import Comparison
from backscope.tui.compare.observers import Naming, Observers
from backscope.tui.glyphs import BRAILLE
from backscope.tui.observer import Display, Look
from backscope.tui.palette import THEMES, palette_for

LOOK = Look(palette_for(THEMES[0].name, "truecolor"), BRAILLE)
LETTERS = "ABCD"


class FakeRuns:
    """Sources stepped by hand, as an app takes several of them."""

    def __init__(self, runs: list[Any]) -> None:
        self.runs = runs
        self.kept: list[Any] = []
        self.stops = 0

    @property
    def pace(self) -> float | None:
        return self.runs[0].pace

    def drive(self) -> None:
        self.runs[0].stopped.wait(30)

    def stop(self) -> None:
        self.stops += 1
        self.runs[0].stopped.set()

    def keep(self, run: Any) -> None:
        self.kept.append(run)


@pytest.fixture
def runs() -> Callable[..., FakeRuns]:
    """A factory of several sources, as the app takes it; ``runs.made`` holds what it made.

    Their histories are ``runs.histories``, by default 300 steps of a loss that falls.
    """
    made: list[FakeRuns] = []

    def factory(experiments: Any, *, paused: bool, pace: float | None) -> FakeRuns:
        sources = []
        for number, experiment in enumerate(experiments):
            source = factory.source_of(factory.histories.get(number, "learning"))
            source.experiment, source.pace = experiment, pace
            if paused:
                source.state = RunState.PAUSED
            sources.append(source)
        made.append(FakeRuns(sources))
        return made[-1]

    factory.made = made
    factory.histories = {}
    return factory


@pytest.fixture(autouse=True)
def _canned_sources(runs, source_of):
    runs.source_of = source_of


@pytest.fixture
def compared(source_of) -> Callable[..., Comparison]:
    """A factory of comparisons: ``compared("learning", "diverged", overlaid=True)``."""

    def make(*histories: str, cure: str = "", look: Look = LOOK, **display: Any) -> Comparison:
        sources = [source_of(history) for history in histories]
        naming = Naming(tuple(f"run {LETTERS[i]}" for i in range(len(sources))), cure)
        return Observers(sources, naming).look(replace(Display(signal=True), **display), look)

    return make


def tiny(**changes: Any) -> Experiment:
    """An experiment that trains in no time."""
    document: dict[str, Any] = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [4, 4], "activation": "relu"},
        "training": {"steps": 20, "batch_size": 8, "learning_rate": 0.1},
    }
    for key, value in changes.items():
        section, _, name = key.partition("__")
        document[section] = {**document[section], name: value}
    return Experiment.from_dict(document, name="tiny")


@pytest.fixture
def trained() -> Callable[..., Run]:
    """A factory of runs that were trained to their end: ``trained(network__activation="tanh")``."""

    def make(**changes: Any) -> Run:
        run = Run(Trainer(tiny(**changes)))
        run.drive()
        return run

    return make


@pytest.fixture
def experiment_of() -> Callable[..., Experiment]:
    return tiny


@pytest.fixture
def look() -> Look:
    return LOOK


@pytest.fixture
def text_of() -> Callable[[list[Strip]], list[str]]:
    """What the strips show, a line a strip."""
    return lambda strips: [strip.text.rstrip() for strip in strips]


@pytest.fixture
def until() -> Callable[..., Any]:
    """Wait for something that another thread or the screen does."""

    async def wait(pilot: Any, condition: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            await pilot.pause(0.02)

    return wait


@pytest.fixture
def pilot_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[..., Any]:
    """Run an app at a size, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(app: Any, size: tuple[int, int], *, paused: bool = False) -> Any:
        app._paused = paused
        return app.run_test(size=size)

    return run
