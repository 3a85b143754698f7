"""``backscope presets``: what presets there are, and the text of one."""

from __future__ import annotations

import argparse
import sys

from ...core.errors import InputError, allowed_values
from ...core.quoting import quoted
from ..exit_codes import BAD_INPUT, BROKEN_PIPE, DONE, FAILED
from ..streams import columns_of, say
from ..usage import UsageError
from .command import Command


def _options(presets: argparse.ArgumentParser) -> None:
    presets.add_argument(
        "words", nargs="*", metavar="show NAME", help="print this preset, to copy and change"
    )


def _answer(options: argparse.Namespace) -> int:
    from ...presets import preset_names, preset_text
    from ..preset_list import preset_list

    match options.words:
        case []:
            say(preset_list(columns_of(sys.stdout)))
        case ["show", name]:
            if name not in preset_names():
                hint = allowed_values(name, preset_names())
                raise InputError(f"{quoted(name)} is no preset, {hint}")
            say(preset_text(name))
        case ["show"]:
            raise UsageError("backscope presets show: name a preset; backscope presets lists them")
        case words:
            name = next((word for word in words if word in preset_names()), "")
            meant = f"; did you mean backscope presets show {name}?" if name else ""
            raise UsageError(
                f"backscope presets: expected nothing or show NAME, not {' '.join(words)}{meant}"
            )
    return DONE


PRESETS = Command(
    name="presets",
    takes="[show NAME]",
    does="list the presets, or print the TOML of one",
    options=_options,
    answer=_answer,
    exit_codes=(DONE, FAILED, BAD_INPUT, BROKEN_PIPE),
)
