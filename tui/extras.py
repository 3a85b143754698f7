"""Libraries that only some commands need, and that need not be there."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .usage import UsageError


def need(module: str, extra: str) -> Any:
    """A module of an extra.

    Raises:
        UsageError: it is missing; the message says how to get it.
    """
    try:
        return import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise UsageError(
            f"backscope: {library} is missing: pip install 'backscope[{extra}]'"
        ) from None
