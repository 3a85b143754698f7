"""The run as a plain dictionary: the contract of ``--json``."""

import json
import math
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pytest

from backscope import __version__
from backscope.core.diagnosis import Diagnosis
from backscope.core.experiment import Experiment, load_experiment
from backscope.core.findings import FINDING_KINDS, Facts
from backscope.core.history import History
from backscope.core.plain import plain
from backscope.core.record import (
    Event,
    LayerInfo,
    Layout,
    Metric,
    NonFinite,
    RunState,
    StepRecord,
)
from backscope.core.report import report
from backscope.core.run import Run
from backscope.core.source import RunStatus
from backscope.core.trainer import Trainer

LAYOUT = Layout(
    (
        LayerInfo(1, 2, 4, "relu", True, False),
        LayerInfo(2, 4, 4, "tanh", False, True),
        LayerInfo(3, 4, 1, "identity", False, False),
    ),
    (
        Metric("error_signal", ""),
        Metric("weight_gradient_norm", ""),
        Metric("bias_gradient_norm", ""),
        Metric("silent", ""),
        Metric("update_ratio", "", scheduled=True),
        Metric("activation_std", "", scheduled=True),
        Metric("saturated", "", scheduled=True),
        Metric("dead", "", scheduled=True),
    ),
)


@dataclass
class CannedRun:
    """A run that was never trained: rows are given."""

    state: RunState = RunState.FINISHED
    error: str = ""
    experiment: Experiment = field(default_factory=lambda: Experiment(title="canned", seed=5))
    history: History = field(default_factory=lambda: History(LAYOUT))
    facts: Facts = Facts(steps_planned=10, baseline=1.0)

    def status(self):
        snapshot = self.history.snapshot()
        return RunStatus(
            self.state, snapshot.count, 10, 0.0, 0.1, snapshot.seconds, 0.0, None, self.error
        )

    def add(self, nonfinite=None, **values):
        row = LAYOUT.empty_row()
        for name, value in values.items():
            row[LAYOUT.columns(name)] = value
        step = self.history.snapshot().count + 1
        self.history.append(StepRecord(step, row, LAYOUT, nonfinite), 0.25 * step)


HEALTHY = {
    "loss": 0.5,
    "gradient_norm": 1.0,
    "error_signal": [0.1, 0.2, 0.4],
    "weight_gradient_norm": [1.0, 2.0, 3.0],
    "bias_gradient_norm": 0.5,
    "silent": [1.0, math.nan, math.nan],
}
MEASURED = {
    "update_ratio": -3.0,
    "activation_std": 1.0,
    "saturated": [math.nan, 0.25, math.nan],
    "dead": [2.0, math.nan, math.nan],
}


def as_json(run):
    """What a strict reader of the JSON gets."""
    text = json.dumps(report(run), allow_nan=False)
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_every_key_of_the_contract_is_there():
    run = Run(Trainer(load_experiment("worked-example", {"training.steps": 2})))
    run.drive()
    said = as_json(run)
    assert {
        "version",
        "experiment",
        "title",
        "command",
        "seed",
        "state",
        "steps",
        "steps_per_second",
        "loss",
        "accuracy",
        "first_nonfinite",
        "layers",
        "layers_at_start",
        "layers_step",
        "findings",
        "settings",
        "machine",
    } <= said.keys()
    assert said["version"] == __version__
    assert said["experiment"] == "worked-example"
    assert said["state"] == "finished"
    assert said["steps"] == 2
    assert said["command"].startswith("backscope run worked-example ")
    for layers in (said["layers"], said["layers_at_start"]):
        assert [layer["index"] for layer in layers] == [1, 2]
        for layer in layers:
            assert {
                "index",
                "width",
                "activation",
                "error_signal",
                "weight_gradient_norm",
                "update_ratio",
                "activation_mean",
                "activation_std",
                "saturated",
                "silent",
                "dead",
            } <= layer.keys()


