"""Plain values into settings, key by key."""

import datetime
import math
from dataclasses import fields

import numpy as np
import pytest

from backscope.core.experiment.keys import (
    KIND_NAMES,
    SECTIONS,
    TABLES,
    bound_text,
    choices,
    dotted_key,
    find_key,
    key_specs,
    range_text,
)
from backscope.core.experiment.problems import MOST_LINES, Problem, as_lines, nearest, unknown_key
from backscope.core.experiment.validation import MOST_UNKNOWN, read_sections, read_value
from backscope.core.settings import Key

ALL_SPECS = [
    (dotted_key(section, name), spec)
    for section, settings in SECTIONS.items()
    for name, spec in key_specs(settings).items()
]


def refused(dotted, value):
    """What reading ``value`` for a key complains about, with the position in its array."""
    _, refusals = read_value(value, find_key(dotted))
    return [place + ": " + text if place else text for place, text in refusals]


def read(dotted, value):
    result, refusals = read_value(value, find_key(dotted))
    assert refusals == []
    return result


@pytest.mark.parametrize("settings", SECTIONS.values())
def test_every_field_of_every_settings_class_is_a_key_of_a_known_type(settings):
    specs = key_specs(settings)
    assert list(specs) == [f.name for f in fields(settings)]
    assert all(spec.kind in KIND_NAMES for spec in specs.values())


@pytest.mark.parametrize(("dotted", "spec"), ALL_SPECS)
def test_every_default_but_those_that_mean_not_given_is_itself_allowed(dotted, spec):
    result, refusals = read_value(spec.default, spec)
    if spec.key.unset and refusals:
        assert spec.default in (0, ())
    else:
        assert (result, refusals) == (spec.default, [])


@pytest.mark.parametrize(("dotted", "spec"), ALL_SPECS)
def test_every_named_table_of_choices_exists(dotted, spec):
    if isinstance(spec.key.choices, str) and spec.key.choices:
        assert choices(spec.key) == tuple(TABLES[spec.key.choices])
        assert len(choices(spec.key)) >= 3


def test_an_integer_is_accepted_for_a_float_and_becomes_one():
    value = read("training.learning_rate", 3)
    assert (value, type(value)) == (3.0, float)


@pytest.mark.parametrize("value", [True, False])
def test_a_truth_value_is_no_number(value):
    assert "is not a whole number" in refused("seed", value)[0]
    assert "is not a number" in refused("training.learning_rate", value)[0]


@pytest.mark.parametrize("value", [0, 1, "true", None, 1.0])
def test_only_truth_values_are_truth_values(value):
    assert refused("data.standardize", value)[0].endswith("is not true or false")


def test_a_float_is_no_whole_number_even_if_it_is_whole():
    assert refused("training.batch_size", 32.0) == [
        "32.0 is not a whole number (allowed: 1 to 1e6)"
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_refused_wherever_a_number_stands(value):
    for dotted, spec in ALL_SPECS:
        if spec.kind in (int, float):
            assert refused(dotted, value) != []
    assert refused("data.X", [[1.0, value]])[0].startswith(", row 1, column 2: ")


@pytest.mark.parametrize(("dotted", "spec"), ALL_SPECS)
def test_bounds_hold_on_both_sides_of_every_number(dotted, spec):
    if spec.kind not in (int, float):
        return
    key = spec.key
    below = {int: lambda bound: bound - 1, float: lambda bound: math.nextafter(bound, -math.inf)}
    above = {int: lambda bound: bound + 1, float: lambda bound: math.nextafter(bound, math.inf)}
    for bound, outside, bound_allowed in (
        (key.low, below, True),
        (key.high, above, True),
        (key.above, below, False),
        (key.below, above, False),
    ):
        if bound is None:
            continue
        bound = spec.kind(bound)
        assert (refused(dotted, bound) == []) is bound_allowed
        assert "is out of range (allowed: " in refused(dotted, outside[spec.kind](bound))[0]


@pytest.mark.parametrize("digits", [25, 400, 5000, 50_000])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_huge_integer_is_refused_in_a_short_line_without_being_printed(digits, sign):
    huge = sign * 10**digits
    for dotted in ("seed", "training.learning_rate", "network.std", "data.X"):
        [text] = refused(dotted, [[huge]] if dotted == "data.X" and digits >= 400 else huge)
        assert len(text) < 160


def test_a_wrong_word_is_answered_with_the_nearest_and_all_allowed_ones():
    [text] = refused("network.activation", "sigmod")
    assert text.startswith("'sigmod' is unknown, did you mean sigmoid? Allowed: ")
    assert all(name in text for name in TABLES["ACTIVATIONS"])


def test_text_that_no_utf8_file_can_hold_is_refused():
    assert refused("title", "\ud800") == ["'\\ud800' is not valid Unicode text"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({}, "a table"),
        ([], "an array"),
        (None, "nothing"),
        (datetime.date(2024, 1, 1), "a date or time"),
        (b"x", "a value of type bytes"),
        (5, "5"),
        (True, "true"),
    ],
)
def test_what_is_no_text_is_named_by_its_kind(value, name):
    assert refused("title", value) == [f"{name} is not text"]


def test_arrays_become_tuples_of_the_right_type():
    assert read("network.hidden", [64, 32]) == (64, 32)
    assert read("data.X", [[1, 2.5], (3, 4)]) == ((1.0, 2.5), (3.0, 4.0))
    assert all(type(x) is float for row in read("data.X", [[1, 2]]) for x in row)
    assert read("network.initial_W", [[[1]], []]) == (((1.0,),), ())


