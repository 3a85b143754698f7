"""Everything that is true without a screen: networks, gradients, measures, diagnosis.

The front door is ``from backscope.core import load_experiment, Experiment, Trainer``. The names
are looked up when they are asked for, so that importing one module of the core loads no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import InputError
    from .experiment import Experiment, load_experiment
    from .trainer import Trainer

__all__ = ["Experiment", "InputError", "Trainer", "load_experiment"]

_HOMES = {
    "Experiment": "experiment",
    "InputError": "errors",
    "Trainer": "trainer",
    "load_experiment": "experiment",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
