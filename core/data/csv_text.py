"""The text of a csv file: which encoding, which delimiter, row by row."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain

from ..errors import InputError

DELIMITERS = (",", ";", "\t")
MOST_CHARACTERS_IN_A_LINE = 4_000_000


def csv_records(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line of its start, cells) for each row that is not blank; there is at least one.

    UTF-8, with or without a byte order mark; separated by commas, semicolons or tabs, whichever
    gives the first row most columns.

    Args:
        content: of the file.
        name: what messages call it.

    Raises:
        InputError: it is no such text, or nothing but blank lines.
    """
    _check_encoding(content, name)
    records = _split(content, _delimiter(content, name), name)
    first = next(records, None)
    if first is None:
        raise InputError(f"{name}: is empty but for blank lines")
    return chain([first], records)


def _check_encoding(content: bytes, name: str) -> None:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{name}: not UTF-8 (byte 0): it is UTF-16; save it as UTF-8")
    position = 0
    while position < len(content):
        # In pieces: the text of the whole file can take four times its bytes.
        piece = content[position : position + 2**20]
        try:
            _, used = codecs.utf_8_decode(piece, "strict", position + len(piece) == len(content))
        except UnicodeDecodeError as error:
            at = position + error.start
            raise InputError(f"{name}: not UTF-8 (byte {at} is 0x{content[at]:02x})") from None
        position += used
    at = content.find(b"\0")
    if at >= 0:
        line = content.count(b"\n", 0, at) + 1
        raise InputError(f"{name}, line {line}: byte {at} is NUL; a csv file holds text")


def _delimiter(content: bytes, name: str) -> str:
    def columns(delimiter: str) -> int:
        try:
            return len(next(_split(content, delimiter, name), (0, []))[1])
        except InputError:
            return 0

    return max(DELIMITERS, key=columns)


def _split(content: bytes, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line of its start, cells) for each row that is not blank."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    reader = csv.reader(
        _bounded(text, name), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    end = 0
    try:
        for cells in reader:
            start, end = end + 1, reader.line_num
            if len(cells) > 1 or (cells and cells[0].strip()):
                yield start, cells
    except csv.Error as error:
        problem = str(error)
        if problem == "unexpected end of data":
            problem = "a quote is opened and never closed"
        elif "expected after" in problem:
            problem = "text follows a closing quote"
        raise InputError(f"{name}, line {end + 1}: {problem}") from None


def _bounded(text: io.TextIOWrapper, name: str) -> Iterator[str]:
    for number, line in enumerate(text, start=1):
        if len(line) > MOST_CHARACTERS_IN_A_LINE:
            raise InputError(
                f"{name}, line {number}: longer than {MOST_CHARACTERS_IN_A_LINE:,} characters"
            )
        yield line
