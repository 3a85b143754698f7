"""A picture of the screen: SVG that needs nothing from elsewhere, in a file that was not there."""

from __future__ import annotations

import re
from pathlib import Path

from ..core.errors import InputError
from .new_file import new_file

FONTS = '"DejaVu Sans Mono", "Fira Code", Menlo, Consolas, monospace'
"""The first has every character that is drawn, braille included; the picture embeds none."""
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def self_contained(svg: str) -> str:
    """The SVG without fonts to be fetched from the network when somebody looks at it.

    Args:
        svg: as ``App.export_screenshot`` gives it.
    """
    return _FONT_FACE.sub("", svg).replace(
        "font-family: Fira Code, monospace", f"font-family: {FONTS}"
    )


def save_picture(svg: str, folder: Path, stem: str) -> Path:
    """Write the SVG of a screen (``App.export_screenshot``) to a new file and say where.

    Raises:
        InputError: the folder cannot be written to, or the disk is full.
    """
    path, file = new_file(folder, stem, ".svg")
    try:
        with file:
            file.write(self_contained(svg))
    except OSError as error:
        path.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    return path
