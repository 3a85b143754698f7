"""The command line's grammar: commands, options, and one clear line for each mistake."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import NoReturn

from .. import __version__
from ..presets import preset_names
from .commands import COMMANDS
from .exit_codes import EXIT_CODES, exit_codes_text
from .usage import UsageError, near_word, shown_word


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
        raise UsageError(f"{parser.prog}: unknown command {shown_word(command)}{meant}")
    options, rest = parser.parse_known_args(arguments)
    known = parser if command is None else commands[command]
    for word in rest:
        if word.startswith("-"):
            _check_option(word, known, commands)
    if unexpected := [word for word in rest if word != "--"]:
        raise UsageError(f"{known.prog}: unexpected argument {shown_word(unexpected[0])}")
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
        raise UsageError(
            f"{known.prog}: unknown option {shown_word(name)}{near_word(name, known.options)}"
        )
    if known in commands.values():
        raise UsageError(f"{known.prog}: unknown option {name}; it goes with {homes[0]}")
    raise UsageError(f"{known.prog}: {name} goes after the command: {homes[0]} NAME {name}")


def _grammar() -> tuple[_Parser, dict[str, _Parser]]:
    forms = {f"{command.name} {command.takes}": command.does for command in COMMANDS.values()}
    width = max(map(len, forms))
    listed = "".join(f"  {form.ljust(width)}  {does}\n" for form, does in forms.items())
    parser = _Parser(
        prog="backscope",
        usage="backscope [COMMAND] [OPTIONS]",
        description="The oscilloscope for backpropagation: watch a neural network train.\n"
        f"Without a command: the gallery of presets.\n\ncommands:\n{listed}",
        epilog=exit_codes_text(*EXIT_CODES),
    )
    parser.add_argument("--version", action="version", version=f"backscope {__version__}")
    parser.set_defaults(command="")
    actions = parser.add_subparsers(help=argparse.SUPPRESS, parser_class=_Parser)
    parsers: dict[str, _Parser] = {}
    for name, command in COMMANDS.items():
        parsers[name] = actions.add_parser(
            name,
            prog=f"backscope {name}",
            usage=f"backscope {name} {command.takes}" + (" [OPTIONS]" if name != "presets" else ""),
            description=f"{command.does[0].upper()}{command.does[1:]}.",
            epilog=command.notes + exit_codes_text(*command.exit_codes),
        )
        parsers[name].set_defaults(command=name)
        command.options(parsers[name])
    return parser, parsers


def _meant(command: str, parser: _Parser, commands: Iterable[str]) -> str:
    if command.endswith(".toml") or command in preset_names():
        return f", did you mean {parser.prog} run {command}?"
    if f"--{command}" in parser.options:
        return f", did you mean {parser.prog} --{command}?"
    return near_word(command, commands) or f"; commands: {', '.join(commands)}"


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
