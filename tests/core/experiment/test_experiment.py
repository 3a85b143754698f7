"""Experiments: from files, dicts and presets; back to TOML; and the command line of a run."""

import copy
from pathlib import Path

import numpy as np
import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import (
    Experiment,
    command_line,
    load_experiment,
    load_toml_text,
    to_toml,
)
from backscope.core.experiment import experiment as module
from backscope.core.settings import Expectation

ISSUE_EXAMPLE = '''
title = "Vanishing gradient: ten sigmoid layers"
story = """..."""
seed = 7
dtype = "float64"                     # or "float32"

[data]
source = "digits"                     # digits xor circles moons spirals sine csv npz
path = ""                             # for csv / npz
target = ""                           # csv column
rows = 0                              # 0: all;  noise = 0.0: label noise share
standardize = true
validation = 0.25

[network]
hidden = [64, 64]                     # or depth = 10 and width = 64
activation = "sigmoid"
initializer = "xavier_normal"         # glorot/he/lecun/orthogonal/normal/uniform/constant/zeros
gain = 1.0
std = 0.1                             # for normal / uniform / constant (the value)
bias = 0.0
normalization = "none"                # none batch layer
residual = false
dropout = 0.0
output_activation = "identity"

[training]
loss = "cross_entropy"                # cross_entropy binary_cross_entropy mse half_mse
optimizer = "sgd"                     # sgd momentum nesterov rmsprop adam adamw
learning_rate = 0.1
batch_size = 32
steps = 400                           # or epochs
weight_decay = 0.0
clip_norm = 0.0                       # 0: off;  clip_value likewise
schedule = "constant"                 # constant step cosine;  warmup_steps
early_stopping = 0                    # patience in evaluations; 0: off

[expect]
finding = "vanishing_gradient"        # or "none"
within_steps = 50
'''

WORKED_EXAMPLE = {
    "data": {"source": "inline", "X": [[0.5, 0.8]], "y": [[1.0]]},
    "network": {
        "hidden": [2],
        "initial_W": [[[0.15, 0.20], [0.25, 0.30]], [[0.40], [0.50]]],
        "initial_b": [[0.35, 0.35], [0.60]],
    },
}


def problems_of(make, *arguments, **keywords):
    """The lines of the InputError that a call raises."""
    with pytest.raises(InputError) as caught:
        make(*arguments, **keywords)
    return list(caught.value.problems)


def problems_in(document):
    return problems_of(Experiment.from_dict, document)


def changed(document, **tables):
    """A copy of the document with some keys of its tables changed."""
    document = copy.deepcopy(document)
    for table, values in tables.items():
        document.setdefault(table, {}).update(values)
    return document


