"""Single keys given beside a file."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backscope.core.errors import InputError
from backscope.core.experiment.overrides import override_arguments, parse_override, with_overrides


def merged(document, overrides):
    """The document with overrides, which must all be applicable."""
    problems = []
    result = with_overrides(document, overrides, problems)
    assert problems == []
    return {name: table for name, table in result.items() if table != {}}


def complaint(document, overrides):
    problems = []
    with_overrides(document, overrides, problems)
    [problem] = problems
    return f"{problem.place}: {problem.text}"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("network.depth=20", ("network.depth", 20)),
        (" network.depth = 20 ", ("network.depth", 20)),
        ("network.activation=tanh", ("network.activation", "tanh")),
        ('network.activation="tanh"', ("network.activation", "tanh")),
        ("network.residual=true", ("network.residual", True)),
        ("network.hidden=[64, 32]", ("network.hidden", [64, 32])),
        ("training.learning_rate=1e-3", ("training.learning_rate", 1e-3)),
        ("data.target=2020", ("data.target", "2020")),
        ("title=a = b # c", ("title", "a = b # c")),
        ("title=", ("title", "")),
        ("title=2024-01-01", ("title", "2024-01-01")),
        ("no.such.key=3", ("no.such.key", 3)),
        ("training.steps=1\nseed=2", ("training.steps", "1\nseed=2")),
    ],
)
def test_what_is_typed_is_read_as_toml_or_as_bare_text(text, pair):
    assert parse_override(text) == pair


@pytest.mark.parametrize("text", ["", "=", "=3", "network.depth", "a\x1bb"])
def test_what_is_no_key_and_value_is_told_how_it_is_written(text):
    with pytest.raises(InputError, match="expected KEY=VALUE, as in") as caught:
        parse_override(text)
    assert str(caught.value).isprintable()


TYPED = {
    "title": st.text(st.characters(exclude_categories=["Cs"])),
    "network.activation": st.sampled_from(["tanh", "relu"]),
    "data.path": st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    "training.learning_rate": st.floats(allow_nan=False, allow_infinity=False),
    "seed": st.integers(0, 2**63 - 1),
    "network.residual": st.booleans(),
    "network.hidden": st.lists(st.integers(1, 99)).map(tuple),
    "training.rate_changes": st.lists(st.tuples(st.floats(1, 9), st.floats(0, 9))).map(tuple),
}


def as_tuples(value):
    return tuple(map(as_tuples, value)) if isinstance(value, (list, tuple)) else value


@given(st.sampled_from(list(TYPED)).flatmap(lambda k: st.tuples(st.just(k), TYPED[k])))
def test_the_arguments_of_an_override_say_the_very_same_again(pair):
    key, value = pair
    arguments = shlex.split(shlex.join(override_arguments(key, value)))
    if arguments[0] == "--set":
        [_, typed] = arguments
        again, value_again = parse_override(typed)
        assert (again, as_tuples(value_again)) == (key, value)
    else:
        option, typed = arguments if len(arguments) == 2 else arguments[0].split("=", 1)
        assert option == {"seed": "--seed", "data.path": "--data"}[key]
        assert typed == str(value)
        assert len(arguments) == 1 or not typed.startswith("-")


def test_a_key_is_set_whether_or_not_its_table_is_there():
    assert merged({}, {"seed": 3, "network.gain": 2.0}) == {"seed": 3, "network": {"gain": 2.0}}
    assert merged({"seed": 1, "network": {"gain": 1.0, "bias": 1.0}}, {"network.gain": 2.0}) == {
        "seed": 1,
        "network": {"gain": 2.0, "bias": 1.0},
    }


def test_the_document_itself_is_left_alone():
    document = {"network": {"hidden": [3]}, "training": {"epochs": 2}}
    merged(document, {"network.depth": 2, "training.steps": 5})
    assert document == {"network": {"hidden": [3]}, "training": {"epochs": 2}}


@pytest.mark.parametrize(
    ("before", "overrides", "after"),
    [
        ({"hidden": [8, 8]}, {"depth": 5}, {"depth": 5, "width": 8}),
        ({"hidden": [8, 9]}, {"width": 5}, {"depth": 2, "width": 5}),
        ({}, {"depth": 5}, {"depth": 5, "width": 64}),
        ({}, {"width": 5}, {"depth": 2, "width": 5}),
        ({"hidden": []}, {"width": 5}, {"depth": 0, "width": 5}),
        ({"hidden": [8, 9]}, {"depth": 0}, {"depth": 0}),
        ({"hidden": [8, 9]}, {"depth": 3, "width": 5}, {"depth": 3, "width": 5}),
        ({"depth": 3, "width": 5}, {"depth": 4}, {"depth": 4, "width": 5}),
        ({"depth": 3, "width": 5}, {"hidden": [4]}, {"hidden": [4]}),
        ({"hidden": [8]}, {"hidden": [4], "depth": 3}, {"hidden": [4], "depth": 3}),
        ({"hidden": "x"}, {"depth": 3}, {"hidden": "x", "depth": 3}),
    ],
)
def test_depth_and_width_replace_hidden_and_the_other_way_round(before, overrides, after):
    dotted = {f"network.{name}": value for name, value in overrides.items()}
    assert merged({"network": before}, dotted)["network"] == after


@pytest.mark.parametrize(
    ("hidden", "text"),
    [
        ([64, 32], "hidden = [64, 32] has layers of different widths, so give network.width too"),
        ([], "hidden = [] is empty, so give network.width too"),
        (list(range(1, 9)), "hidden = [1, 2, 3, 4, 5, 6, ...] has layers of different widths, so"),
    ],
)
def test_depth_alone_needs_a_width_where_hidden_gives_none(hidden, text):
    assert complaint({"network": {"hidden": hidden}}, {"network.depth": 9}).startswith(
        f"network.depth: {text}"
    )


def test_steps_replace_epochs_and_the_other_way_round():
    assert merged({"training": {"epochs": 3}}, {"training.steps": 5}) == {"training": {"steps": 5}}
    assert merged({"training": {"steps": 3}}, {"training.epochs": 5}) == {"training": {"epochs": 5}}


@pytest.mark.parametrize(
    ("before", "overrides", "after"),
    [
        ({}, {"path": "a.csv"}, {"source": "csv", "path": "a.csv"}),
        ({}, {"path": "A.NPZ"}, {"source": "npz", "path": "A.NPZ"}),
        ({}, {"path": Path("a.csv")}, {"source": "csv", "path": "a.csv"}),
        (
            {"source": "csv", "path": "b", "target": "t"},
            {"path": "a.txt"},
            {"source": "csv", "path": "a.txt", "target": "t"},
        ),
        (
            {"source": "csv", "path": "b", "target": "t"},
            {"path": "a.npz"},
            {"source": "npz", "path": "a.npz"},
        ),
        (
            {"source": "inline", "X": [[1]], "y": [[1]], "rows": 1},
            {"path": "a.csv", "target": "t"},
            {"source": "csv", "path": "a.csv", "target": "t"},
        ),
        (
            {"source": "moons", "rows": 1200},
            {"path": "a.npz", "rows": 5},
            {"source": "npz", "path": "a.npz", "rows": 5},
        ),
        ({"source": "csv", "path": "b", "target": "t"}, {"source": "xor"}, {"source": "xor"}),
        ({}, {"path": "a.npz", "source": "csv"}, {"source": "csv", "path": "a.npz"}),
    ],
)
def test_a_data_path_brings_its_source_and_drops_what_belonged_to_another(before, overrides, after):
    dotted = {f"data.{name}": value for name, value in overrides.items()}
    assert merged({"data": before}, dotted)["data"] == after


def test_a_data_path_of_unknown_kind_needs_a_source():
    assert complaint({}, {"data.path": "a.xlsx"}) == (
        "data.path: 'a.xlsx' ends in neither .csv nor .npz, so give data.source too, csv or npz"
    )


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("network.depht", "unknown key, did you mean depth?"),
        ("depth", "unknown key, did you mean network.depth?"),
        ("training.depth", "unknown key, did you mean network.depth?"),
        ("netwrk.depth", "unknown key, did you mean network.depth?"),
        ("training.seed", "unknown key, did you mean seed?"),
        (".seed", "unknown key, did you mean seed?"),
        ("network", "a table; name one of its keys, as in network.hidden"),
        ("zzz.zzzz", "unknown table (known: data, network, training, probes, expect)"),
        (
            "probes.zzzzzz",
            "unknown key (known here: budget, signal_every, activations_every, "
            "trust_every, dead_every, dead_rows)",
        ),
        ("", "unknown key"),
    ],
)
def test_an_override_of_no_key_is_told_which_was_probably_meant(key, text):
    assert text in complaint({}, {key: 3})


def test_an_override_whose_key_is_no_text_is_a_problem():
    assert complaint({}, {5: 3}) == "overrides: the key 5 is not text"
