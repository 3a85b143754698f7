"""The command line's grammar."""

import pytest

from backscope.tui.arguments import UsageError, parse


def refusal(*words: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(words)
    return str(caught.value)


def test_no_words_mean_the_gallery():
    assert parse([]).command == ""


def test_every_option_of_run_is_read():
    words = (
        "run healthy --seed 3 --steps 20 --data my.csv --target class --set network.depth=2 "
        "--set training.loss=mse --paused --pace 2.5 --csv out.csv --force"
    )
    options = parse(words.split())
    assert options.name == "healthy"
    assert (options.seed, options.steps, options.pace) == (3, 20, 2.5)
    assert (options.data, options.target) == ("my.csv", "class")
    assert options.settings == ["network.depth=2", "training.loss=mse"]
    assert options.paused
    assert options.force
    assert options.csv == "out.csv"
    assert not options.headless
    assert not options.json


def test_options_may_stand_before_the_name():
    assert parse(["run", "--seed", "-3", "--json", "healthy"]).name == "healthy"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("rnu", "backscope: unknown command rnu, did you mean run?"),
        ("bogus", "backscope: unknown command bogus; commands: run, presets, gradcheck"),
        (
            "vanishing",
            "backscope: unknown command vanishing, did you mean backscope run vanishing?",
        ),
        (
            "my.toml --json",
            "backscope: unknown command my.toml, did you mean backscope run my.toml?",
        ),
        ("--vresion", "backscope: unknown option --vresion, did you mean --version?"),
        ("run --sed", "backscope run: unknown option --sed, did you mean --seed?"),
        ("run healthy --sed 7", "backscope run: unknown option --sed, did you mean --seed?"),
        ("run healthy --sed=7", "backscope run: unknown option --sed, did you mean --seed?"),
        ("run healthy --qqqqqq", "backscope run: unknown option --qqqqqq"),
        ("run healthy -q", "backscope run: unknown option -q"),
        ("run healthy other", "backscope run: unexpected argument other"),
        ("run healthy --seed", "backscope run: --seed needs a value"),
        ("run healthy --json=yes", "backscope run: --json takes no value"),
        ("run healthy --seed x", "backscope run: --seed must be a whole number, not x"),
        ("run healthy --seed 1.5", "backscope run: --seed must be a whole number, not 1.5"),
        (
            "run healthy --steps 0",
            "backscope run: --steps must be a whole number of at least 1, not 0",
        ),
        ("run healthy --pace nan", "backscope run: --pace must be a number above 0, not nan"),
        ("run healthy --pace inf", "backscope run: --pace must be a number above 0, not inf"),
        ("run healthy --pace 0", "backscope run: --pace must be a number above 0, not 0"),
        (
            "run",
            "backscope run: name a preset or a file; backscope presets lists the presets",
        ),
        (
            "gradcheck --seed 3",
            "backscope gradcheck: name a preset or a file; backscope presets lists the presets",
        ),
        ("gradcheck healthy --json", "backscope gradcheck: unknown option --json"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(words, line):
    assert refusal(*words.split()) == line


def test_no_option_may_be_abbreviated():
    assert refusal("run", "healthy", "--head") == (
        "backscope run: unknown option --head, did you mean --headless?"
    )


def test_a_number_of_thousands_of_digits_is_refused_and_not_computed():
    assert refusal("run", "healthy", "--seed", "9" * 5000).startswith(
        "backscope run: --seed must be a whole number, not 999"
    )


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["gradcheck", "-h"]])
def test_help_documents_the_exit_codes(words, capsys):
    with pytest.raises(SystemExit) as left:
        parse(words)
    assert left.value.code == 0
    said = capsys.readouterr().out
    for code in ("0    done", "1    a check", "2    wrong usage", "3    the run diverged", "130  "):
        assert code in said
