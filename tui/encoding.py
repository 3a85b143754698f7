"""Text for terminals whose encoding lacks characters."""

from __future__ import annotations

import codecs

from rich.cells import cell_len

STAND_IN = "backscope.stand_in"
"""Name of the error handler for characters that the terminal's encoding lacks."""
_STAND_INS = dict(
    zip("…–—−‘’“”·•×→←↑↓↵▌▐▎▊│┃─━▔▁▂▃▄▅▆▇█", "~---''\"\"..x><^v<||||||---_      #", strict=True)
)
"""Textual draws some of these itself: scrollbars, frames of messages and of the command palette."""


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """What is written instead: as many cells wide, so that nothing behind it moves."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(char, "?" * cell_len(char)) for char in lost), error.end


codecs.register_error(STAND_IN, _stand_in)


def encoded(text: str, encoding: str) -> bytes:
    """The text in an encoding, with stand-ins for what it lacks."""
    return text.encode(encoding, errors=STAND_IN)
