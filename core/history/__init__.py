"""The history of a run: appended by one thread, looked at by others, in bounded memory."""

from __future__ import annotations

from .envelope import Envelope
from .history import History, Place
from .snapshot import Snapshot

__all__ = ["Envelope", "History", "Place", "Snapshot"]
