"""Experiments: what a TOML file or a dict says, validated, with every problem told at once."""

from __future__ import annotations

from .experiment import (
    Experiment,
    changed,
    command_line,
    load_experiment,
    load_toml_text,
    parse_override,
    to_toml,
)
from .origin import told_by_origin

__all__ = [
    "Experiment",
    "changed",
    "command_line",
    "load_experiment",
    "load_toml_text",
    "parse_override",
    "to_toml",
    "told_by_origin",
]
