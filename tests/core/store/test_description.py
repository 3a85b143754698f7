import json

import pytest

from backscope.core.errors import DataError
from backscope.core.experiment import Experiment
from backscope.core.record import NonFinite, RunState
from backscope.core.store.description import MOST_STEPS, Description, Progress
from backscope.core.trainer import Trainer


@pytest.fixture
def meta():
    settings = {
        "data": {"source": "moons", "rows": 60},
        "network": {"hidden": [5, 5], "activation": "relu"},
        "training": {"steps": 50, "batch_size": 8},
    }
    trainer = Trainer(Experiment.from_dict(settings, name="moons"))
    args = trainer.experiment, trainer.layout, trainer.facts, 50, 1e9
    return Description.of(*args).to_meta()


def test_a_description_comes_back_as_it_was(meta):
    description = Description.from_meta(meta, "x")
    assert description.to_meta() == meta
    assert description.experiment.name == "moons"


@pytest.mark.parametrize("key", ["experiment", "name", "layers", "metrics", "facts", "machine"])
@pytest.mark.parametrize(
    "text", ["", "null", "5", "NaN", "[[[]]]", "[" * 100_000, "\x1b]0;x\x07[/]\n" + "a" * 10_000]
)
def test_whatever_a_text_of_it_is_the_answer_is_a_description_or_one_line(meta, key, text):
    said = "x: the run's "
    try:
        Description.from_meta({**meta, key: text}, "x")
    except DataError as error:
        said = str(error)
    assert said.startswith("x: the run's ")
    assert not {"\n", "\x1b"} & set(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (list.clear, "0 layers"),
        (list.reverse, "layer 1 is none"),
        (lambda layers: layers[0].update(width=0), "layer 1 is none"),
        (lambda layers: layers[1].update(fan_in=10**30), "layer 2 is none"),
        (lambda layers: layers[1].update(activation=5), "layer 2 is none"),
        (lambda layers: layers.extend([layers[-1]] * 10_000), "10003 layers"),
    ],
)
def test_layers_that_cannot_be_are_refused(meta, change, said):
    layers = json.loads(meta["layers"])
    change(layers)
    with pytest.raises(DataError, match=said):
        Description.from_meta({**meta, "layers": json.dumps(layers)}, "x")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["loss"], "two of its metrics have one name"),
        (["new", "new"], "two of its metrics have one name"),
        ([f"m{number}" for number in range(1_000)], "metrics cannot be"),
    ],
)
def test_metrics_that_cannot_be_are_refused(meta, names, said):
    metrics = json.loads(meta["metrics"]) + [[name, "", False] for name in names]
    with pytest.raises(DataError, match=said):
        Description.from_meta({**meta, "metrics": json.dumps(metrics)}, "x")


def test_a_run_of_a_version_that_measured_less_is_refused_by_what_is_missing(meta):
    metrics = [metric for metric in json.loads(meta["metrics"]) if metric[0] != "dead"]
    with pytest.raises(DataError, match="recorded without dead, as another version did"):
        Description.from_meta({**meta, "metrics": json.dumps(metrics)}, "x")


NONFINITE = {
    "step": 3,
    "layer": None,
    "quantity": "loss",
    "count": 1,
    "size": 1,
    "largest_finite": 0.0,
}


def test_how_far_a_run_was_comes_back_as_it_was():
    known = NonFinite(**NONFINITE)
    progress = Progress(RunState.DIVERGED, 1, 3, 0.1, 1e9, 0.1, ("divergence",), known, "", 2.0, 4)
    assert Progress.from_meta(progress.to_meta(), "x") == progress


@pytest.mark.parametrize(
    "change",
    [
        {"state": "asleep"},
        {"state": []},
        {"count": -1},
        {"count": MOST_STEPS + 1},
        {"count": 1.5},
        {"first_step": 0},
        {"loss": "low"},
        {"findings": 5},
        {"nonfinite": []},
        {"nonfinite": {**NONFINITE, "step": "3"}},
        {"nonfinite": {**NONFINITE, "layer": []}},
        {"nonfinite": {**NONFINITE, "quantity": None}},
        {"more": 1},
        {"error": 5},
        {"loss": 10**400},
        {"nonfinite": {**NONFINITE, "largest_finite": 10**400}},
    ],
)
def test_how_far_a_run_cannot_have_been_is_damage(change):
    good = json.loads(Progress(RunState.RUNNING, 1, 3, 0.1, 1e9, 0.1).to_meta()["progress"])
    with pytest.raises(DataError, match=r"^x: how far the run was is damaged: [^\n]*$"):
        Progress.from_meta({"progress": json.dumps({**good, **change})}, "x")
