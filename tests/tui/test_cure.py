"""The command ``backscope cure``: what it prints, writes and exits with."""

import json

import pytest

from backscope.core.consultation import consult
from backscope.core.differences import differences
from backscope.core.experiment import load_experiment
from backscope.tui import cure as cure_module
from backscope.tui.cli import main
from backscope.tui.cure import cured_experiment

SMALL = ("--steps", "120", "--set", "data.rows=200")


def test_what_is_wrong_what_was_tried_and_what_helped_is_printed(capsys):
    assert main(["cure", "vanishing", *SMALL]) == 0
    out, err = capsys.readouterr()
    assert "error: vanishing_gradient since step 1" in out
    assert "cured by tanh + Xavier: activation sigmoid -> tanh" in out
    assert "run it: backscope run vanishing --seed 7 --steps 120" in out
    assert "often advised:" in out
    for word in ("as it is", "tanh + Xavier", "Adam alone"):
        assert f"{word}: step 120 of 120, loss " in err


def test_nothing_printed_is_wider_than_a_terminal_but_commands_and_paths(capsys):
    assert main(["cure", "exploding", *SMALL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if not line.startswith("run it:")) <= 79


def test_a_healthy_experiment_is_no_failure_and_nothing_is_tried(capsys):
    assert main(["cure", "healthy", *SMALL, "--budget", "60"]) == 0
    out, err = capsys.readouterr()
    assert "No finding in 60 steps" in out
    assert "--budget 120 looks at all" in out
    assert len(err.splitlines()) == 1


def test_where_no_cure_is_accepted_the_exit_code_says_so(capsys, monkeypatch):
    monkeypatch.setattr("backscope.core.consultation.is_cured", lambda sick, treated: False)
    assert main(["cure", "vanishing", *SMALL, "--budget", "5"]) == 1
    assert "No cure was accepted." in capsys.readouterr().out


def test_json_is_one_object_and_standard_error_stays_empty(capsys):
    assert main(["cure", "vanishing", *SMALL, "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert err == ""
    assert (told["cured_by"], told["written"], told["steps"]) == ("tanh + Xavier", None, 120)


def test_the_cured_experiment_is_written_and_trains_the_same(tmp_path, capsys):
    path = tmp_path / "well.toml"
    assert main(["cure", "vanishing", *SMALL, "--write", str(path)]) == 0
    assert f"written: {path}" in capsys.readouterr().out
    sick, well = load_experiment("vanishing"), load_experiment(str(path))
    assert differences(sick, well)[-2:] == ("activation sigmoid -> tanh", "steps 3000 -> 120")
    assert well.title == "Vanishing gradient: ten sigmoid layers, cured: tanh + Xavier"
    for part in ("WHAT WAS WRONG: vanishing_gradient", "THE CURE, tanh + Xavier", "YOU WILL SEE"):
        assert part in well.story
    assert well.expect is None
    assert main(["cure", str(path)]) == 0


def test_a_file_that_exists_is_kept_unless_told_otherwise(tmp_path, capsys):
    path = tmp_path / "well.toml"
    path.write_text("precious")
    assert main(["cure", "vanishing", *SMALL, "--write", str(path)]) == 2
    assert capsys.readouterr().err == f"backscope: {path}: exists; --force overwrites it\n"
    assert path.read_text() == "precious"
    assert main(["cure", "vanishing", *SMALL, "--write", str(path), "--force"]) == 0
    assert path.read_text().startswith("title = ")


@pytest.mark.parametrize("existed", [False, True])
def test_where_nothing_is_cured_no_file_is_made_or_emptied(tmp_path, capsys, existed):
    path = tmp_path / "well.toml"
    if existed:
        path.write_text("precious")
    assert main(["cure", "healthy", *SMALL, "--write", str(path), "--force"]) == 0
    assert path.exists() == existed
    assert not existed or path.read_text() == "precious"


def test_a_consultation_that_is_killed_leaves_no_file(tmp_path, monkeypatch):
    path, there = tmp_path / "well.toml", []

    def interrupted(*_):
        there.append(path.exists())  # as a signal that nobody can handle would leave it
        raise KeyboardInterrupt

    monkeypatch.setattr(cure_module, "consult", interrupted)
    assert main(["cure", "vanishing", "--write", str(path)]) == 130
    assert there == [False]
    assert not path.exists()


def test_data_beside_the_experiment_is_found_from_the_file_that_is_written(tmp_path):
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    away.mkdir()
    rows = "\n".join(f"{i % 7},{i % 5},{i % 2}" for i in range(40))
    (home / "rows.csv").write_text(f"a,b,y\n{rows}\n")
    (home / "sick.toml").write_text(
        '[data]\nsource = "csv"\npath = "rows.csv"\ntarget = "y"\n'
        '[network]\ndepth = 10\nwidth = 8\nactivation = "sigmoid"\n'
        'initializer = "xavier_normal"\n[training]\nsteps = 60\n'
    )
    consultation = consult(load_experiment(str(home / "sick.toml")))
    trial = consultation.trials[0]
    assert cured_experiment(consultation, trial, home).data.path == "rows.csv"
    assert cured_experiment(consultation, trial, away).data.path == str(home / "rows.csv")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--force"], "backscope cure: --force goes with --write"),
        (["--budget", "0"], "backscope cure: --budget must be a whole number of at least 1, not 0"),
        (["--write", ""], "backscope cure: --write needs a value"),
        (["--plot"], "backscope cure: unknown option --plot; it goes with backscope run"),
    ],
)
def test_wrong_usage_gets_one_line(capsys, arguments, line):
    assert main(["cure", "vanishing", *arguments]) == 2
    assert capsys.readouterr().err == f"{line}\n"


def test_a_preset_that_is_misspelled_gets_one_line(capsys):
    assert main(["cure", "vanishin"]) == 2
    assert "did you mean vanishing?" in capsys.readouterr().err