def test_a_diagnosis_kept_up_to_date_knows_of_steps_whose_rows_are_gone():
    tables = {
        "data": {"source": "circles", "rows": 60},
        "network": {"hidden": [8, 8]},
        "training": {"steps": 5_000, "rate_changes": [[1_100, 30.0]]},
    }
    run = Run(Trainer(Experiment.from_dict(tables)))
    run.history = History(run.history.layout, keep_rows=1)
    diagnosis = Diagnosis(run.facts)
    for _ in range(10):
        run.advance(500)
        diagnosis.update(run.history.snapshot())
    before = {f["kind"]: f["since_step"] for f in report(run, diagnosis)["findings"]}
    after = {f["kind"]: f["since_step"] for f in report(run)["findings"]}
    assert 1_100 < before["dying_relu"] < 1_300 < after["dying_relu"]


def test_the_worked_example_reports_the_loss_of_its_step():
    run = Run(Trainer(load_experiment("worked-example", {"training.steps": 1})))
    run.drive()
    assert as_json(run)["loss"]["train"] == pytest.approx(0.02705813, abs=5e-9)


def test_the_settings_make_the_same_experiment():
    experiment = load_experiment("vanishing", {"training.steps": 1})
    run = Run(Trainer(experiment))
    run.drive()
    assert Experiment.from_dict(as_json(run)["settings"]) == experiment


def test_a_vanishing_gradient_is_reported_with_its_evidence():
    run = Run(Trainer(load_experiment("vanishing", {"training.steps": 30})))
    run.drive()
    (finding,) = as_json(run)["findings"]
    assert finding["kind"] == "vanishing_gradient"
    assert finding["kind"] in FINDING_KINDS
    assert finding["severity"] in ("notice", "warning", "error")
    assert 1 <= finding["since_step"] <= 30
    assert finding["layers"][0] == 1
    assert finding["message"]
    assert all(isinstance(value, float | int) for value in finding["evidence"].values())


def test_layers_hold_the_newest_measured_values_and_those_of_the_start():
    run = CannedRun()
    run.add(**HEALTHY, **MEASURED)
    run.add(**{**HEALTHY, "error_signal": [1e-9, 0.2, 0.3]})
    said = as_json(run)
    first, second, last = said["layers"]
    assert said["layers_step"] == 2
    assert first["error_signal"] == 1e-9
    assert first["update_ratio"] == -3.0
    assert (first["silent"], first["dead"]) == (1, 2)
    assert second["saturated"] == 0.25
    assert (last["width"], last["activation"]) == (1, "identity")
    assert said["layers_at_start"][0]["error_signal"] == 0.1


def test_what_does_not_apply_to_a_layer_or_was_not_measured_is_null():
    run = CannedRun()
    run.add(**HEALTHY)
    said = as_json(run)
    first, second, last = said["layers"]
    assert first["saturated"] is None
    assert first["dead"] is None
    assert first["update_ratio"] is None
    assert second["silent"] is None
    assert last["silent"] is None
    assert last["saturated"] is None
    assert said["loss"] == {"train": 0.5, "validation": None}
    assert said["accuracy"] == {"train": None, "validation": None}


def test_numbers_that_are_not_finite_are_strings_and_the_layers_those_before():
    run = CannedRun(RunState.DIVERGED)
    run.add(**HEALTHY, **MEASURED)
    bad = NonFinite(2, 1, "z", 3, 8, 1e307)
    run.add(
        bad, **{**HEALTHY, "loss": math.inf, "error_signal": math.nan}, validation_loss=-math.inf
    )
    said = as_json(run)
    assert said["loss"] == {"train": "Infinity", "validation": "-Infinity"}
    assert said["first_nonfinite"] == {
        "step": 2,
        "layer": 1,
        "quantity": "z",
        "count": 3,
        "size": 8,
        "largest_finite": 1e307,
    }
    assert said["layers_step"] == 1
    assert said["layers"][0]["error_signal"] == 0.1


def test_a_run_that_diverges_at_once_shows_its_only_step():
    run = CannedRun(RunState.DIVERGED)
    run.add(NonFinite(1, None, "loss", 1, 1, 0.0), **{**HEALTHY, "loss": math.nan})
    said = as_json(run)
    assert said["layers_step"] == 1
    assert said["loss"]["train"] == "NaN"
    assert said["first_nonfinite"]["layer"] is None


