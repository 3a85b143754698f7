"""A story as a person wrote it, laid out for a column of any width; text, never markup."""

from __future__ import annotations

import re

from textual.content import Content

from .safe_text import safe_text

LONGEST = 20_000
_ITEM = re.compile(r"(\s|[-*•]\s|\d+[.)]\s|\|)")


def story_content(story: str) -> Content:
    """The story with its paragraphs flowing; indented lines, lists and tables keep their lines."""
    paragraphs = re.split(r"\n\s*\n", story[:LONGEST].strip("\n"))
    return Content("\n\n").join(Content(_flow(paragraph)) for paragraph in paragraphs)


def _flow(paragraph: str) -> str:
    """Lines of one paragraph joined, except where a line begins something of its own."""
    lines: list[str] = []
    kept = False
    for line in paragraph.splitlines():
        own = _ITEM.match(line) is not None
        clean = safe_text(line.rstrip(), LONGEST)
        if lines and not own and not kept:
            lines[-1] += f" {clean}"
        else:
            lines.append(clean)
        kept = line[:1].isspace() or line.startswith("|")
    return "\n".join(lines)
