import json

import pytest

from backscope.core.errors import InputError
from backscope.tui.compare.headless import compare_headless


def test_the_json_holds_a_report_of_each_and_what_differs(experiment_of, capsys):
    pair = experiment_of(), experiment_of(training__learning_rate=0.2)
    assert compare_headless(pair, ["tiny", "faster"], as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == ["runs", "differences"]
    assert said["differences"] == [[], ["learning rate 0.1 -> 0.2"]]
    assert [run["steps"] for run in said["runs"]] == [20, 20]
    assert [run["settings"]["training"]["learning_rate"] for run in said["runs"]] == [0.1, 0.2]


def test_the_table_has_a_row_for_each_and_the_progress_goes_elsewhere(experiment_of, capsys):
    pair = experiment_of(), experiment_of(training__steps=5)
    assert compare_headless(pair, ["tiny", "shorter"]) == 0
    out, err = capsys.readouterr()
    rows = [line.split() for line in out.splitlines()[1:3]]
    assert [row[:4] for row in rows] == [
        ["A", "tiny", "finished", "20"],
        ["B", "shorter", "finished", "5"],
    ]
    assert "A -> B: steps 20 -> 5" in out
    assert "step 20 of 20" in err


def test_one_that_diverges_gives_its_code_while_the_others_finish(experiment_of, capsys):
    pair = experiment_of(network__hidden=[8] * 60, network__gain=1e6), experiment_of()
    assert compare_headless(pair, ["wild", "tiny"], as_json=True) == 3
    states = [run["state"] for run in json.loads(capsys.readouterr().out)["runs"]]
    assert states == ["diverged", "finished"]


def test_what_cannot_be_compared_is_refused_before_anything_is_trained(experiment_of, capsys):
    numbers = experiment_of(data__source="sine", training__loss="mse")
    with pytest.raises(InputError, match="cannot share a window"):
        compare_headless([experiment_of(), numbers], ["tiny", "sine"])
    assert capsys.readouterr() == ("", "")
