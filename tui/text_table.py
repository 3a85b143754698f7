"""Aligned columns of plain text."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def text_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Collection[str] = (),
    gap: str = "  ",
) -> list[str]:
    """Lines of a table: numbers to the right, the columns whose heading is in ``left`` to the left.

    Raises:
        ValueError: a row is not as long as the headings.
    """
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    return [
        gap.join(
            cell.ljust(width) if heading in left else cell.rjust(width)
            for cell, width, heading in zip(row, widths, headings, strict=True)
        ).rstrip()
        for row in (headings, *rows)
    ]
