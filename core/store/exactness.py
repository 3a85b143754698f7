"""Whether a run that goes on here goes on to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DECIDES = {
    "numpy": "NumPy",
    "blas": "BLAS library",
    "blas_version": "BLAS version",
    "blas_kernel": "BLAS kernel",
    "blas_threads": "BLAS threads",
    "cpu": "processor",
}
"""What the last bits of a matrix product depend on, by field of ``Machine``, in words."""


def why_inexact(
    before: Mapping[str, Any], now: Mapping[str, Any], version: str, version_now: str
) -> str:
    """What is different here, which may change last bits; empty: nothing.

    Args:
        before: the machine that the run was recorded on, field by field.
        now: this one.
        version: of Backscope, when the run was started.
        version_now: of this one.
    """
    pairs = [(words, before.get(field), now.get(field)) for field, words in DECIDES.items()]
    pairs.append(("Backscope", version, version_now))
    return ", ".join(f"{words} {old} -> {new}" for words, old, new in pairs if old != new)
