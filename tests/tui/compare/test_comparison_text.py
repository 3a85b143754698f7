import pytest

from backscope.core.report import report
from backscope.tui.compare.comparison_text import IN_UNITS, comparison_text, dead_share


@pytest.fixture
def reports(trained):
    return [report(trained()), report(trained(network__activation="tanh"))]


def test_every_run_is_a_row_and_every_difference_a_line(reports):
    text = comparison_text(reports, ["one", "other"], [[], ["activation relu -> tanh"]])
    heading, first, second, *rest = text.splitlines()
    assert heading.split() == [
        *("run", "state", "steps", "loss", "validation", "accuracy"),
        *("signal", "dead", "first", "finding"),
    ]
    assert first.split()[:4] == ["A", "one", "finished", "20"]
    assert second.split()[:4] == ["B", "other", "finished", "20"]
    assert "A -> B: activation relu -> tanh" in rest
    assert any(line.startswith("A again: backscope run tiny") for line in rest)


def test_no_difference_is_said(reports):
    assert "A -> B: no difference" in comparison_text(reports, ["a", "b"], [[], []])


def test_names_are_shown_as_text(reports):
    text = comparison_text(reports, ["\x1b[31mred", "b"], [[], []])
    assert "\x1b" not in text


def test_the_dead_share_is_of_all_relu_units_and_none_without_any(reports):
    relu, tanh = reports
    dead = [layer["dead"] for layer in relu["layers"] if layer["dead"] is not None]
    assert dead_share(relu) == sum(dead) / 8
    assert dead_share(tanh) is None


def test_losses_of_different_kinds_are_told_in_units_of_knowing_nothing(reports):
    raw = comparison_text(reports, ["a", "b"], [[], []])
    told = comparison_text(reports, ["a", "b"], [[], []], [0.5, 0.25])
    assert IN_UNITS in told.splitlines()
    assert IN_UNITS not in raw
    for row, unit in ((1, 0.5), (2, 0.25)):
        before, after = (float(text.splitlines()[row].split()[4]) for text in (raw, told))
        assert after == pytest.approx(before / unit, rel=0.01)
