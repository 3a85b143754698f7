"""The command line's grammar: commands, options, and one clear line for each mistake."""

from __future__ import annotations

import argparse
import difflib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from .. import __version__
from ..presets import preset_names

EXIT_CODES = """\
exit codes:
  0    done
  1    a check or a run failed
  2    wrong usage or bad input
  3    the run diverged
  130  interrupted (Ctrl-C); 143: terminated
"""


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
    # The options before a command take no values: the first bare word is the command.
    command = next((word for word in arguments if not word.startswith("-")), "")
    if command and command not in commands:
        raise UsageError(f"{parser.prog}: unknown command {command}{_meant(command, commands)}")
    options, rest = parser.parse_known_args(arguments)
    if rest:
        known = commands[command] if command else parser
        for word in rest:
            if word.startswith("-"):
                name = word.partition("=")[0]
                raise UsageError(f"{known.prog}: unknown option {name}{_near(name, known.options)}")
        raise UsageError(f"{known.prog}: unexpected argument {rest[0]}")
    if getattr(options, "name", "") is None:
        prog = commands[command].prog
        raise UsageError(f"{prog}: name a preset or a file; backscope presets lists the presets")
    return options


def _grammar() -> tuple[_Parser, dict[str, _Parser]]:
    parser = _Parser(
        prog="backscope",
        description="The oscilloscope for backpropagation: watch a neural network train.\n"
        "Without a command: the gallery of presets.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"backscope {__version__}")
    parser.set_defaults(command="")
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)

    run = actions.add_parser(
        "run",
        help="train a preset or an experiment file and watch it",
        description="Train a preset or an experiment file and watch it live.",
        epilog=EXIT_CODES,
    )
    run.set_defaults(command="run")
    _experiment_options(run)
    run.add_argument("--paused", action="store_true", help="start held before the first step")
    run.add_argument(
        "--pace", type=_number_above_zero, metavar="N", help="at most N steps per second"
    )
    run.add_argument("--headless", action="store_true", help="no screen: progress, then a summary")
    run.add_argument(
        "--json", action="store_true", help="no screen: one JSON object on standard output"
    )
    run.add_argument(
        "--plot", action="store_true", help="with --headless: draw the loss and the error signal"
    )
    run.add_argument(
        "--csv", metavar="FILE", help="without a screen: write the history as CSV to FILE"
    )
    run.add_argument("--force", action="store_true", help="overwrite FILE if it exists")

    presets = actions.add_parser(
        "presets",
        help="list the presets; show NAME prints one",
        description="List the presets, or print the TOML of one, to copy and change.",
        usage="backscope presets [-h] [show NAME]",
        epilog=EXIT_CODES,
    )
    presets.set_defaults(command="presets")
    presets.add_argument("words", nargs="*", metavar="show NAME", help="print this preset's TOML")

    gradcheck = actions.add_parser(
        "gradcheck",
        help="check backpropagation against finite differences",
        description="Check backpropagation against finite differences, per layer and parameter.",
        epilog=EXIT_CODES,
    )
    gradcheck.set_defaults(command="gradcheck")
    _experiment_options(gradcheck)
    return parser, {"run": run, "presets": presets, "gradcheck": gradcheck}


def _experiment_options(parser: argparse.ArgumentParser) -> None:
    # Optional for argparse only, so that a misspelled option is named before a missing name.
    parser.add_argument(
        "name", nargs="?", metavar="NAME|FILE.toml", help="a preset or an experiment file"
    )
    parser.add_argument("--seed", type=_whole, metavar="N", help="seed of all randomness")
    parser.add_argument("--steps", type=_whole_above_zero, metavar="N", help="steps to train")
    parser.add_argument("--data", metavar="FILE", help="train on a .csv or .npz file of yours")
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict, for a .csv file")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change any key of the experiment, e.g. network.depth=20; repeatable",
    )


def _meant(command: str, commands: Iterable[str]) -> str:
    if command.endswith(".toml") or command in preset_names():
        return f", did you mean backscope run {command}?"
    return _near(command, commands) or f"; commands: {', '.join(commands)}"


def _near(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
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
            raise argparse.ArgumentTypeError(f"must be {what}, not {text}")
        return value

    return read


_whole = _converter(int, lambda _: True, "a whole number")
_whole_above_zero = _converter(int, lambda value: value >= 1, "a whole number of at least 1")
_number_above_zero = _converter(float, lambda value: value > 0, "a number above 0")
