"""The option that makes an exit code of a finding."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..option_types import severity

if TYPE_CHECKING:
    from ...core.findings import Severity


def add_fail_on(parser: argparse.ArgumentParser, about: str) -> None:
    """Add ``--fail-on``; ``about`` is its help."""
    parser.add_argument("--fail-on", type=severity, metavar="SEVERITY", help=about)


def severity_of(name: str | None) -> Severity | None:
    """What was given, if it was."""
    from ...core.findings import Severity

    return None if name is None else Severity(name)
