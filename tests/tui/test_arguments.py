"""The command line's grammar."""

import pytest

from backscope.tui.arguments import parse
from backscope.tui.commands import COMMANDS
from backscope.tui.usage import UsageError


def refusal(*words: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(words)
    return str(caught.value)


def test_no_words_mean_the_gallery():
    assert parse([]).command == ""


def test_every_option_of_run_is_read():
    words = (
        "run healthy --seed 3 --steps 20 --data my.csv --target class --set network.depth=2 "
        "--set training.loss=mse --paused --pace 2.5 --fps 20 --bandwidth 3 --csv out.csv --force"
    )
    options = parse(words.split())
    assert options.name == "healthy"
    assert (options.seed, options.steps, options.pace) == (3, 20, 2.5)
    assert (options.fps, options.bandwidth) == (20.0, 3.0)
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
        (
            "bogus",
            f"backscope: unknown command bogus; commands: {', '.join(COMMANDS)}",
        ),
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
        (
            "run healthy --pace nan",
            "backscope run: --pace must be a number of at least 0.001, not nan",
        ),
        (
            "run healthy --pace inf",
            "backscope run: --pace must be a number of at least 0.001, not inf",
        ),
        (
            "run healthy --fps 0",
            "backscope run: --fps must be a number from 0.1 to 60, not 0",
        ),
        (
            "run healthy --fps fast",
            "backscope run: --fps must be a number from 0.1 to 60, not fast",
        ),
        (
            "run healthy --bandwidth 0",
            "backscope run: --bandwidth must be a number of at least 0.5, not 0",
        ),
        (
            "run healthy --bandwith 3",
            "backscope run: unknown option --bandwith, did you mean --bandwidth?",
        ),
        ("run healthy --pace 0", "backscope run: --pace must be a number of at least 0.001, not 0"),
        (
            "run",
            "backscope run: name a preset or a file; backscope presets lists the presets",
        ),
        (
            "gradcheck --seed 3",
            "backscope gradcheck: name a preset or a file; backscope presets lists the presets",
        ),
        (
            "gradcheck healthy --json",
            "backscope gradcheck: unknown option --json; it goes with backscope run",
        ),
        (
            "--seed 3 run healthy",
            "backscope: --seed goes after the command: backscope run NAME --seed",
        ),
        (
            "--headless",
            "backscope: --headless goes after the command: backscope run NAME --headless",
        ),
        ("help", "backscope: unknown command help, did you mean backscope --help?"),
        ("version", "backscope: unknown command version, did you mean backscope --version?"),
        ("run healthy -- x", "backscope run: unexpected argument x"),
        (
            "run healthy --threads 0",
            "backscope run: --threads must be a whole number of at least 1, not 0",
        ),
        ("bench --rond 3", "backscope bench: unknown option --rond, did you mean --rounds?"),
        (
            "bench --dtype float16",
            "backscope bench: --dtype must be float32 or float64, not float16",
        ),
        (
            "run healthy --pace 1e-300",
            "backscope run: --pace must be a number of at least 0.001, not 1e-300",
        ),
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
        "backscope run: --seed must be a whole number, not '999"
    )
    assert len(refusal("run", "healthy", "--seed", "9" * 5000)) < 120


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([""], f"backscope: unknown command ''; commands: {', '.join(COMMANDS)}"),
        (["run", "healthy", "--steps", ""], "--steps must be a whole number of at least 1, not ''"),
        (["run", "healthy", "--seed", "a b"], "--seed must be a whole number, not 'a b'"),
        (["run", "healthy", "--data="], "--data needs a value"),
        (["run", "healthy", "--target", ""], "--target needs a value"),
        (["run", "healthy", "--headless", "--csv", ""], "--csv needs a value"),
        (["run", ""], "name a preset or a file; backscope presets lists the presets"),
        (["run", "healthy", "\x1b[2J"], "unexpected argument '\\x1b[2J'"),
    ],
)
def test_a_word_that_is_empty_or_odd_is_shown_in_quotes(words, line):
    assert refusal(*words).endswith(line)


def test_two_dashes_end_the_options():
    assert parse(["run", "--json", "--", "healthy"]).name == "healthy"
    assert parse(["run", "healthy", "--"]).name == "healthy"


@pytest.fixture
def helped(capsys, monkeypatch):
    """What a command says of itself on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def said(*command):
        with pytest.raises(SystemExit) as left:
            parse([*command, "--help"])
        assert left.value.code == 0
        return capsys.readouterr().out

    return said


def test_help_documents_the_exit_codes(helped):
    for command in ([], ["run"]):
        said = helped(*command)
        for code in (
            "  0    done\n",
            "  1    a check, a run or a cure failed",
            "  2    wrong usage or bad input\n",
            "  3    the run diverged\n",
            "  4    a finding stands that --fail-on asks about",
            "  130  interrupted (Ctrl-C)\n",
            "  141  ",
            "  143  terminated\n",
        ):
            assert code in said
    assert "diverged" not in helped("presets") + helped("gradcheck")


def test_help_names_every_command_with_what_it_takes(helped):
    lines = [line.strip() for line in helped().splitlines()]
    for command in COMMANDS.values():
        form = f"{command.name} {command.takes} "
        assert any(line.startswith(form) and line.endswith(command.does) for line in lines)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_fits_eighty_columns(helped, command):
    assert max(map(len, helped(*command).splitlines())) < 80


def test_a_gradient_check_takes_the_options_of_a_run_but_does_not_offer_steps(helped):
    assert "--steps" not in helped("gradcheck")
    assert parse(["gradcheck", "healthy", "--steps", "20"]).steps == 20
