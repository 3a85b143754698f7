"""The list of presets, as it is printed."""

from __future__ import annotations

import tomllib

from ..presets import preset_names, preset_text

GAP = "  "
CUT = "..."


def preset_list(width: int | None) -> str:
    """One line per preset, its name and its title, no line wider than ``width`` (None: any)."""
    titles = {
        name: str(tomllib.loads(preset_text(name)).get("title", "")) for name in preset_names()
    }
    longest = max(map(len, titles), default=0)
    lines = (f"{name.ljust(longest)}{GAP}{title}".rstrip() for name, title in titles.items())
    return "".join(_fitted(line, width) + "\n" for line in lines)


def _fitted(line: str, width: int | None) -> str:
    if width is None or len(line) <= width:
        return line
    return line[: max(width - len(CUT), 0)].rstrip() + CUT
