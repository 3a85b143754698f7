"""What a person must know of a run on the disk as long as it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.store.stored_run import Life
from .safe_text import safe_text

if TYPE_CHECKING:
    from ..core.store.stored_run import StoredRun


def stored_banner(stored: StoredRun, life: Life, last: int, damaged: int, said: str = "") -> str:
    """One line; empty: nothing.

    Args:
        stored: the run.
        life: what it is doing.
        last: its last step.
        damaged: pieces of it that could not be read.
        said: what is to be said besides; empty: nothing.
    """
    run = safe_text(stored.place.word, 1_000)
    words = [said] if said else []
    if life is Life.DEAD:
        words.append(f"Its trainer died after step {last:,}: backscope resume {run}")
    if stored.gone:
        words.append("Its files were deleted or moved: this is what was read before")
    elif stored.history.problem:
        words.append(f"It cannot be read any more: {stored.history.problem}")
    if damaged:
        words.append(f"{damaged} of its pieces are damaged: gaps")
    if stored.notice:
        words.append(stored.notice)
    return "; ".join(words)
