"""Canned histories and the views of them: what the tests of every panel draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from textual.strip import Strip

from backscope.core.experiment import Experiment
from backscope.core.findings import Facts
from backscope.core.history import History
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
from backscope.core.source import RunStatus
from backscope.tui.glyphs import BRAILLE
from backscope.tui.palette import palette_for
from backscope.tui.view import View

Fill = Callable[[int], dict[str, Any]]
EXPERIMENT = Experiment.from_dict(
    {"title": "canned", "seed": 7, "training": {"steps": 400}}, name="canned"
)


def layout_of(widths: list[int], activation: str = "relu") -> Layout:
    layers = tuple(
        LayerInfo(
            index=i + 1,
            fan_in=widths[i - 1] if i else 64,
            width=width,
            activation=activation if i < len(widths) - 1 else "identity",
            rectifier=activation == "relu" and i < len(widths) - 1,
            bounded=activation in ("sigmoid", "tanh") and i < len(widths) - 1,
        )
        for i, width in enumerate(widths)
    )
    metrics = tuple(
        Metric(name, probe.about, scheduled=probe.cadence in (Cadence.ACTIVATIONS, Cadence.DEAD))
        for name, probe in PROBES.items()
    )
    return Layout(layers, metrics)


def history_of(
    layout: Layout,
    steps: int,
    fill: Fill,
    *,
    nonfinite: NonFinite | None = None,
    events: tuple[Event, ...] = (),
) -> History:
    history = History(layout)
    for step in range(1, steps + 1):
        row = layout.empty_row()
        for name, value in fill(step).items():
            row[layout.columns(name)] = value
        broken = nonfinite if nonfinite is not None and nonfinite.step == step else None
        history.append(StepRecord(step, row, layout, broken), step * 0.001)
    for event in events:
        history.mark(event)
    return history


def every(value: float, layout: Layout, step: int) -> dict[str, Any]:
    """Every metric the same value, the scheduled ones too."""
    return {metric.name: value for metric in layout.metrics}


def _learning(
    layout: Layout, factor: float, *, loss: Callable[[int], float], dead: float = 0.0
) -> Fill:
    depth = layout.n_layers
    rectifier = np.array([info.rectifier for info in layout.layers])
    bounded = np.array([info.bounded for info in layout.layers])
    widths = np.array([info.width for info in layout.layers], dtype=float)

    def fill(step: int) -> dict[str, Any]:
        rng = np.random.default_rng(step)
        wobble = np.exp(0.2 * rng.standard_normal(depth))
        signal = 0.31 * factor ** np.arange(depth - 1, -1, -1)
        values: dict[str, Any] = {
            "epoch": step / 42,
            "loss": loss(step) * float(np.exp(0.1 * rng.standard_normal())),
            "accuracy": 0.5,
            "learning_rate": 0.1,
            "gradient_norm": 1.0,
            "clipped_gradient_norm": 1.0,
            # The signal itself is exact: tests read the factor off the screen.
            "error_signal": signal,
            "weight_gradient_norm": 1.7 * signal**0.9 * wobble,
            "bias_gradient_norm": signal,
        }
        gone = np.minimum(dead * step * np.linspace(0.2, 1.0, depth), 0.9)
        silent = np.minimum(gone + 0.08, 1.0)
        values["silent"] = np.where(rectifier, np.round(silent * widths), np.nan)
        if (step - 1) % 25 == 0:
            values["dead"] = np.where(rectifier, np.round(gone * widths), np.nan)
        if (step - 1) % 5 == 0:
            values["saturated"] = np.where(bounded, 0.1, np.nan)
            values["update_ratio"] = -3.0
        if step % 42 == 0:
            values["validation_loss"] = loss(step) * 1.1
            values["validation_accuracy"] = 0.93
        return values

    return fill


def _exploding(layout: Layout) -> Fill:
    def fill(step: int) -> dict[str, Any]:
        broken = step >= 3
        per_layer = (
            np.full(layout.n_layers, np.nan)
            if broken
            else 10.0 ** np.arange(layout.n_layers, 0, -1.0) * 1e3 ** (step - 1)
        )
        return {
            "epoch": step / 42,
            "loss": np.nan if broken else 2690.0 * 1e3 ** (step - 1),
            "learning_rate": 0.02,
            "gradient_norm": np.nan if broken else 1e13 * 1e3**step,
            "clipped_gradient_norm": np.nan if broken else 1e13 * 1e3**step,
            "error_signal": per_layer,
            "weight_gradient_norm": per_layer * 3,
            "bias_gradient_norm": per_layer,
            "silent": 3.0,
            **({"dead": 2.0} if step == 1 else {}),
        }

    return fill


def _one_of_each(layout: Layout) -> Fill:
    """Zero, subnormal, huge, infinite, NaN and negative side by side."""
    odd = np.array([0.0, 1e-320, 1e308, np.inf, np.nan, -1.0])

    def fill(step: int) -> dict[str, Any]:
        values: dict[str, Any] = {
            metric.name: np.resize(np.roll(odd, step), layout.n_layers)
            if layout.per_layer(metric.name)
            else odd[step % len(odd)]
            for metric in layout.metrics
        }
        return values

    return fill


RELU = layout_of([64] * 5 + [10])
DEEP_SIGMOID = layout_of([64] * 10 + [10], "sigmoid")
BROKEN = NonFinite(3, 4, "z", 12, 2048, 1.3e308)


def _same(value: float, steps: int = 30, layout: Layout = RELU) -> Callable[[], History]:
    return lambda: history_of(layout, steps, lambda step: every(value, layout, step))


HISTORIES: dict[str, Callable[[], History]] = {
    "empty": lambda: History(RELU),
    "one point": _same(0.5, 1),
    "all NaN": _same(np.nan),
    "infinities": _same(np.inf),
    "minus infinities": _same(-np.inf),
    "1e308": _same(1e308),
    "1e-320": _same(1e-320),
    "constant": _same(2.5),
    "zeros": _same(0.0),
    "negative": _same(-3.0),
    "one of each": lambda: history_of(RELU, 40, _one_of_each(RELU)),
    "one layer": _same(0.1, 10, layout_of([3])),
    "hundred layers": lambda: history_of(
        (layout := layout_of([8] * 99 + [10])),
        60,
        _learning(layout, 0.9, loss=lambda step: 2.3, dead=0.01),
    ),
    "healthy": lambda: history_of(
        RELU,
        400,
        _learning(RELU, 0.97, loss=lambda step: 2.3 * np.exp(-step / 60) + 0.01),
        events=(Event(200, "learning_rate", "0.1 -> 0.05"),),
    ),
    "vanishing": lambda: history_of(
        DEEP_SIGMOID, 200, _learning(DEEP_SIGMOID, 0.24, loss=lambda step: 2.33)
    ),
    "exploding": lambda: history_of(
        (layout := layout_of([64] * 11 + [10])), 3, _exploding(layout), nonfinite=BROKEN
    ),
    "dying": lambda: history_of(
        RELU,
        300,
        _learning(RELU, 0.8, loss=lambda step: 1.7 + 0.6 * np.exp(-step / 30), dead=0.006),
    ),
    "broken at once": lambda: history_of(
        RELU,
        1,
        lambda step: every(np.nan, RELU, step),
        nonfinite=NonFinite(1, None, "loss", 1, 1, 0.0),
    ),
}
_built: dict[str, History] = {}


def view(name: str, **changes: Any) -> View:
    """The newest view of a canned history, changed as asked; ``state`` changes the status."""
    if name not in _built:
        _built[name] = HISTORIES[name]()
    snapshot = _built[name].snapshot()
    broken = snapshot.nonfinite is not None
    state = changes.pop("state", RunState.DIVERGED if broken else RunState.RUNNING)
    status = RunStatus(
        state=state,
        step=snapshot.last_step if snapshot.count else 0,
        planned=400,
        epoch=2.9,
        learning_rate=0.1,
        seconds=12.3,
        steps_per_second=1234.0,
        pace=None,
        error="",
    )
    status = replace(status, **changes.pop("status", {}))
    made = View(
        snapshot=snapshot,
        status=status,
        experiment=EXPERIMENT,
        findings=(),
        start=1,
        stop=9 if broken else 401,
        palette=palette_for("backscope-dark", "truecolor"),
        glyphs=BRAILLE,
        command_line="backscope run canned --seed 7 --set network.depth=10",
        facts=Facts(steps_planned=400, baseline=2.3026),
    )
    return replace(made, **changes)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``history`` runs once for the name of each canned history."""
    if "history" in metafunc.fixturenames:
        metafunc.parametrize("history", list(HISTORIES))


@pytest.fixture
def view_of() -> Callable[..., View]:
    """A factory of views: ``view_of("vanishing", cursor=3)``."""
    return view


@pytest.fixture
def screen_text() -> Callable[[list[Strip]], str]:
    """What the strips show, a line a strip."""
    return lambda strips: "\n".join(strip.text.rstrip() for strip in strips)