def test_numpy_arrays_and_numbers_are_read_like_lists_and_numbers():
    assert read("data.X", np.arange(4.0).reshape(2, 2)) == ((0.0, 1.0), (2.0, 3.0))
    assert read("network.hidden", np.array([3, 4])) == (3, 4)
    assert read("seed", np.int64(3)) == 3
    assert type(read("training.learning_rate", np.float32(0.5))) is float


def test_wrong_nesting_is_told_apart_from_wrong_entries():
    assert refused("data.X", [1, 2])[0].startswith(", row 1: 1 is not an array (expected ")
    assert refused("data.X", [[1], [[2]]])[0].startswith(", row 2, column 1: an array is not a num")
    assert refused("network.hidden", 64)[0].startswith("64 is not an array (expected ")
    assert refused("network.hidden", [[64]])[0].startswith(", entry 1: an array is not a whole")
    assert refused("network.initial_W", [[[0.5, "x"]]]) == [
        ", layer 1, row 1, column 2: 'x' is not a number"
    ]


def test_many_bad_entries_of_an_array_are_counted_and_not_listed():
    texts = refused("network.hidden", ["x"] * 1000)
    assert len(texts) == 4
    assert texts[-1] == "997 more entries cannot be used"


def test_a_file_of_nothing_but_unknown_keys_is_reported_briefly():
    problems = []
    read_sections({f"key{i}": i for i in range(5000)}, problems)
    assert len(problems) == MOST_UNKNOWN + 1
    assert problems[-1].text == f"{5000 - MOST_UNKNOWN} more unknown keys"


@pytest.mark.parametrize(
    ("section", "name", "text", "meant"),
    [
        ("training", "learning_rte", "did you mean learning_rate?", "training.learning_rate"),
        ("training", "Learning_Rate", "did you mean learning_rate?", "training.learning_rate"),
        ("data", "x", "did you mean X?", "data.X"),
        ("data", "activation", "activation belongs in [network]", "network.activation"),
        ("", "activation", "activation belongs in [network]", "network.activation"),
        ("network", "seed", "seed belongs at the top of the file, before any [table]", "seed"),
        ("training", "hiden", "did you mean hidden in [network]?", "network.hidden"),
        ("", "netwrk", "did you mean network?", "network"),
        ("probes", "zzzzzz", "unknown key (known here: budget, signal_every, ", ""),
    ],
)
def test_an_unknown_key_is_answered_with_what_was_probably_meant(section, name, text, meant):
    problem = unknown_key(section, name)
    assert text in problem.text
    assert problem.meant == meant


def test_a_key_that_is_no_text_is_a_problem_and_no_crash():
    problems = []
    read_sections({5: 1, None: 2, ("a", "b"): 3, "data": {7: 1}}, problems)
    assert [p.place for p in problems] == ["top of the file"] * 3 + ["data"]


@pytest.mark.parametrize("value", [5, "x", [], [{}], None])
def test_a_table_that_is_none_is_one_problem(value):
    problems = []
    assert "network" not in read_sections({"network": value}, problems)
    [problem] = problems
    assert problem.place == "network"
    assert "is not a table" in problem.text


def test_an_unknown_name_of_enormous_length_costs_nothing_and_stays_short():
    problem = unknown_key("network", "x" * 1_000_000)
    assert len(problem.place) < 100
    assert nearest("x" * 1_000_000, ["xx"]) == ""


def test_a_problem_opens_with_the_file_or_with_the_option_that_gave_the_key():
    options = {"network.hidden": "--set network.hidden", "training.steps": "--steps"}
    problems = [
        Problem("seed", "bad", ("seed",)),
        Problem("network.hidden", "bad", ("network.hidden",)),
        Problem("network.hidden, entry 2", "bad", ("network.hidden",)),
        Problem("training.warmup_steps", "bad", ("training.warmup_steps", "training.steps")),
    ]
    assert as_lines(problems, "a\x1b.toml", options) == (
        "a\\x1b.toml: seed: bad",
        "--set network.hidden: bad",
        "--set network.hidden, entry 2: bad",
        "--steps: training.warmup_steps: bad",
    )
    assert as_lines(problems[:1], "", {}) == ("seed: bad",)


def test_more_problems_than_a_person_reads_are_counted():
    lines = as_lines([Problem("seed", "bad")] * 500, "", {})
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == f"and {500 - MOST_LINES} more problems"


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"low": 0.0, "high": 1e9}, "0 to 1e9"),
        ({"low": 0.0, "below": 1.0}, "0 to below 1"),
        ({"above": 0.0, "high": 10.0}, "above 0 to 10"),
        ({"low": 1}, "at least 1"),
        ({"high": 0.5}, "at most 0.5"),
        ({}, ""),
    ],
)
def test_a_range_is_written_as_a_person_says_it(limits, text):
    assert range_text(Key("", **limits)) == text


@pytest.mark.parametrize(
    ("bound", "text"),
    [(-1e6, "-1e6"), (65536, "65536"), (1000, "1000"), (2**63 - 1, "9223372036854775807")],
)
def test_a_bound_is_exact_and_short(bound, text):
    assert bound_text(bound) == text


@pytest.mark.parametrize("dotted", ["", ".", ".seed", "data", "data.", "no.path", "data.path.x"])
def test_only_real_dotted_keys_are_found(dotted):
    assert find_key(dotted) is None
