"""In what two experiments differ, in words."""

from dataclasses import fields

from backscope.core.differences import differences, layers_text
from backscope.core.experiment import Experiment, load_experiment


def of(**tables):
    return Experiment.from_dict(tables)


def test_an_experiment_does_not_differ_from_itself_whatever_it_is_called():
    one = load_experiment("vanishing")
    other = load_experiment("vanishing", {"title": "another", "story": "told anew"})
    assert differences(one, other) == ()


def test_what_was_changed_is_named_in_words_in_the_order_of_the_file():
    sick = load_experiment("vanishing")
    well = load_experiment(
        "vanishing",
        {
            "training.learning_rate": 0.3,
            "network.activation": "relu",
            "network.initializer": "he_normal",
            "data.standardize": False,
            "seed": 8,
        },
    )
    assert differences(sick, well) == (
        "seed 7 -> 8",
        "standardize on -> off",
        "activation sigmoid -> relu",
        "initializer xavier_normal -> he_normal",
        "learning rate 0.1 -> 0.3",
    )


def test_layers_are_told_as_depth_and_width_however_they_were_given():
    listed, deep = of(network={"hidden": [8] * 3}), of(network={"depth": 3, "width": 8})
    assert differences(listed, deep) == ()
    assert differences(deep, of(network={"hidden": [4, 2]})) == ("layers 3 x 8 -> 4, 2",)
    assert differences(deep, of(network={"hidden": []})) == ("layers 3 x 8 -> none",)


def test_a_long_list_of_layers_is_cut_off():
    assert layers_text(tuple(range(1, 20))) == "1, 2, 3, 4, 5, 6, ..."


def test_arrays_are_shown_while_they_are_short():
    plain = of(training={"steps": 20})
    changed = of(training={"steps": 20, "rate_changes": [[5, 0.5]]})
    assert differences(plain, changed) == ("rate changes none -> [[5.0, 0.5]]",)
    many = of(training={"steps": 20, "rate_changes": [[step, 0.5] for step in range(1, 9)]})
    assert differences(plain, many) == ("rate changes none -> 8 given",)


def test_the_same_name_of_a_file_in_another_folder_is_another_file(tmp_path):
    table = {"data": {"source": "npz", "path": "rows.npz"}}
    one, other = (
        Experiment.from_dict(table, folder=tmp_path / folder) for folder in ("here", "there")
    )
    assert differences(one, other) == (
        f"path {tmp_path}/here/rows.npz -> {tmp_path}/there/rows.npz",
    )


def test_a_difference_is_found_in_every_table():
    for table in ("data", "network", "training", "probes"):
        assert table in {field.name for field in fields(Experiment)}
    one = of(
        data={"rows": 5}, network={"gain": 2.0}, training={"momentum": 0.5}, probes={"budget": 0.5}
    )
    assert differences(of(), one) == (
        "rows 0 -> 5",
        "gain 1 -> 2",
        "momentum 0.9 -> 0.5",
        "budget 0.05 -> 0.5",
    )
