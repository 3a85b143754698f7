"""Whatever comes in is an experiment or an InputError; what is valid comes back equal."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment, load_toml_text, to_toml
from backscope.core.experiment import experiment as module
from backscope.core.experiment.keys import SECTIONS, choices, find_key, key_specs

names = st.sampled_from(
    [name for settings_class in SECTIONS.values() for name in key_specs(settings_class)]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.binary(max_size=3)
    | st.dates()
    | st.sampled_from(["relu", "csv", "inline", "mse", "sine", "constant", 10**400, 1e308, 2])
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=3), inner),
    max_leaves=8,
)
keys = names | st.sampled_from([name for name in SECTIONS if name]) | st.text(max_size=5)
tables = st.dictionaries(keys | st.integers() | st.none(), anything, max_size=6)
documents = st.dictionaries(st.sampled_from(list(SECTIONS)) | keys, tables | anything, max_size=6)
dotted_keys = st.sampled_from(
    [f"{s}.{n}" if s else n for s, cls in SECTIONS.items() for n in key_specs(cls)]
)


def is_experiment_or_input_error(make, *arguments, **keywords):
    try:
        result = make(*arguments, **keywords)
    except InputError as error:
        lines = error.problems
    else:
        assert isinstance(result, Experiment)
        hash(result)
        assert load_toml_text(to_toml(result)) == result
        lines = ("fine",)
    assert lines
    assert all(line.isprintable() and len(line) < 1000 for line in lines)


@given(documents)
@settings(max_examples=300, deadline=None)
def test_any_dict_is_an_experiment_or_an_input_error(document):
    is_experiment_or_input_error(Experiment.from_dict, document)


@given(anything)
def test_anything_at_all_is_an_experiment_or_an_input_error(value):
    is_experiment_or_input_error(Experiment.from_dict, value)


toml_lines = st.lists(
    st.sampled_from([f"[{name}]" for name in SECTIONS if name])
    | st.tuples(keys, st.text("0123456789[]{}.,-+e\"'truefalsinx_ \n", max_size=9)).map(" = ".join)
    | st.text(max_size=9),
    max_size=12,
)


@given(toml_lines.map("\n".join).map(str.encode) | st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_experiment_or_an_input_error(source):
    is_experiment_or_input_error(load_toml_text, source, name="x\x1b.toml")


@given(documents, st.dictionaries(dotted_keys | keys | st.integers(), anything, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_overrides_are_an_experiment_or_an_input_error(document, overrides):
    is_experiment_or_input_error(module._experiment, document, "x", Path(), overrides)


def valid_value(spec):
    """A strategy for the values that a key allows on its own."""
    key = spec.key
    if choices(key):
        return st.sampled_from(choices(key))
    if spec.kind is bool:
        return st.booleans()
    if spec.kind is int:
        return st.integers(key.low, key.high)
    if spec.kind is float:
        low, high = (key.above if key.low is None else key.low), key.high or key.below
        return st.floats(
            low, high, exclude_min=key.low is None, exclude_max=key.high is None, width=64
        )
    return st.text(st.characters(exclude_categories=["Cs"]))


PLAIN = {
    section: {
        name: valid_value(spec)
        for name, spec in key_specs(settings_class).items()
        if spec.kind in (bool, int, float, str)
        and not (spec.key.unset and spec.kind is int)
        and name not in ("source", "path", "target", "noise", "std", "output_activation")
        and name not in ("warmup_steps", "early_stopping", "within_steps")
    }
    for section, settings_class in SECTIONS.items()
}
small = st.floats(-1e300, 1e300)


@st.composite
def valid_documents(draw):
    """Documents of valid values that also fit together."""
    document = draw(st.fixed_dictionaries({}, optional=PLAIN[""]))
    for section in SECTIONS:
        if section and draw(st.booleans()):
            document[section] = draw(st.fixed_dictionaries({}, optional=PLAIN[section]))
    layers = st.fixed_dictionaries({"hidden": st.lists(st.integers(1, 300), max_size=5)})
    layers |= st.fixed_dictionaries({"depth": st.integers(0, 9), "width": st.integers(1, 300)})
    document.setdefault("network", {}).update(draw(layers | st.just({})))
    length = st.sampled_from([{}, {"steps": 7}, {"epochs": 3}])
    training = document.setdefault("training", {})
    training.update(draw(length))
    if "expect" in document:
        document["expect"]["within_steps"] = draw(st.integers(1, 7))
    steps = draw(st.lists(st.integers(1, 10**9), unique=True).map(sorted))
    training["rate_changes"] = [[step, draw(st.floats(0, 1e9))] for step in steps[:4]]
    matrix = draw(
        st.integers(1, 3).flatmap(
            lambda w: st.lists(st.lists(small, min_size=w, max_size=w), min_size=1, max_size=3)
        )
    )
    document.setdefault("data", {}).update(
        draw(
            st.sampled_from(
                [
                    {},
                    {"source": "csv", "path": "ü\n.csv", "target": '"\\'},
                    {"source": "npz", "path": "x"},
                    {"source": "inline", "X": matrix, "y": matrix},
                ]
            )
        )
    )
    return document


@given(valid_documents())
@settings(max_examples=200, deadline=None)
def test_every_valid_experiment_comes_back_equal_from_its_dict_and_from_its_toml(document):
    experiment = Experiment.from_dict(document)
    assert Experiment.from_dict(experiment.to_dict()) == experiment
    assert load_toml_text(to_toml(experiment)) == experiment
    for section, table in experiment.to_dict().items():
        names = table if isinstance(table, dict) else [section]
        prefix = f"{section}." if isinstance(table, dict) else ""
        assert all(find_key(prefix + name) for name in names)
