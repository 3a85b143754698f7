"""Who may have the interpreter: one thread at a time runs Python, and the screen comes first.

Python makes a thread give way when another has waited for the switch interval. A short one lets the
screen's thread in soon, but the training thread as well, again and again, while a frame is drawn:
the frame then takes twice as long as it costs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_INTERVAL = 0.001
"""Seconds after which the training thread lets the screen have the interpreter: keys are answered
sooner than with Python's 0.005, and training does not feel it."""
ONE_FRAME = 0.05
"""Seconds for which whoever draws may keep it; a frame takes less."""


@contextmanager
def switch_interval(seconds: float) -> Iterator[None]:
    """Waiting threads wait so long for the interpreter; afterwards as before."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
