"""``backscope`` alone: the gallery of presets."""

from __future__ import annotations

import argparse

from ..guard import stand_by
from ..usage import UsageError
from .command import Command
from .watching_options import has_screen


def _answer(options: argparse.Namespace) -> int:
    if not has_screen():
        raise UsageError(
            "backscope: the gallery needs a terminal; "
            "use backscope presets and backscope run NAME --headless"
        )
    stand_by()
    from ..opening import open_gallery

    return open_gallery()


GALLERY = Command(
    name="",
    takes="",
    does="",
    options=lambda parser: None,
    answer=_answer,
    exit_codes=(),
)
