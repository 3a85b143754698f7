"""What the keys of an experiment ask of each other."""

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment


def problems_in(document):
    """The lines of the InputError that a document raises."""
    with pytest.raises(InputError) as caught:
        Experiment.from_dict(document)
    return list(caught.value.problems)


def test_one_mistake_draws_no_invented_second_one():
    assert len(problems_in({"network": {"depth": 3, "widht": 5}})) == 1
    assert len(problems_in({"network": {"depth": 3, "width": "x"}})) == 1
    assert len(problems_in({"data": {"source": "cvs", "path": "x.csv", "target": "y"}})) == 1
    assert len(problems_in({"training": {"early_stopping": 5}, "data": 7})) == 1
    assert len(problems_in({"training": {"loss": "msee"}, "data": {"noise": 3.0}})) == 1


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (
            {"network": {"hidden": [3], "depth": 3}},
            "network.hidden: give hidden, or depth and width, not both",
        ),
        (
            {"network": {"hidden": [], "width": 3}},
            "network.hidden: give hidden, or depth and width, not both",
        ),
        ({"network": {"depth": 3}}, "network.depth: needs network.width as well"),
        ({"network": {"width": 3}}, "network.width: needs network.depth as well"),
        (
            {"network": {"depth": 1000, "width": 8192}},
            "network.depth: 67,041,755,136 weights between the hidden layers "
            "(allowed: at most 50,000,000)",
        ),
        (
            {"network": {"hidden": [8000, 8000]}},
            "network.hidden: 64,000,000 weights between the hidden layers "
            "(allowed: at most 50,000,000)",
        ),
        (
            {"network": {"hidden": [1] * 1001}},
            "network.hidden: 1001 hidden layers (allowed: at most 1000)",
        ),
        (
            {"network": {"depth": 1001, "width": 1}},
            "network.depth: 1001 is out of range (allowed: 0 to 1000)",
        ),
        (
            {"training": {"steps": 5, "epochs": 5}},
            "training.steps: give steps or epochs, not both",
        ),
        (
            {"data": {"source": "npz"}},
            'data.path: missing; source "npz" needs the file to read',
        ),
        (
            {"data": {"source": "csv", "path": "x.csv"}},
            'data.target: missing; source "csv" needs the name of the column to predict',
        ),
        (
            {"data": {"path": "x.csv"}},
            'data.path: for csv and npz only, and data.source is "digits"',
        ),
        (
            {"data": {"source": "npz", "path": "x.npz", "target": "y"}},
            'data.target: for csv only, and data.source is "npz"',
        ),
        (
            {"data": {"source": "npz", "path": "a\0b"}},
            "data.path: no path can hold a NUL character",
        ),
        ({"data": {"X": [[1]]}}, 'data.X: for inline only, and data.source is "digits"'),
        (
            {"data": {"source": "inline", "X": [[1]]}},
            'data.y: missing; source "inline" needs rows of numbers',
        ),
        (
            {"data": {"source": "inline", "X": [[1], [2]], "y": [[1]]}},
            "data.y: 1 row, but data.X has 2",
        ),
        (
            {"data": {"source": "inline", "X": [[1], [2, 3]], "y": [[1], [1]]}},
            "data.X: row 2 has length 2, but row 1 has 1",
        ),
        (
            {"data": {"source": "inline", "X": [[], []], "y": [[1], [1]]}},
            "data.X: row 1 is empty",
        ),
        (
            {"network": {"output_activation": "sigmoid"}},
            "network.output_activation: must be identity for cross_entropy, which holds its own "
            "(others are for mse and half_mse)",
        ),
        (
            {"network": {"std": -0.1}},
            "network.std: -0.1 is negative, which only constant takes (its value)",
        ),
        (
            {"data": {"noise": 1.5}},
            "data.noise: 1.5 is out of range (allowed for classification: 0 to 1, the share of "
            "wrong labels)",
        ),
        (
            {"training": {"warmup_steps": 5, "steps": 5}},
            "training.warmup_steps: 5 is not less than the 5 steps of training",
        ),
        (
            {"training": {"early_stopping": 5}, "data": {"validation": 0.0}},
            "training.early_stopping: watches the validation loss, but data.validation is 0",
        ),
        (
            {"training": {"steps": 5}, "expect": {"within_steps": 6}},
            "expect.within_steps: 6 is more than the 5 steps of training",
        ),
        ({"dtype": "float16"}, "dtype: 'float16' is unknown, did you mean float64? Allowed:"),
        ({"seed": -1}, "seed: -1 is out of range (allowed: 0 to 9223372036854775807)"),
        ({"seed": 2**63}, "seed: 9223372036854775808 is out of range"),
    ],
)
def test_what_does_not_fit_together_is_one_clear_line(document, line):
    [problem] = problems_in(document)
    assert problem.startswith(line)


@pytest.mark.parametrize(
    "document",
    [
        {"network": {"output_activation": "sigmoid"}, "training": {"loss": "half_mse"}},
        {"network": {"std": -0.1, "initializer": "constant"}},
        {"data": {"source": "sine", "noise": 1.5}, "training": {"loss": "mse"}},
        {"training": {"warmup_steps": 5, "epochs": 1}},
        {"training": {"epochs": 1}, "expect": {"within_steps": 6}},
        {"training": {"rate_changes": [[1, 0], [2, 1e9], [1000000000, 0.1]]}},
        {"seed": 2**63 - 1},
        {"network": {"depth": 1000, "width": 200}},
        {"network": {"depth": 0}},
    ],
)
def test_what_fits_together_is_an_experiment(document):
    experiment = Experiment.from_dict(document)
    assert Experiment.from_dict(experiment.to_dict()) == experiment


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ([[0, 0.1]], "row 1: 0.0 is not a step"),
        ([[1.5, 0.1]], "row 1: 1.5 is not a step"),
        ([[1e300, 0.1]], "row 1: 1e+300 is not a step"),
        ([[5, -0.1]], "row 1: -0.1 is not a learning rate (allowed: 0 to 1e9)"),
        ([[5, 1e10]], "row 1: 10000000000.0 is not a learning rate"),
        ([[5, 0.1], [5, 0.2]], "row 2: step 5 does not come after step 5"),
        ([[5]], "row 1: not a pair [step, rate]"),
        ([[]], "row 1: not a pair [step, rate]"),
        ([5, 0.1], "row 1: 5 is not an array"),
    ],
)
def test_rate_changes_are_pairs_of_step_and_rate_in_ascending_order(changes, text):
    lines = problems_in({"training": {"rate_changes": changes}})
    assert lines[0].startswith(f"training.rate_changes, {text}")
