"""A dashboard that trains for long, and whose terminal has another size every few seconds.

Memory, threads and descriptors of the app are taken whenever the size changes. What they grow by in
an hour is the slope of a straight line through the second half of them: memory that is still being
filled for the first time is no leak.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from .commands import RUN, child_of, home, opened, usage, wait_for_training

EVERY = 5.0
"""Seconds between two sizes."""
SMALLEST, LARGEST = (20, 8), (220, 65)


def soaked(seconds: float, seed: int, every: float = EVERY) -> list[dict[str, float]]:
    """What the app took, again and again; with ``seconds`` since the beginning."""
    rng, found = np.random.default_rng(seed), []
    with home() as folder, opened(folder, *RUN) as link:
        wait_for_training(link, folder)
        app, began = child_of(link.pid), time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            found.append({"seconds": now, **usage(app)})
            link.resize(*rng.integers(SMALLEST, LARGEST).tolist())
            time.sleep(every)
            del link.arrived[:-100]
        found.append({"seconds": time.monotonic() - began, **usage(app)})
        link.press("q")
        code = link.join()
        if code:
            raise RuntimeError(f"the dashboard has ended with {code}")
    return found


def soak_lines(found: Sequence[dict[str, float]]) -> list[str]:
    """The figures, as text."""
    late = found[len(found) // 2 :]
    hours = np.array([each["seconds"] for each in late]) / 3600
    minutes = found[-1]["seconds"] / 60
    lines = [f"soak of {minutes:.1f} minutes, {len(found) - 1} sizes"]
    for name in list(found[0])[1:]:
        values = np.array([each[name] for each in late])
        slope = np.polyfit(hours, values, 1)[0] if len(late) > 2 else np.nan
        lines.append(
            f"  {name:12} {found[0][name]:8.1f} at first, {found[len(found) // 2][name]:8.1f} at "
            f"half, {found[-1][name]:8.1f} at the end; {slope:+8.1f} an hour"
        )
    return lines
