"""What every command has: how it is called, its options, and what answers it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command of ``backscope``."""

    name: str
    takes: str
    """What stands behind its name in the usage."""
    does: str
    options: Callable[[argparse.ArgumentParser], None]
    """Adds its options."""
    answer: Callable[[argparse.Namespace], int]
    """Does it, and gives the exit code; imports what is heavy by itself."""
    exit_codes: tuple[int, ...]
    notes: str = ""
    """Lines of its help after the options."""