@pytest.fixture
def write(tmp_path):
    """Write an experiment file and return its path as text."""

    def write_file(content, name="mine.toml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write_file


@pytest.fixture
def presets(tmp_path, monkeypatch):
    """Two presets of our own in place of the real ones."""
    for name in ("healthy", "vanishing"):
        (tmp_path / f"{name}.toml").write_text(ISSUE_EXAMPLE, encoding="utf-8")
    monkeypatch.setattr(module, "preset_names", lambda: ("healthy", "vanishing"))
    monkeypatch.setattr(module, "preset_path", lambda name: tmp_path / f"{name}.toml")
    return tmp_path


# Defaults, alternatives, and what an experiment is


def test_the_shape_of_the_file_that_was_promised_is_an_experiment():
    experiment = load_toml_text(ISSUE_EXAMPLE)
    assert experiment.title == "Vanishing gradient: ten sigmoid layers"
    assert experiment.hidden == (64, 64)
    assert experiment.training.steps == 400
    assert experiment.expect == Expectation("vanishing_gradient", 50)


def test_an_empty_file_is_an_experiment_of_two_layers_and_a_thousand_steps():
    experiment = load_toml_text("")
    assert experiment == Experiment() == Experiment.from_dict({})
    assert (experiment.hidden, experiment.training.steps) == ((64, 64), 1000)
    assert experiment.expect is None


@pytest.mark.parametrize(
    ("network", "hidden"),
    [
        ({"hidden": [3, 5]}, (3, 5)),
        ({"depth": 3, "width": 5}, (5, 5, 5)),
        ({"hidden": []}, ()),
        ({"depth": 0}, ()),
        ({"depth": 0, "width": 7}, ()),
    ],
)
def test_layers_are_given_by_their_widths_or_by_depth_and_width(network, hidden):
    experiment = Experiment.from_dict({"network": network})
    assert experiment.hidden == hidden
    assert Experiment.from_dict(experiment.to_dict()) == experiment


def test_epochs_stand_in_for_steps():
    training = Experiment.from_dict({"training": {"epochs": 3}}).training
    assert (training.steps, training.epochs) == (0, 3)


def test_an_experiment_is_frozen_hashable_and_equal_by_what_it_trains():
    one, other = load_toml_text(ISSUE_EXAMPLE, name="a"), load_toml_text(ISSUE_EXAMPLE, name="b")
    assert one == other
    assert hash(one) == hash(other)
    assert one != load_toml_text(ISSUE_EXAMPLE, overrides={"seed": 8})
    with pytest.raises(AttributeError):
        one.seed = 3


def test_arrays_may_be_numpy_arrays():
    document = changed(WORKED_EXAMPLE, data={"X": np.array([[0.5, 0.8]]), "y": np.ones((1, 1))})
    assert Experiment.from_dict(document) == Experiment.from_dict(WORKED_EXAMPLE)


def test_the_folder_counts_only_where_a_path_starts_from_it():
    csv = {"data": {"source": "csv", "path": "x.csv", "target": "y"}}
    assert Experiment.from_dict(csv, folder=Path("/a")).folder == Path("/a")
    assert Experiment.from_dict({}, folder=Path("/a")).folder == Path()


# All problems of a file at once


def test_all_problems_of_a_file_come_at_once_each_with_file_key_and_what_is_allowed(write):
    path = write(
        "sede = 1\n[training]\nlearning_rate = 'fast'\nlearning_rte = 1\nsteps = 0\n"
        "[network]\nactivation = 'sigmod'\n[data]\nactivation = 'relu'\n"
    )
    lines = problems_of(load_experiment, path)
    assert [line.removeprefix(f"{path}: ") for line in lines[:5]] == [
        "sede: unknown key, did you mean seed?",
        "data.activation: activation belongs in [network]",
        lines[2].removeprefix(f"{path}: "),
        "training.learning_rate: 'fast' is not a number (allowed: 0 to 1e9)",
        "training.learning_rte: unknown key, did you mean learning_rate?",
    ]
    assert "network.activation: 'sigmod' is unknown, did you mean sigmoid? Allowed: " in lines[2]
    assert "training.steps: 0 is out of range (allowed: 1 to 1e9)" in lines[5]
    assert len(lines) == 6


# Files


def test_a_preset_is_found_by_name_and_a_file_by_path(presets, write):
    assert load_experiment("healthy").name == "healthy"
    path = write("seed = 3", "other.toml")
    assert load_experiment(path).seed == 3
    assert load_experiment(Path(path)).name == path


def test_a_preset_wins_over_a_file_of_its_name_unless_a_path_is_meant(presets, monkeypatch):
    monkeypatch.chdir(presets)
    (presets / "healthy").write_text("seed = 99", encoding="utf-8")
    assert load_experiment("healthy").seed == 7
    assert load_experiment("./healthy").seed == 99
    experiment = load_experiment(Path("healthy"))
    assert experiment.seed == 99
    assert command_line(experiment) == "backscope run ./healthy --seed 99"


def test_an_existing_file_without_the_ending_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("seed = 5", encoding="utf-8")
    assert load_experiment("mine").seed == 5


def test_an_unknown_preset_is_answered_with_the_nearest_and_the_list(presets):
    [line] = problems_of(load_experiment, "vanishng")
    assert line == (
        "'vanishng' is neither a preset nor a file, did you mean vanishing? "
        "Allowed: healthy, vanishing"
    )


@pytest.mark.parametrize("name", ["", "\0", "x" * 100_000, "\x1b[31m", "\ud800", "-x"])
def test_a_hostile_name_is_one_short_printable_line(presets, name):
    for given_name in (name, f"{name}.toml", f"/{name}"):
        lines = problems_of(load_experiment, given_name)
        assert len(lines) == 1
        assert len(lines[0]) < 400
        assert lines[0].isprintable()


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    assert problems_of(load_experiment, str(tmp_path)) == [f"{tmp_path}: is a folder, not a file"]
    missing = tmp_path / "x.toml"
    assert problems_of(load_experiment, missing) == [f"{missing}: no such file"]


def test_a_missing_file_is_told_with_what_was_probably_meant(write, presets):
    missing = write("", "experiment.toml").replace("iment.toml", "imnet.toml")
    assert problems_of(load_experiment, missing) == [
        f"{missing}: no such file; did you mean 'experiment.toml'?"
    ]
    assert problems_of(load_experiment, "./vanishing.toml") == [
        "./vanishing.toml: no such file; did you mean the preset vanishing?"
    ]


def test_a_file_that_the_system_will_not_open_says_why(write, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    path = write("")
    monkeypatch.setattr(Path, "open", refuse)
    assert problems_of(load_experiment, path) == [f"{path}: cannot be read (Permission denied)"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("[data\n", ":1:6: "),
        (b"title = '\xff'", ": not UTF-8 text (byte 0xff at offset 9)"),
        ("#" * 70_000, ": larger than 64 KiB"),
        ("a=" + "[" * 10_000, ": arrays or tables are nested too deeply"),
        ("seed = " + "9" * 10_000, ":1:8: a whole number with too many digits"),
        ("seed = 0x" + "f" * 10_000, ": seed: a whole number of about 12041 digits is out of"),
    ],
)
def test_a_file_that_is_no_toml_is_one_line(write, content, text):
    path = write(content)
    [line] = problems_of(load_experiment, path)
    assert line.startswith(path + text)
    assert len(line) < len(path) + 140


def test_a_byte_order_mark_is_tolerated(write):
    assert load_experiment(write("\ufeffseed = 3")).seed == 3


def test_a_data_path_starts_at_the_experiments_own_folder(write, tmp_path):
    path = write("[data]\nsource = 'csv'\npath = 'x.csv'\ntarget = 'y'")
    assert load_experiment(path).folder == tmp_path


def test_a_written_file_is_readable():
    text = to_toml(Experiment.from_dict({**WORKED_EXAMPLE, "story": "One.\nTwo.\n"}))
    assert text.startswith('story = """\nOne.\nTwo.\n"""\nseed = 0\ndtype = "float64"\n\n[data]\n')
    assert "X = [[0.5, 0.8]]\n" in text
    assert "depth" not in text
    assert "epochs" not in text