def test_a_run_stopped_before_its_first_step_has_no_numbers():
    said = as_json(CannedRun(RunState.STOPPED))
    assert (said["state"], said["steps"], said["steps_per_second"]) == ("stopped", 0, None)
    assert said["loss"] == {"train": None, "validation": None}
    assert [layer["error_signal"] for layer in said["layers"]] == [None, None, None]
    assert said["findings"] == []


def test_a_failed_run_carries_its_traceback():
    said = as_json(CannedRun(RunState.FAILED, error="Traceback\nValueError: no"))
    assert said["error"] == "Traceback\nValueError: no"
    assert as_json(CannedRun())["error"] is None


def test_events_are_listed():
    run = CannedRun()
    run.add(**HEALTHY)
    run.history.mark(Event(1, "learning_rate", "0.1 -> 0.05"))
    assert as_json(run)["events"] == [{"step": 1, "kind": "learning_rate", "text": "0.1 -> 0.05"}]


def test_what_cannot_be_judged_is_listed_with_the_reason():
    run = CannedRun()
    for _ in range(5):
        run.add(**HEALTHY, **MEASURED)
    undecided = {each["kind"]: each["reason"] for each in as_json(run)["undecided"]}
    assert undecided["learning_rate_too_large"] == "promised progress is not recorded"
    assert undecided["overfitting"] == "no validation loss is recorded yet"
    assert undecided.keys() <= set(FINDING_KINDS)


def test_a_spike_of_the_loss_and_a_value_that_is_not_finite_are_among_the_events():
    run = CannedRun()
    for step in range(1, 61):
        run.add(**(HEALTHY | {"loss": 9.0 if step == 20 else 0.5}), **MEASURED)
    run.history.mark(Event(50, "learning_rate", "0.1 -> 0.2"))
    run.add(NonFinite(61, 2, "z", 1, 4, 1.0), **(HEALTHY | {"loss": math.nan}))
    events = as_json(run)["events"]
    assert [(event["step"], event["kind"]) for event in events] == [
        (20, "loss_spike"),
        (50, "learning_rate"),
        (61, "nonfinite"),
    ]


def test_steps_per_second_is_that_of_the_whole_run():
    run = CannedRun()
    for _ in range(3):
        run.add(**HEALTHY)
    assert as_json(run)["steps_per_second"] == pytest.approx(3 / 0.75)


def test_the_error_signal_is_followed_from_the_last_layer_to_the_first():
    run = CannedRun()
    run.add(**{**HEALTHY, "error_signal": [1e-6, 1e-3, 1e-2]})
    signal = as_json(run)["error_signal"]
    assert signal["decades"] == pytest.approx(-4)
    assert signal["factor_per_layer"] == pytest.approx(1e-2)
    assert signal["factors"] == pytest.approx([1e-3, 1e-1])


def test_an_error_signal_of_exactly_zero_or_beyond_floats_is_still_json():
    run = CannedRun()
    run.add(**{**HEALTHY, "error_signal": [0.0, 1e-320, 1e308]})
    signal = as_json(run)["error_signal"]
    assert signal["decades"] == "-Infinity"
    assert signal["factor_per_layer"] == 0.0
    assert signal["factors"][1] == pytest.approx(0.0)


def test_the_factor_between_two_layers_without_any_signal_is_unknown():
    run = CannedRun()
    run.add(**{**HEALTHY, "error_signal": [0.0, 0.0, 0.5]})
    assert as_json(run)["error_signal"]["factors"] == [None, 0.0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(math.nan), "NaN"),
        (-math.inf, "-Infinity"),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1.0, math.inf]]), [[1.0, "Infinity"]]),
        ((1, (2.5, None)), [1, [2.5, None]]),
        ({"a": RunState.FAILED}, {"a": "failed"}),
        (True, True),
        (Event(3, "a", "b"), {"step": 3, "kind": "a", "text": "b"}),
        (MappingProxyType({"a": -math.inf}), {"a": "-Infinity"}),
    ],
)
def test_plain_values_are_what_json_can_hold(value, expected):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


def test_a_value_that_json_cannot_hold_is_a_mistake_of_the_programmer():
    with pytest.raises(TypeError, match="expected a plain value, got object"):
        plain(object())
