"""The panels of a comparison, each of which shows all runs."""

from __future__ import annotations

from ..panels import Instrument
from .findings import FINDINGS
from .loss import LOSS
from .profile import PROFILE
from .standings import STANDINGS
from .units import UNITS

COMPARISON_PANELS: dict[str, Instrument] = {
    "loss": LOSS,
    "profile": PROFILE,
    "units": UNITS,
    "findings": FINDINGS,
    "standings": STANDINGS,
}
"""Name -> instrument, in the order of importance; ``standings`` is always there."""
