"""The command line's grammar: commands, options, and one clear line for each mistake."""

from __future__ import annotations

import argparse
import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NoReturn

from .. import __version__
from ..core.quoting import LONGEST, quoted
from ..presets import preset_names

EXIT_CODES: dict[int, str] = {
    0: "done",
    1: "a check, a run or a cure failed, or the output could not be written",
    2: "wrong usage or bad input",
    3: "the run diverged",
    4: "a finding stands that --fail-on asks about (3 comes first)",
    130: "interrupted (Ctrl-C)",
    141: "whoever read the output has gone",
    143: "terminated",
}
SLOWEST = 0.001
"""Steps per second of the slowest pace."""
FEWEST_FRAMES, MOST_FRAMES = 0.1, 60.0
"""Per second; no terminal shows more, and Textual paints no more often."""
FAIL_ON = ("error", "warning")
"""Severities of findings that a command can be asked to fail on."""
NARROWEST = 0.5
"""Kilobytes per second: a frame every few seconds."""


class UsageError(Exception):
    """The command line cannot be understood; the message is the one line to show."""


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises ``UsageError`` and knows no abbreviations."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, allow_abbrev=False)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {_plain(message)}")

    @property
    def options(self) -> tuple[str, ...]:
        """Every option this parser knows."""
        return tuple(self._option_string_actions)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ``command`` is ``""`` for the gallery.

    Raises:
        UsageError: something in it is not understood.
        SystemExit: ``--help`` or ``--version`` was answered.
    """
    parser, commands = _grammar()
    for word in takewhile(lambda word: word.startswith("-"), arguments):
        _check_option(word, parser, commands)
    # The options before a command take no values: the first bare word is the command.
    command = next((word for word in arguments if not word.startswith("-")), None)
    if command is not None and command not in commands:
        meant = _meant(command, parser, commands)
        raise UsageError(f"{parser.prog}: unknown command {_shown(command)}{meant}")
    options, rest = parser.parse_known_args(arguments)
    known = parser if command is None else commands[command]
    for word in rest:
        if word.startswith("-"):
            _check_option(word, known, commands)
    if unexpected := [word for word in rest if word != "--"]:
        raise UsageError(f"{known.prog}: unexpected argument {_shown(unexpected[0])}")
    if "file" in options and not options.file:
        raise UsageError(f"{known.prog}: name a csv file, such as backscope run --csv writes")
    if "name" in options and not options.name:
        raise UsageError(
            f"{known.prog}: name a preset or a file; backscope presets lists the presets"
        )
    return options


def _check_option(word: str, known: _Parser, commands: Mapping[str, _Parser]) -> None:
    """Refuse an option that a parser does not know, and say what knows it.

    Raises:
        UsageError: it does not.
    """
    name = word.partition("=")[0]
    if name in (*known.options, "--"):
        return
    homes = [parser.prog for parser in commands.values() if name in parser.options]
    if not homes:
        raise UsageError(f"{known.prog}: unknown option {_shown(name)}{_near(name, known.options)}")
    if known in commands.values():
        raise UsageError(f"{known.prog}: unknown option {name}; it goes with {homes[0]}")
    raise UsageError(f"{known.prog}: {name} goes after the command: {homes[0]} NAME {name}")


COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("NAME|FILE.toml", "train a preset or an experiment and watch it"),
    "compare": ("A B [C D]", "train up to four side by side, in one window"),
    "presets": ("[show NAME]", "list the presets, or print the TOML of one"),
    "gradcheck": ("NAME|FILE.toml", "check backpropagation against finite differences"),
    "theory": ("NAME|FILE.toml", "compare the first step's error signal with theory"),
    "cure": ("NAME|FILE.toml", "say what is wrong, and try the cures on one seed"),
    "diagnose": ("FILE.csv", "say what is wrong by an exported history"),
    "bench": ("[WORKLOAD ...]", "time a training step beside PyTorch and others"),
}
"""Every command: what it takes, and what it does."""


def _grammar() -> tuple[_Parser, dict[str, _Parser]]:
    forms = {f"{name} {takes}": does for name, (takes, does) in COMMANDS.items()}
    width = max(map(len, forms))
    listed = "".join(f"  {form.ljust(width)}  {does}\n" for form, does in forms.items())
    parser = _Parser(
        prog="backscope",
        usage="backscope [COMMAND] [OPTIONS]",
        description="The oscilloscope for backpropagation: watch a neural network train.\n"
        f"Without a command: the gallery of presets.\n\ncommands:\n{listed}",
        epilog=_exit_codes(*EXIT_CODES),
    )
    parser.add_argument("--version", action="version", version=f"backscope {__version__}")
    parser.set_defaults(command="")
    actions = parser.add_subparsers(help=argparse.SUPPRESS, parser_class=_Parser)
    commands: dict[str, _Parser] = {}
    for name, (takes, does) in COMMANDS.items():
        commands[name] = actions.add_parser(
            name,
            prog=f"backscope {name}",
            usage=f"backscope {name} {takes}" + (" [OPTIONS]" if name != "presets" else ""),
            description=f"{does[0].upper()}{does[1:]}.",
        )
        commands[name].set_defaults(command=name)
    _run_options(commands["run"])
    _compare_options(commands["compare"])
    _presets_options(commands["presets"])
    _gradcheck_options(commands["gradcheck"])
    _theory_options(commands["theory"])
    _cure_options(commands["cure"])
    _diagnose_options(commands["diagnose"])
    _bench_options(commands["bench"])
    return parser, commands


def _run_options(run: _Parser) -> None:
    run.epilog = _exit_codes(*EXIT_CODES)
    _experiment_options(run, "steps to train")
    _watching_options(run)
    run.add_argument(
        "--plot", action="store_true", help="with --headless: draw the loss and the error signal"
    )
    run.add_argument(
        "--csv",
        type=_filled,
        metavar="FILE",
        help="with --headless or --json: write the history to FILE",
    )
    _fail_on_option(
        run,
        "with --headless or --json: exit with 4 if at the end a finding stands that is an error, "
        "or at least a warning",
    )
    run.add_argument("--force", action="store_true", help="with --csv: overwrite FILE if it exists")
    run.add_argument(
        "--probe-budget",
        type=_share,
        metavar="SHARE",
        help="share of the training time that measuring may take (0.05)",
    )
    run.add_argument(
        "--threads",
        type=_whole_above_zero,
        metavar="N",
        help="threads of a matrix product (1, or what OMP_NUM_THREADS and its like say)",
    )


def _watching_options(run: _Parser) -> None:
    """How training is watched, or not."""
    run.add_argument("--paused", action="store_true", help="start held before the first step")
    run.add_argument("--pace", type=_pace, metavar="N", help="at most N steps per second")
    run.add_argument(
        "--fps",
        type=_fps,
        metavar="N",
        help="N frames a second; else 10, fewer where that takes over 5 %% of the time",
    )
    run.add_argument(
        "--bandwidth", type=_bandwidth, metavar="KB", help="draw at most KB kilobytes a second"
    )
    run.add_argument("--headless", action="store_true", help="no screen: progress, then a summary")
    run.add_argument(
        "--json", action="store_true", help="no screen: one JSON object on standard output"
    )


def _compare_options(compare: _Parser) -> None:
    compare.epilog = (
        "A, B, C and D are presets or files; options are for all of them. To change one\n"
        "alone, write NAME:KEY=VALUE, as in vanishing:seed=3:network.depth=20.\n\n"
        + _exit_codes(*EXIT_CODES)
    )
    compare.add_argument("names", nargs="*", metavar="NAME|FILE.toml", help="what to compare")
    _change_options(compare, "steps to train")
    _watching_options(compare)


def _presets_options(presets: _Parser) -> None:
    presets.epilog = _exit_codes(0, 1, 2, 141)
    presets.add_argument(
        "words", nargs="*", metavar="show NAME", help="print this preset, to copy and change"
    )


def _gradcheck_options(gradcheck: _Parser) -> None:
    gradcheck.epilog = _exit_codes(0, 1, 2, 130, 141)
    # Nothing is trained; but the options of a run can be pasted here.
    _experiment_options(gradcheck, argparse.SUPPRESS)


def _theory_options(theory: _Parser) -> None:
    theory.epilog = _exit_codes(0, 1, 2, 130, 141)
    _experiment_options(theory, argparse.SUPPRESS)
    theory.add_argument("--json", action="store_true", help="one JSON object on standard output")


def _cure_options(cure: _Parser) -> None:
    cure.epilog = _exit_codes(0, 1, 2, 130, 141)
    _experiment_options(cure, "steps to train, as planned by the experiment")
    cure.add_argument(
        "--budget",
        type=_whole_above_zero,
        metavar="N",
        help="steps of each run (400, or as many as are planned)",
    )
    cure.add_argument(
        "--write", type=_filled, metavar="FILE", help="write the cured experiment to FILE"
    )
    cure.add_argument(
        "--force", action="store_true", help="with --write: overwrite FILE if it exists"
    )
    cure.add_argument("--json", action="store_true", help="one JSON object on standard output")


def _diagnose_options(diagnose: _Parser) -> None:
    diagnose.epilog = _exit_codes(0, 1, 2, 4, 130, 141)
    diagnose.add_argument(
        "file", nargs="?", metavar="FILE.csv", help="a history from --csv, or any with a loss"
    )
    diagnose.add_argument("--json", action="store_true", help="one JSON object on standard output")
    _fail_on_option(diagnose, "exit with 4 if a finding is an error, or at least a warning")


def _fail_on_option(parser: argparse.ArgumentParser, about: str) -> None:
    parser.add_argument("--fail-on", type=_severity, metavar="SEVERITY", help=about)


def _bench_options(bench: _Parser) -> None:
    bench.epilog = _exit_codes(0, 1, 2, 130, 141)
    bench.add_argument(
        "workloads",
        nargs="*",
        metavar="WORKLOAD",
        help="W1, W2 (or W2-SGD, W2-Adam), W3, W4; none: all of them",
    )
    bench.add_argument(
        "--dtype",
        type=_dtype,
        default="float32",
        metavar="TYPE",
        help="float32 or float64 (float32)",
    )
    bench.add_argument(
        "--rounds", type=_whole_above_zero, metavar="N", help="turns of every contender (7)"
    )
    bench.add_argument("--json", action="store_true", help="one JSON object on standard output")
    bench.add_argument(
        "--quick", action="store_true", help="one short turn: whether it works, not how fast"
    )


def _exit_codes(*codes: int) -> str:
    return "exit codes:\n" + "".join(f"  {code:<3}  {EXIT_CODES[code]}\n" for code in codes)


def _experiment_options(parser: argparse.ArgumentParser, steps: str) -> None:
    # Optional for argparse only, so that a misspelled option is named before a missing name.
    parser.add_argument(
        "name", nargs="?", metavar="NAME|FILE.toml", help="a preset or an experiment file"
    )
    _change_options(parser, steps)


def _change_options(parser: argparse.ArgumentParser, steps: str) -> None:
    """What can be changed of any experiment."""
    parser.add_argument("--seed", type=_whole, metavar="N", help="seed of all randomness")
    parser.add_argument("--steps", type=_whole_above_zero, metavar="N", help=steps)
    parser.add_argument(
        "--data", type=_filled, metavar="FILE", help="use a .csv or .npz file of yours"
    )
    parser.add_argument(
        "--target", type=_filled, metavar="COLUMN", help="the column to predict, for a .csv file"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change any key of the experiment, e.g. network.depth=20; repeatable",
    )


def _meant(command: str, parser: _Parser, commands: Iterable[str]) -> str:
    if command.endswith(".toml") or command in preset_names():
        return f", did you mean {parser.prog} run {command}?"
    if f"--{command}" in parser.options:
        return f", did you mean {parser.prog} --{command}?"
    return _near(command, commands) or f"; commands: {', '.join(commands)}"


def _near(word: str, known: Iterable[str]) -> str:
    names = list(known)
    begun = [name for name in names if len(word) > 2 and name.startswith(word)]
    near = begun or difflib.get_close_matches(word, names, n=1)
    return f", did you mean {near[0]}?" if near else ""


_MESSAGES: tuple[tuple[str, str], ...] = (
    (r"argument (\S+): expected one argument", r"\1 needs a value"),
    (r"argument (\S+): ignored explicit argument .*", r"\1 takes no value"),
    (r"argument (\S+): (.*)", r"\1 \2"),
)
"""What argparse says, and what we say instead."""


def _plain(message: str) -> str:
    for pattern, replacement in _MESSAGES:
        said, found = re.subn(f"^{pattern}$", replacement, message, flags=re.DOTALL)
        if found:
            return said
    return message


def _shown(text: str) -> str:
    """A word that was typed, in quotes unless it is short and plain."""
    plain = 0 < len(text) <= LONGEST and text.isprintable() and not any(map(str.isspace, text))
    return text if plain else quoted(text)


def _converter(
    convert: Callable[[str], float], accept: Callable[[float], bool], what: str
) -> Callable[[str], float]:
    """An argparse type that says what it wants."""

    def read(text: str) -> float:
        try:
            value = convert(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not accept(value):
            raise argparse.ArgumentTypeError(f"must be {what}, not {_shown(text)}")
        return value

    return read


_whole = _converter(int, lambda _: True, "a whole number")
_whole_above_zero = _converter(int, lambda value: value >= 1, "a whole number of at least 1")
_pace = _converter(float, lambda value: value >= SLOWEST, f"a number of at least {SLOWEST}")
_share = _converter(float, lambda value: 0 < value <= 1, "a number above 0, at most 1")


def _dtype(text: str) -> str:
    if text not in ("float32", "float64"):
        raise argparse.ArgumentTypeError(f"must be float32 or float64, not {_shown(text)}")
    return text


_fps = _converter(
    float,
    lambda value: FEWEST_FRAMES <= value <= MOST_FRAMES,
    f"a number from {FEWEST_FRAMES:g} to {MOST_FRAMES:g}",
)
_bandwidth = _converter(
    float, lambda value: value >= NARROWEST, f"a number of at least {NARROWEST:g}"
)


def _severity(text: str) -> str:
    if text not in FAIL_ON:
        near = _near(text, FAIL_ON)
        raise argparse.ArgumentTypeError(
            f"must be {' or '.join(FAIL_ON)}, not {_shown(text)}{near}"
        )
    return text


def _filled(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("needs a value")
    return text
