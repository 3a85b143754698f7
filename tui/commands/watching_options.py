"""The options that say how training is watched, or that it is not."""

from __future__ import annotations

import argparse
import sys

from ..guard import stand_by
from ..option_types import bandwidth, fps, pace
from ..streams import is_screen
from ..usage import UsageError


def add_watching(run: argparse.ArgumentParser) -> None:
    """Add them."""
    run.add_argument("--paused", action="store_true", help="start held before the first step")
    run.add_argument("--pace", type=pace, metavar="N", help="at most N steps per second")
    run.add_argument(
        "--fps",
        type=fps,
        metavar="N",
        help="N frames a second; else 10, fewer where that takes over 5 %% of the time",
    )
    run.add_argument(
        "--bandwidth",
        type=bandwidth,
        metavar="KB",
        help="draw at most KB kilobytes a second",
    )
    run.add_argument("--headless", action="store_true", help="no screen: progress, then a summary")
    run.add_argument(
        "--json", action="store_true", help="no screen: one JSON object on standard output"
    )


def add_detach(run: argparse.ArgumentParser) -> None:
    """Add the option that has another process train."""
    run.add_argument(
        "--detach",
        action="store_true",
        help="train in a process of its own, which outlives terminal and connection",
    )


def require_no_screen(options: argparse.Namespace) -> None:
    """Refuse what a run in another process cannot have."""
    for name in ("headless", "fps", "bandwidth"):
        if getattr(options, name):
            raise UsageError(f"backscope {options.command}: --{name} does not go with --detach")


def is_headless(options: argparse.Namespace) -> bool:
    """Whether there is no screen; options that need one are then refused."""
    headless: bool = options.headless or options.json
    for name in ("paused", "fps", "bandwidth"):
        if headless and getattr(options, name):
            raise UsageError(
                f"backscope {options.command}: --{name} needs the dashboard; leave out --headless"
            )
    return headless


def take_screen(command: str) -> None:
    """Refuse a command that needs one where there is none; otherwise have it given back."""
    if not has_screen():
        raise UsageError(f"backscope {command}: needs a terminal; use --headless (or --json)")
    stand_by()


def has_screen() -> bool:
    """Whether a person sits at a terminal."""
    return is_screen(sys.stdin) and is_screen(sys.stdout)
