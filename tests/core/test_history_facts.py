"""The facts of a history as a line of JSON, there and back."""

import json
import math
from dataclasses import replace

import pytest

from backscope.core.experiment import load_experiment
from backscope.core.findings import Facts
from backscope.core.history_facts import facts_line, read_facts_line
from backscope.core.record import Event
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.presets import preset_names


def run_of(name, steps=3):
    run = Run(Trainer(load_experiment(name, {"training.steps": steps})))
    run.advance(steps)
    return run


@pytest.mark.parametrize("name", preset_names())
def test_everything_comes_back_as_it_was(name):
    run = run_of(name, 6)
    run.history.mark(Event(2, "learning_rate", '0.1 -> "0.2", \x1b[2J'))
    snapshot = run.history.snapshot()
    known = read_facts_line(facts_line(snapshot, run.facts))
    assert repr(Facts(**known.facts)) == repr(run.facts)  # NaN is not equal to itself
    assert known.layers == snapshot.layout.layers
    assert known.nonfinite == snapshot.nonfinite
    assert known.events == snapshot.events
    scheduled = {metric.name for metric in snapshot.layout.metrics if metric.scheduled}
    assert known.scheduled == scheduled


def test_numbers_that_json_does_not_know_come_back_too():
    run = run_of("healthy")
    inputs = replace(run.facts.inputs, offset=math.inf, spread=math.nan)
    line = facts_line(run.history.snapshot(), replace(run.facts, baseline=-math.inf, inputs=inputs))
    json.loads(line, parse_constant=pytest.fail)
    known = read_facts_line(line)
    assert known.facts["baseline"] == -math.inf
    assert known.facts["inputs"].offset == math.inf
    assert math.isnan(known.facts["inputs"].spread)


def test_the_line_is_one_line_of_plain_characters():
    run = run_of("healthy")
    run.history.mark(Event(1, "other", "é\n\x1b"))
    line = facts_line(run.history.snapshot(), run.facts)
    assert line.isascii()
    assert line.isprintable()


def test_what_is_not_told_is_not_known():
    known = read_facts_line("{}")
    assert not known.facts
    assert known.layers is known.scheduled is known.nonfinite is None


def test_what_a_newer_version_tells_is_passed_over():
    known = read_facts_line('{"facts": {"baseline": 2, "more": [1]}, "even": {"more": 1}}')
    assert known.facts == {"baseline": 2.0}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[1]", "no JSON object"),
        ("{", "Expecting"),
        ('{"facts": 3}', "expected a JSON object"),
        ('{"facts": {"baseline": "much"}}', "expected a number"),
        ('{"facts": {"baseline": true}}', "expected a number"),
        ('{"facts": {"steps_planned": 2.5}}', "expected a whole number"),
        ('{"facts": {"symmetric": 1}}', "type bool"),
        ('{"facts": {"inputs": {"rms": 1}}}', "missing 2 required"),
        ('{"inputs": 4, "layers": []}', "no layers"),
        ('{"inputs": 4, "layers": [[3]]}', "a width and an activation"),
        ('{"inputs": 4, "layers": [[0, "relu"]]}', "a size above 0"),
        ('{"inputs": 4, "layers": [[3, "rleu"]]}', "did you mean relu?"),
        ('{"layers": [[3, "relu"]]}', "a whole number"),
        ('{"nonfinite": {"step": 1}}', "missing"),
        ('{"events": [3]}', "expected a JSON object"),
        ('{"scheduled": "dead"}', "expected a list"),
    ],
)
def test_what_is_no_such_line_is_refused(line, why):
    with pytest.raises(ValueError, match=why.replace("?", r"\?")):
        read_facts_line(line)
