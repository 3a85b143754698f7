"""The panels of the dashboard: a new one is a file here and a line in ``PANELS``."""

from __future__ import annotations

from .dead_relus import DEAD_RELUS
from .findings import FINDINGS
from .gradient_norms import GRADIENT_NORMS
from .gradient_profile import GRADIENT_PROFILE
from .loss import LOSS
from .panel import Instrument, Panel, TimeAxis
from .status import STATUS

PANELS: dict[str, Instrument] = {
    "loss": LOSS,
    "gradient_profile": GRADIENT_PROFILE,
    "gradient_norms": GRADIENT_NORMS,
    "findings": FINDINGS,
    "dead_relus": DEAD_RELUS,
    "status": STATUS,
}
"""Name -> instrument, in the order of importance. ``Panel(PANELS["loss"])`` is the widget."""

__all__ = ["PANELS", "Instrument", "Panel", "TimeAxis"]
