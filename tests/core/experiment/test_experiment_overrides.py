"""An experiment with keys given beside its file, and the command line that says so."""

import shlex
from pathlib import Path

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import (
    Experiment,
    command_line,
    load_experiment,
    load_toml_text,
    parse_override,
    to_toml,
)
from backscope.core.experiment import experiment as module
from backscope.core.settings import Expectation

VANISHING = """
title = "Vanishing"
seed = 7

[network]
hidden = [64, 64]
activation = "sigmoid"

[training]
steps = 400

[expect]
finding = "vanishing_gradient"
within_steps = 50
"""


def problems_of(make, *arguments, **keywords):
    """The lines of the InputError that a call raises."""
    with pytest.raises(InputError) as caught:
        make(*arguments, **keywords)
    return list(caught.value.problems)


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
        (tmp_path / f"{name}.toml").write_text(VANISHING, encoding="utf-8")
    monkeypatch.setattr(module, "preset_names", lambda: ("healthy", "vanishing"))
    monkeypatch.setattr(module, "preset_path", lambda name: tmp_path / f"{name}.toml")
    return tmp_path


def test_overrides_change_keys_and_are_kept(presets):
    experiment = load_experiment("vanishing", {"network.depth": 20, "seed": 3})
    assert experiment.hidden == (64,) * 20
    assert experiment.seed == 3
    assert experiment.overrides == (("network.depth", 20), ("seed", 3))


def test_an_override_is_kept_as_its_validated_value(presets):
    experiment = load_experiment(
        "vanishing", {"network.gain": 2, "network.hidden": [3, 4], "expect.within_steps": 9}
    )
    assert experiment.overrides == (
        ("network.gain", 2.0),
        ("network.hidden", (3, 4)),
        ("expect.within_steps", 9),
    )
    assert type(experiment.overrides[0][1]) is float
    hash(experiment.overrides)


def test_a_data_path_given_beside_the_file_starts_at_the_working_directory(presets):
    experiment = load_experiment("healthy", {"data.path": "mine.csv", "data.target": "y"})
    assert (experiment.data.source, experiment.data.path) == ("csv", "mine.csv")
    assert experiment.folder == Path()


def test_problems_in_overrides_name_the_option_and_those_of_the_file_the_file(write):
    path = write("[training]\nlearning_rate = 'fast'\nwarmup_steps = 50\nsteps = 100")
    lines = problems_of(
        load_experiment,
        path,
        {
            "network.depht": 3,
            "network.gain": -1,
            "seed": "x",
            "training.steps": 10,
            "network.hidden": [0],
        },
    )
    assert lines == [
        "--set network.depht: unknown key, did you mean depth?",
        "--seed: 'x' is not a whole number (allowed: 0 to 9223372036854775807)",
        "--set network.gain: -1 is out of range (allowed: 0 to 1e6)",
        "--set network.hidden, entry 1: 0 is out of range (allowed: 1 to 8192)",
        f"{path}: training.learning_rate: 'fast' is not a number (allowed: 0 to 1e9)",
        "--steps: training.warmup_steps: 50 is not less than the 10 steps of training",
    ]


def test_hidden_and_depth_given_together_are_named_by_their_option(presets):
    [line] = problems_of(load_experiment, "healthy", {"network.depth": 3, "network.hidden": [3]})
    assert line == "--set network.hidden: give hidden, or depth and width, not both"


def test_the_promise_of_a_preset_holds_for_any_seed_and_for_nothing_else(presets):
    promise = load_experiment("vanishing").expect
    assert promise is not None
    assert load_experiment("vanishing", {"seed": 99}).expect == promise
    assert load_experiment("vanishing", {"network.hidden": [64, 64]}).expect == promise
    assert load_experiment("vanishing", {"network.depth": 20}).expect is None
    assert load_experiment("vanishing", {"seed": 99, "network.gain": 1.5}).expect is None


def test_a_dropped_promise_does_not_stand_in_the_way_of_fewer_steps(presets):
    assert load_experiment("vanishing", {"training.steps": 3}).expect is None


def test_a_promise_given_with_the_overrides_stays(presets):
    experiment = load_experiment("vanishing", {"network.gain": 2.0, "expect.within_steps": 60})
    assert experiment.expect == Expectation("vanishing_gradient", 60)


def test_a_file_written_from_an_experiment_reads_back_equal(presets):
    experiment = load_experiment("vanishing", {"training.learning_rate": 0.1 + 0.2})
    again = load_toml_text(to_toml(experiment))
    assert again == experiment
    assert again.training.learning_rate == 0.1 + 0.2


def test_the_command_line_reproduces_the_run(presets):
    overrides = {"network.depth": 20, "training.steps": 40, "network.activation": "tanh"}
    experiment = load_experiment("vanishing", overrides)
    line = command_line(experiment)
    assert line == (
        "backscope run vanishing --seed 7 --set network.depth=20 --steps 40 "
        "--set network.activation=tanh"
    )
    words = shlex.split(line)
    typed = dict(parse_override(words[i + 1]) for i, word in enumerate(words) if word == "--set")
    assert load_experiment(words[2], {**typed, "training.steps": 40}) == experiment


def test_the_command_line_is_quoted_for_the_shell(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("", "a b;$(x).toml")
    write("", "-x.toml")
    experiment = load_experiment("a b;$(x).toml", {"title": "it's", "data.path": "-a b.npz"})
    assert command_line(experiment) == (
        "backscope run 'a b;$(x).toml' --seed 0 --set 'title=it'\"'\"'s' '--data=-a b.npz'"
    )
    assert command_line(load_experiment("-x.toml")).startswith("backscope run ./-x.toml ")


def test_the_seed_of_the_command_line_is_the_effective_one(presets):
    assert command_line(load_experiment("healthy")) == "backscope run healthy --seed 7"
    assert command_line(load_experiment("healthy", {"seed": 3})).endswith(" healthy --seed 3")


def test_an_experiment_without_a_name_has_no_command_line():
    assert command_line(Experiment.from_dict({})) == ""
