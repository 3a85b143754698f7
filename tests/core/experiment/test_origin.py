"""Where a key at fault was given."""

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, load_experiment, load_toml_text
from backscope.core.trainer import Trainer


def problem(experiment):
    with pytest.raises(InputError) as caught:
        Trainer(experiment)
    (line,) = caught.value.problems
    return line


def test_what_the_data_shows_to_be_wrong_names_the_file():
    experiment = load_toml_text('[data]\nsource = "sine"\n', name="my\x1b.toml")
    assert problem(experiment).startswith("my\\x1b.toml: training.loss: cross_entropy is for")
    experiment = load_toml_text("[data]\nrows = 5000\n", name="my.toml")
    assert problem(experiment).startswith("my.toml: data.rows = 5000: there are only 1797")


def test_what_an_option_gave_names_the_option():
    experiment = load_experiment("healthy", {"training.loss": "binary_cross_entropy"})
    assert problem(experiment).startswith("--set training.loss: binary_cross_entropy is for")


def test_a_column_that_is_not_there_names_the_option_that_asked_for_it(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("x,y\n1,a\n2,b\n")
    experiment = load_experiment("healthy", {"data.path": str(path), "data.target": "z"})
    assert problem(experiment).startswith("--target = 'z': no such column in ")


def test_a_data_file_speaks_for_itself(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("x,y\n1,a\n,b\n")
    experiment = load_experiment("healthy", {"data.path": str(path), "data.target": "y"})
    assert problem(experiment).startswith(f"'{path}', row 2 (line 3), column 'x': ")


def test_without_a_name_the_key_stands_alone():
    assert problem(Experiment.from_dict({"data": {"rows": 5000}})).startswith("data.rows = 5000:")
