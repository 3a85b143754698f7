"""``backscope diagnose``: an exported history, judged."""

import json

import pytest

from backscope.core.diagnosis.needs import NEEDS
from backscope.core.errors import InputError
from backscope.core.experiment import load_experiment
from backscope.core.findings import Severity
from backscope.core.run import Run
from backscope.core.trainer import Trainer
from backscope.tui.cli import main
from backscope.tui.diagnose import run_diagnose
from backscope.tui.headless import run_headless


@pytest.fixture(scope="module")
def vanishing(tmp_path_factory):
    path = tmp_path_factory.mktemp("histories") / "vanishing.csv"
    run_headless(load_experiment("vanishing", {"training.steps": 80}), as_json=True, csv=path)
    return str(path)


@pytest.fixture
def written(tmp_path):
    def make(text):
        path = tmp_path / "h.csv"
        path.write_text(text)
        return str(path)

    return make


def test_the_findings_are_those_of_the_run_itself(vanishing, capsys):
    run = Run(Trainer(load_experiment("vanishing", {"training.steps": 80})))
    run_headless(load_experiment("vanishing", {"training.steps": 80}), as_json=True)
    live = json.loads(capsys.readouterr().out)["findings"]
    assert run_diagnose(vanishing, as_json=True) == 0
    said = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert said["findings"] == live
    assert said["facts"]["steps_planned"] == run.facts.steps_planned
    assert (said["first_step"], said["last_step"]) == (1, 80)
    assert said["not_judged"] == {}
    assert said["enough_evidence"]


def test_the_text_says_what_was_read_and_what_was_found(vanishing, capsys):
    assert main(["diagnose", vanishing]) == 0
    said = capsys.readouterr().out
    assert "steps 1 to 80, 11 layers" in " ".join(said.split())
    assert "- error: vanishing_gradient since step 1, layers 1-8" in said
    assert "missing" not in said
    assert max(map(len, said.splitlines()[1:])) <= 79


def test_of_a_loss_alone_it_says_what_could_not_be_judged_and_why(written, capsys):
    path = written("step,loss,val_loss\n" + "".join(f"{i},2,2\n" for i in range(1, 40)))
    assert run_diagnose(path) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "findings: none" in said
    assert "not judged: overfitting (missing: column validation_loss)" in said
    assert "note: column 'val_loss' is not known: did you mean 'validation_loss'?" in said
    assert run_diagnose(path, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["not_judged"]) == set(NEEDS) - {"divergence"}


def test_one_step_is_not_enough_evidence(written, capsys):
    path = written("loss\n2\n")
    assert run_diagnose(path) == 0
    assert "not enough evidence yet" in capsys.readouterr().out
    assert run_diagnose(path, as_json=True) == 0
    assert not json.loads(capsys.readouterr().out)["enough_evidence"]


def test_a_finding_can_be_made_to_fail_the_command(vanishing, written, capsys):
    assert run_diagnose(vanishing, fail_on=Severity.ERROR) == 4
    assert main(["diagnose", vanishing, "--json", "--fail-on", "warning"]) == 4
    fine = written("loss\n2\n1\n")
    assert main(["diagnose", fine, "--fail-on", "warning"]) == 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "backscope diagnose: name a csv file, such as backscope run --csv writes"),
        (["x.csv", "--fail-on", "eror"], "must be error or warning, not eror, did you mean error?"),
        (["x.csv", "--seed", "3"], "unknown option --seed; it goes with backscope run"),
        (["gone.csv"], "'gone.csv': no such file"),
    ],
)
def test_what_is_not_understood_is_one_line(words, line, capsys):
    assert main(["diagnose", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (problem,) = said.err.splitlines()
    assert line in problem


def test_a_name_from_outside_cannot_reach_the_terminal(tmp_path, capsys):
    path = tmp_path / "\x1b[31m[@click=app.quit].csv"
    path.write_text("loss\n2\n1\n")
    assert run_diagnose(str(path)) == 0
    assert "\x1b" not in capsys.readouterr().out
    with pytest.raises(InputError) as caught:
        run_diagnose("\x1b[31m.csv")
    assert "\x1b" not in str(caught.value)
