"""The printed summary of a run."""

import copy

import pytest

from backscope.core.experiment import load_experiment
from backscope.core.report import report
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui.number_format import short
from backscope.tui.report_text import report_text


def reported(name, steps):
    run = Run(Trainer(load_experiment(name, {"training.steps": steps})))
    run.drive()
    return report(run)


@pytest.fixture(scope="module")
def vanishing():
    return reported("vanishing", 30)


@pytest.fixture(scope="module")
def exploding():
    return reported("exploding", 30)


@pytest.fixture
def changed(vanishing):
    return copy.deepcopy(vanishing)


def table(text, heading):
    """The cells of the table under the line that begins with ``heading``."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(heading))
    end = lines.index("", start)
    return [line.split() for line in lines[start + 2 : end]]


def test_the_summary_says_how_it_ended_and_how_to_get_it_again(vanishing):
    text = report_text(vanishing)
    assert text.startswith("Vanishing gradient: ten sigmoid layers\n")
    assert "vanishing, seed 7: finished after 30 of 30 steps" in text
    assert text.endswith("this run again: backscope run vanishing --seed 7 --steps 30\n")


def test_there_is_a_line_for_each_layer_at_the_start_and_at_the_end(vanishing):
    text = report_text(vanishing)
    for heading, layers in (("step 1:", "layers_at_start"), ("step 30:", "layers")):
        rows = table(text, heading)
        assert [row[0] for row in rows] == [str(n) for n in range(1, 12)]
        for row, layer in zip(rows, vanishing[layers], strict=True):
            assert float(row[3]) == pytest.approx(layer["error_signal"], rel=0.05)


def test_no_line_is_wider_than_a_terminal(vanishing, exploding, changed):
    changed |= {"experiment": "a-preset-with-a-long-name", "steps": 123_456_789}
    changed |= {"steps_planned": 1_000_000_000, "steps_per_second": 12_345.6}
    for said in (vanishing, exploding, changed):
        assert max(map(len, report_text(said).splitlines())) < 80
    assert "(12,3" in report_text(changed)


def test_a_run_that_failed_says_why_and_where_the_traceback_is(changed):
    changed |= {"state": "failed", "error": "Traceback ...\n  File ...\nValueError: no luck\n"}
    lines = report_text(changed).splitlines()
    assert lines[2:4] == ["error: ValueError: no luck", "  (--json holds the whole traceback)"]


def test_small_numbers_keep_their_digits(vanishing):
    first = table(report_text(vanishing), "step 1:")[0]
    assert "e-0" in first[3]
    assert "0.0000" not in report_text(vanishing)


def test_the_factor_of_the_error_signal_is_told(vanishing):
    factor = vanishing["error_signal"]["factor_per_layer"]
    assert f"error signal x {factor:.2f} per layer backwards, 10^-6." in report_text(vanishing)


def test_an_error_signal_of_exactly_zero_is_said_in_words(changed):
    changed["error_signal"] |= {"decades": "-Infinity", "factor_per_layer": 0.0}
    assert "step 30: the error signal is exactly 0 in layer 1\n" in report_text(changed)


def test_a_finding_is_told_with_layers_and_evidence(vanishing):
    text = report_text(vanishing)
    severity = vanishing["findings"][0]["severity"]
    assert f"\nfindings:\n- {severity}: vanishing_gradient since step 1, layers 1-" in text
    assert "threshold -2" in " ".join(text.split())


def test_a_run_without_findings_says_so():
    assert "\nfindings: none\n" in report_text(reported("healthy", 30))


def test_what_cannot_be_judged_yet_is_told_after_the_findings():
    told = " ".join(report_text(reported("healthy", 30)).split())
    assert "not enough evidence to judge: learning_rate_too_large (it takes 40 steps)" in told


def test_a_diverged_run_names_the_first_value_and_shows_the_step_before(exploding):
    text = report_text(exploding)
    found = exploding["first_nonfinite"]
    assert "diverged after" in text
    assert (
        f"first value that is not finite: step {found['step']}, layer {found['layer']}, "
        f"{found['quantity']}\n"
    ) in text
    assert f"\nstep {found['step'] - 1}: error signal x " in text
    assert "nan" in text.split("accuracy")[0]


@pytest.mark.parametrize("name", ["vanishing", "exploding", "healthy", "dying-relu"])
def test_no_line_is_wider_than_80_cells(name):
    assert max(map(len, report_text(reported(name, 60)).splitlines())) <= 79


def test_what_comes_from_outside_cannot_reach_the_terminal(changed):
    hostile = "\x1b]0;owned\x07[/]\n[@click=app.quit]\x9b31m"
    changed["title"] = changed["experiment"] = changed["command"] = hostile
    changed["error"] = f"Traceback\nValueError: {hostile}"
    changed["findings"][0]["message"] = hostile
    text = report_text(changed)
    assert not any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in text)
    assert "[@click=app.quit]" in text


def test_a_run_without_steps_has_no_tables(changed):
    nothing = {"train": None, "validation": None}
    changed |= {"steps": 0, "loss": nothing, "accuracy": nothing, "findings": []}
    text = report_text(changed)
    assert "activation" not in text
    assert "loss" not in text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", None, 0.0, 1e-320, 1e308])
def test_every_kind_of_number_has_a_cell(changed, value):
    for layer in changed["layers"]:
        layer["error_signal"] = layer["weight_gradient_norm"] = layer["update_ratio"] = value
    changed["loss"]["train"] = value
    changed["error_signal"] = {
        "decades": value,
        "factor_per_layer": value,
        "factors": [value] * 10,
    }
    *hidden, last = table(report_text(changed), "step 30:")
    assert len(hidden) == 10
    assert {len(row) for row in hidden} == {len(last) + 1}  # "0 %" of saturated units
    assert {row[3] for row in hidden} == {short(float(value)) if value is not None else "-"}


def test_what_happened_is_listed_in_its_order(changed):
    assert "events:" not in report_text(changed)
    changed["events"] = [
        {"step": 6, "kind": "clip_norm", "text": "off -> 1"},
        {"step": 1200, "kind": "revive", "text": "41 units in layers 2, 3"},
    ]
    told = "\nevents:\n- step 6: clip norm off -> 1\n- step 1,200: revive 41 units in layers 2, 3\n"
    assert told in report_text(changed)


def test_of_very_many_events_the_newest_are_listed(changed):
    changed["events"] = [
        {"step": step, "kind": "learning_rate", "text": "x"} for step in range(1, 51)
    ]
    text = report_text(changed)
    assert "- 30 earlier ones (--json holds them all)\n- step 31: learning rate x\n" in text
    assert text.count("learning rate x") == 20
