"""Every command: one file each, with its options and what answers it.

Nothing heavy is imported here: ``backscope --version`` answers at once.
"""

from __future__ import annotations

from .bench import BENCH
from .command import Command
from .compare import COMPARE
from .copy import COPY
from .cure import CURE
from .diagnose import DIAGNOSE
from .export import EXPORT
from .gallery import GALLERY
from .gradcheck import GRADCHECK
from .presets import PRESETS
from .repair import REPAIR
from .replay import REPLAY
from .resume import RESUME
from .run import RUN
from .runs import RUNS
from .stop import STOP
from .theory import THEORY
from .watch import WATCH

__all__ = ["COMMANDS", "GALLERY", "Command"]

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        RUN,
        COMPARE,
        RUNS,
        WATCH,
        STOP,
        RESUME,
        REPLAY,
        EXPORT,
        COPY,
        REPAIR,
        PRESETS,
        GRADCHECK,
        THEORY,
        CURE,
        DIAGNOSE,
        BENCH,
    )
}
"""By name, in the order of the help. Without a name: ``GALLERY``."""
