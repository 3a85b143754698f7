"""The diagnosis: rules that walk over a history and say in words what is wrong with a run."""

from __future__ import annotations

from .diagnosis import Diagnosing, Diagnosis, marked
from .rules import RULES

__all__ = ["RULES", "Diagnosing", "Diagnosis", "marked"]
