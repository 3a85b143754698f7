"""The documentation of the experiment file."""

from pathlib import Path

import pytest

from backscope.core.experiment import load_toml_text
from backscope.core.experiment.keys import SECTIONS, choices, find_key, key_specs
from backscope.core.experiment.reference import EXAMPLE, reference
from backscope.core.experiment.rules import DEFAULT_HIDDEN, DEFAULT_STEPS, RULES

ON_DISK = Path(__file__).parents[3] / "docs" / "experiment.md"


def test_the_file_on_disk_is_what_the_settings_say():
    assert ON_DISK.read_text(encoding="utf-8") == reference(), (
        "bring it up to date: python -m backscope.core.experiment.reference > docs/experiment.md"
    )


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_stands_in_the_table_of_its_section(section):
    heading = f"## `[{section}]`" if section else "## The top of the file"
    part = reference().partition(heading)[2].partition("\n## ")[0]
    specs = key_specs(SECTIONS[section])
    rows = [line for line in part.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(specs)
    for row, spec in zip(rows, specs.values(), strict=True):
        assert row.count(" | ") == 5
        assert spec.key.about in row
        assert all(f'`"{name}"`' in row for name in choices(spec.key))


def test_every_rule_between_keys_is_documented():
    text = reference()
    assert all(f"- {rule.about}\n" in text for rule in RULES)


def test_every_key_that_a_rule_names_exists():
    assert all(find_key(key) for rule in RULES for key in rule.keys)


def test_the_example_is_an_experiment():
    assert load_toml_text(EXAMPLE).hidden == (64,) * 10


def test_the_documented_defaults_of_layers_and_steps_are_the_real_ones():
    text = reference()
    assert f"| `{list(DEFAULT_HIDDEN)}`, unless depth is given |" in text
    assert f"| `{DEFAULT_STEPS}`, unless epochs is given |" in text
